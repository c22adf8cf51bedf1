//! The scenarios: which network, which blocks, which load, how fast.

use super::super::Workload;
use super::join::Join;
use crate::failure::Failure;

/// Time between blocks in most scenarios, in milliseconds.
pub(super) const USUAL_BLOCK_MS: u64 = 500;
/// Other times, for transfers at saturation.
const OTHER_BLOCK_MS: [u64; 2] = [250, 1_000];

/// Gas limit of a block, ours and the peer's: more than a machine can execute in the time, so that no rule is measured.
/// It is the most that governance may set.
pub(super) const BLOCK_GAS: u64 = 2_000_000_000;
/// Accounts of a large state.
pub(super) const MANY_ACCOUNTS: u64 = 1_000_000;
/// What names of scenarios with a large state end with.
const MANY: &str = "-1m";

/// Which nodes a network has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nodes {
    One,
    /// One validator, and a follower that is started later.
    OneFollowed,
    Four,
    FourFollowed,
}

impl Nodes {
    /// Of scenarios with a load.
    const ALL: [Self; 3] = [Self::One, Self::Four, Self::FourFollowed];

    pub(super) const fn validators(self) -> u16 {
        match self {
            Self::One | Self::OneFollowed => 1,
            Self::Four | Self::FourFollowed => 4,
        }
    }

    pub(super) const fn followers(self) -> u16 {
        match self {
            Self::One | Self::Four => 0,
            Self::OneFollowed => 1,
            Self::FourFollowed => 3,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::One => "1v",
            Self::OneFollowed => "1v1f",
            Self::Four => "4v",
            Self::FourFollowed => "4v3f",
        }
    }
}

/// How fast the load comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// As fast as the nodes take it.
    Saturation,
    /// The same for minutes: what is taken in seconds may not last.
    Sustained,
    /// At half the rate that became final at saturation, earlier in the same run.
    Half,
    /// At four fifths of the sustained rate, for ten minutes.
    Endurance,
    /// Not at all.
    Idle,
}

