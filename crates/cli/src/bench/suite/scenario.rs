//! The scenarios: which network, which blocks, which load, how fast.

use super::super::Workload;
use crate::failure::Failure;

/// Time between blocks in most scenarios, in milliseconds.
const USUAL_BLOCK_MS: u64 = 500;
/// Other times, for transfers at saturation.
const OTHER_BLOCK_MS: [u64; 2] = [250, 1_000];

/// Gas limit of a block, ours and the peer's: more than a machine can execute in the time, so that no rule is measured.
pub(super) const BLOCK_GAS: u64 = 400_000_000;

/// Which nodes a network has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nodes {
    One,
    Four,
    FourFollowed,
}

impl Nodes {
    const ALL: [Self; 3] = [Self::One, Self::Four, Self::FourFollowed];

    pub(super) const fn validators(self) -> u16 {
        match self {
            Self::One => 1,
            Self::Four | Self::FourFollowed => 4,
        }
    }

    pub(super) const fn followers(self) -> u16 {
        match self {
            Self::One | Self::Four => 0,
            Self::FourFollowed => 3,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::One => "1v",
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
    /// At half the rate that became final at saturation, earlier in the same run.
    Half,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scenario {
    pub(super) nodes: Nodes,
    pub(super) block_ms: u64,
    pub(super) workload: Workload,
    pub(super) mode: Mode,
}

impl Scenario {
    /// As in `4v3f-500ms-mix-half`.
    pub(super) fn name(&self) -> String {
        let Self { nodes, block_ms, workload, mode } = self;
        let mode = match mode {
            Mode::Saturation => "saturation",
            Mode::Half => "half",
        };
        format!("{}-{block_ms}ms-{}-{mode}", nodes.name(), workload.name())
    }

    /// The same load at saturation.
    pub(super) fn saturated(self) -> Self {
        Self { mode: Mode::Saturation, ..self }
    }

    /// Whether a single node of another make, without our staking contract, can do the same.
    pub(super) fn has_peer(&self) -> bool {
        self.nodes == Nodes::One && !matches!(self.workload, Workload::Staking | Workload::Mix)
    }
}

/// All scenarios; what gives another its rate comes before it.
fn all() -> Vec<Scenario> {
    let mut all = Vec::new();
    for nodes in Nodes::ALL {
        for workload in Workload::ALL {
            for mode in [Mode::Saturation, Mode::Half] {
                all.push(Scenario { nodes, block_ms: USUAL_BLOCK_MS, workload, mode });
            }
        }
        for block_ms in OTHER_BLOCK_MS {
            all.push(Scenario { nodes, block_ms, workload: Workload::Transfer, mode: Mode::Saturation });
        }
    }
    all
}

/// The scenarios whose names contain one of these parts (all when there are none), and those that they need.
pub(super) fn chosen(parts: &[String]) -> Result<Vec<Scenario>, Failure> {
    let all = all();
    let names = || all.iter().map(Scenario::name).collect::<Vec<_>>().join(" ");
    if let Some(part) = parts.iter().find(|part| !all.iter().any(|each| each.name().contains(*part))) {
        return Err(Failure::usage(format!("no scenario has `{part}` in its name; there are: {}", names())));
    }
    let is_asked =
        |each: &Scenario| parts.is_empty() || parts.iter().any(|part| each.name().contains(part.as_str()));
    let asked: Vec<_> = all.iter().copied().filter(is_asked).collect();
    let is_needed = |each: &Scenario| asked.iter().any(|other| other == each || other.saturated() == *each);
    Ok(all.into_iter().filter(is_needed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(parts: &[&str]) -> Vec<String> {
        let parts: Vec<_> = parts.iter().map(ToString::to_string).collect();
        chosen(&parts).unwrap().iter().map(Scenario::name).collect()
    }

    #[test]
    fn every_scenario_has_a_name_of_its_own_and_its_rate_before_it() {
        let all = all();
        for (place, each) in all.iter().enumerate() {
            let first = all.iter().position(|other| other.name() == each.name());
            assert_eq!(first, Some(place), "{}", each.name());
            assert!(all[..=place].contains(&each.saturated()), "{}", each.name());
        }
    }

    #[test]
    fn a_part_of_a_name_chooses_and_brings_what_gives_the_rate() {
        assert_eq!(names(&["1v-500ms-swaps-half"]), ["1v-500ms-swaps-saturation", "1v-500ms-swaps-half"]);
        assert_eq!(names(&["4v3f-250ms", "1v-1000ms"]).len(), 2);
        assert_eq!(names(&[]).len(), 36);
        let refused = chosen(&["5v".into()]).unwrap_err();
        assert!(refused.message.contains("5v") && refused.message.contains("1v-500ms-transfer-half"));
    }

    #[test]
    fn only_a_single_node_without_our_contracts_has_a_peer() {
        let with: Vec<_> = all().into_iter().filter(Scenario::has_peer).map(|each| each.name()).collect();
        assert_eq!(with.len(), 8, "{with:?}");
        assert!(with.iter().all(|name| name.starts_with("1v-")));
    }
}