impl Mode {
    const fn name(self) -> &'static str {
        match self {
            Self::Saturation => "saturation",
            Self::Sustained => "sustained",
            Self::Half => "half",
            Self::Endurance => "endurance",
            Self::Idle => "idle",
        }
    }

    /// Part of the rate at saturation, in percent; none where it is no constant rate.
    pub(super) const fn percent(self) -> Option<u32> {
        match self {
            Self::Saturation | Self::Sustained | Self::Idle => None,
            Self::Half => Some(50),
            Self::Endurance => Some(80),
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scenario {
    pub(super) nodes: Nodes,
    pub(super) block_ms: u64,
    pub(super) workload: Workload,
    pub(super) mode: Mode,
    /// Accounts that are made first; transfers then go to them.
    pub(super) accounts: u64,
}

impl Scenario {
    pub(super) const fn new(nodes: Nodes, workload: Workload, mode: Mode) -> Self {
        Self { nodes, block_ms: USUAL_BLOCK_MS, workload, mode, accounts: 0 }
    }

    /// As in `4v3f-500ms-mix-half` or `4v-500ms-idle`.
    pub(super) fn name(&self) -> String {
        let Self { nodes, block_ms, workload, mode, accounts } = self;
        let workload = if *mode == Mode::Idle { String::new() } else { format!("{}-", workload.name()) };
        let many = if *accounts == 0 { "" } else { MANY };
        format!("{}-{block_ms}ms-{workload}{}{many}", nodes.name(), mode.name())
    }

    /// The same load as fast as nodes take it, when this one's rate follows from it.
    pub(super) fn saturated(self) -> Option<Self> {
        let mode = match self.mode {
            Mode::Half => Mode::Saturation,
            Mode::Endurance => Mode::Sustained,
            Mode::Saturation | Mode::Sustained | Mode::Idle => return None,
        };
        Some(Self { mode, ..self })
    }

    /// Whether a single node of another make, without our staking contract, can do the same.
    pub(super) fn has_peer(&self) -> bool {
        let is_usual = self.accounts == 0 && matches!(self.mode, Mode::Saturation | Mode::Half);
        self.nodes == Nodes::One && is_usual && !matches!(self.workload, Workload::Staking | Workload::Mix)
    }
}

/// All scenarios; what gives another its rate comes before it.
fn all() -> Vec<Scenario> {
    let mut all = Vec::new();
    for nodes in Nodes::ALL {
        for workload in Workload::USUAL {
            all.extend([Mode::Saturation, Mode::Half].map(|mode| Scenario::new(nodes, workload, mode)));
        }
        let transfer = Scenario::new(nodes, Workload::Transfer, Mode::Saturation);
        all.extend(OTHER_BLOCK_MS.map(|block_ms| Scenario { block_ms, ..transfer }));
        all.push(Scenario { mode: Mode::Idle, ..transfer });
        if nodes != Nodes::FourFollowed {
            all.push(Scenario { accounts: MANY_ACCOUNTS, ..transfer });
        }
    }
    let lasting = [Mode::Sustained, Mode::Endurance];
    all.extend(lasting.map(|mode| Scenario::new(Nodes::Four, Workload::Transfer, mode)));
    all
}

/// The scenarios and the joins whose names contain one of these parts (all when there are none), and the scenarios that
/// they need.
pub(super) fn chosen(parts: &[String]) -> Result<(Vec<Scenario>, Vec<Join>), Failure> {
    let all = all();
    let names = || all.iter().map(Scenario::name).chain(Join::ALL.map(|join| join.name().to_string()));
    if let Some(part) = parts.iter().find(|part| !names().any(|name| name.contains(*part))) {
        let names = names().collect::<Vec<_>>().join(" ");
        return Err(Failure::usage(format!("no scenario has `{part}` in its name; there are: {names}")));
    }
    let is_asked = |name: &str| parts.is_empty() || parts.iter().any(|part| name.contains(part.as_str()));
    let asked: Vec<_> = all.iter().copied().filter(|each| is_asked(&each.name())).collect();
    let is_needed =
        |each: &Scenario| asked.iter().any(|other| other == each || other.saturated() == Some(*each));
    let joins = Join::ALL.into_iter().filter(|join| is_asked(join.name())).collect();
    Ok((all.into_iter().filter(is_needed).collect(), joins))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(parts: &[&str]) -> Vec<String> {
        let parts: Vec<_> = parts.iter().map(ToString::to_string).collect();
        let (scenarios, joins) = chosen(&parts).unwrap();
        let joins = joins.into_iter().map(|join| join.name().to_string());
        scenarios.iter().map(Scenario::name).chain(joins).collect()
    }

    #[test]
    fn every_scenario_has_a_name_of_its_own_and_its_rate_before_it() {
        let all = all();
        for (place, each) in all.iter().enumerate() {
            let first = all.iter().position(|other| other.name() == each.name());
            assert_eq!(first, Some(place), "{}", each.name());
            let rate = each.saturated().is_none_or(|saturated| all[..place].contains(&saturated));
            assert!(rate, "{}", each.name());
        }
    }

    #[test]
    fn a_part_of_a_name_chooses_and_brings_what_gives_the_rate() {
        assert_eq!(names(&["1v-500ms-swaps-half"]), ["1v-500ms-swaps-saturation", "1v-500ms-swaps-half"]);
        assert_eq!(names(&["4v3f-250ms", "1v-1000ms"]).len(), 2);
        assert_eq!(names(&["join", "4v-500ms-idle"]), ["4v-500ms-idle", "join-replay", "join-state-1m"]);
        assert_eq!(
            names(&["4v-500ms-transfer-endurance"]),
            ["4v-500ms-transfer-sustained", "4v-500ms-transfer-endurance"]
        );
        assert_eq!(names(&["1v-500ms-transfer-saturation-1m"]).len(), 1);
        assert_eq!(names(&[]).len(), 45);
        let refused = chosen(&["5v".into()]).err().unwrap();
        assert!(refused.message.contains("5v") && refused.message.contains("1v-500ms-transfer-half"));
    }

    #[test]
    fn only_a_single_node_without_our_contracts_has_a_peer() {
        let with: Vec<_> = all().into_iter().filter(Scenario::has_peer).map(|each| each.name()).collect();
        assert_eq!(with.len(), 8, "{with:?}");
        assert!(with.iter().all(|name| name.starts_with("1v-")));
    }
}
