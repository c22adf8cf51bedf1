//! Many random scenarios; what fails is made smaller until nothing can be left out.

use crate::{
    run::{Failure, Report, run},
    scenario::{Byzantine, Conduct, Event, Fault, Scenario},
    wire::Place,
    world::Size,
};
use parking_lot::Mutex;
use rand::{Rng, RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde::Serialize;
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Largest network of a random scenario.
const NODES: std::ops::RangeInclusive<usize> = 4..=10;

/// Largest committee of a random scenario.
const MOST_SEATS: usize = 7;

/// Most faults of a random scenario.
const MOST_FAULTS: usize = 8;

/// Longest fault in milliseconds.
const LONGEST_FAULT_MS: u64 = 20_000;

/// Most runs that making a failure smaller may take.
const SHRINK_RUNS: usize = 60;

/// What honest code must survive, besides each other.
const CONDUCTS: [Conduct; 10] = [
    Conduct::Twins,
    Conduct::Withhold,
    Conduct::Silent,
    Conduct::GarbleVotes,
    Conduct::SilentDealer,
    Conduct::BadShares,
    Conduct::Censor,
    Conduct::WrongStateRoot,
    Conduct::WrongReward,
    Conduct::WrongDraw,
];

/// A scenario that a seed decides.
pub fn random(seed: u64) -> Scenario {
    let mut rng = StdRng::seed_from_u64(seed);
    let nodes = rng.random_range(NODES);
    let seats = rng.random_range(4..=nodes.min(MOST_SEATS));
    let block_ms = *[100, 250, 500, 1_000].choose(&mut rng).expect("there are four");
    let epoch_blocks = Size::shortest_epoch(seats) + rng.random_range(0..8);
    let epochs = rng.random_range(3..8);
    let place = *[Place::Lan, Place::Continent, Place::World].choose(&mut rng).expect("there are three");
    let length_ms = epochs * epoch_blocks * block_ms;
    // Whoever is drawn, less than a third of a committee does not keep the rules.
    let bad = rng.random_range(0..=(seats - 1) / 3);
    let mut strangers: Vec<usize> = (0..nodes).collect();
    let mut byzantine = Vec::new();
    for _ in 0..bad {
        let node = strangers.swap_remove(rng.random_range(0..strangers.len()));
        byzantine.push(Byzantine { node, conduct: *CONDUCTS.choose(&mut rng).expect("there are some") });
    }
    let count = rng.random_range(0..=MOST_FAULTS);
    let faults = (0..count).map(|_| event(&mut rng, nodes, length_ms)).collect();
    let load_per_s = rng.random_range(0..12);
    Scenario {
        seed,
        nodes,
        seats,
        epoch_blocks,
        block_ms,
        place,
        epochs,
        load_per_s,
        byzantine,
        faults,
        flaw: None,
    }
}

fn event(rng: &mut impl Rng, nodes: usize, length_ms: u64) -> Event {
    let node = rng.random_range(0..nodes);
    let group = |rng: &mut dyn Rng| -> BTreeSet<usize> {
        (0..nodes).filter(|_| rng.next_u32().is_multiple_of(2)).collect()
    };
    let fault = match rng.random_range(0..12) {
        0..3 => Fault::Crash { node },
        3..5 => Fault::CrashInSync { node, sync: rng.random_range(1..60) },
        5 => Fault::Partition { group: group(rng), one_way: false },
        6 => Fault::Partition { group: group(rng), one_way: true },
        7 => Fault::Flapping { group: group(rng), every_ms: rng.random_range(100..2_000) },
        8 => Fault::Loss { per_mille: rng.random_range(10..300) },
        9 => Fault::Doubled { per_mille: rng.random_range(10..500) },
        10 => match rng.random_bool(0.5) {
            true => Fault::Slow { node, by_ms: rng.random_range(10..1_500) },
            false => Fault::SlowDisk { node, sync_ms: rng.random_range(1..200) },
        },
        _ => Fault::Clock { node, error_ms: rng.random_range(-20_000..20_000) },
    };
    Event { at_ms: rng.random_range(0..length_ms), for_ms: rng.random_range(200..LONGEST_FAULT_MS), fault }
}

/// How a swarm is run.
#[derive(Clone, Copy, Debug)]
pub struct SwarmOptions {
    /// Seed of the first scenario; the next ones count up.
    pub seed: u64,
    /// No scenario is begun after this time.
    pub budget: Duration,
    /// Scenarios at the same time.
    pub threads: usize,
    /// Whether each is run twice and compared.
    pub twice: bool,
}

/// A scenario that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The smallest scenario found that fails in the same way.
    pub scenario: Scenario,
    /// How it fails.
    pub failure: Failure,
    /// Seed of the scenario that it was found with.
    pub found_with: u64,
}

/// What a swarm saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SwarmReport {
    /// Scenarios.
    pub scenarios: u64,
    /// Epochs of all.
    pub epochs: u64,
    /// Final blocks of all.
    pub blocks: u64,
    /// Transactions of all.
    pub transactions: u64,
    /// Times a node lost power.
    pub crashes: u64,
    /// Nodes that did not keep the rules.
    pub byzantine: u64,
    /// Faults besides.
    pub faults: u64,
    /// Times a member was seen to vote twice.
    pub double_votes: u64,
    /// Operators slashed.
    pub slashed: u64,
    /// Virtual seconds of all.
    pub virtual_s: u64,
    /// What failed.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

impl SwarmReport {
    fn add(&mut self, scenario: &Scenario, report: &Report) {
        self.epochs += report.epochs;
        self.blocks += report.height;
        self.transactions += report.transactions;
        self.crashes += report.crashes;
        self.double_votes += report.double_votes;
        self.slashed += report.slashed;
        self.virtual_s += report.virtual_ms / 1_000;
        self.byzantine += scenario.byzantine.len() as u64;
        self.faults += scenario.faults.len() as u64;
    }
}

/// Runs random scenarios until the time is over. `tell` hears of each that is over.
pub fn swarm(options: &SwarmOptions, tell: impl Fn(u64, &Result<Report, Failure>) + Sync) -> SwarmReport {
    let begun = Instant::now();
    let next = AtomicU64::new(options.seed);
    let all = Mutex::new(SwarmReport::default());
    thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| {
                while begun.elapsed() < options.budget {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let scenario = random(seed);
                    let outcome = match options.twice {
                        true => run_twice(&scenario),
                        false => run(&scenario),
                    };
                    tell(seed, &outcome);
                    all.lock().scenarios += 1;
                    match outcome {
                        Ok(report) => all.lock().add(&scenario, &report),
                        Err(failure) => {
                            let (scenario, failure) = shrink(scenario, failure, options.twice);
                            all.lock().findings.push(Finding { scenario, failure, found_with: seed });
                        }
                    }
                }
            });
        }
    });
    all.into_inner()
}

/// Runs a scenario twice; a difference in any event is a failure.
pub fn run_twice(scenario: &Scenario) -> Result<Report, Failure> {
    let (first, second) = (run(scenario)?, run(scenario)?);
    if first != second {
        let what = format!("two runs of one seed differ: {first:?} and {second:?}");
        return Err(Failure::Property { property: "determinism".into(), what });
    }
    Ok(first)
}

/// Leaves out of a failing scenario what it does not need to fail in the same way.
fn shrink(mut scenario: Scenario, mut failure: Failure, twice: bool) -> (Scenario, Failure) {
    let mut runs = 0;
    let mut again = true;
    while again && runs < SHRINK_RUNS {
        again = false;
        for smaller in simpler(&scenario) {
            runs += 1;
            let outcome = if twice { run_twice(&smaller) } else { run(&smaller) };
            if let Err(found) = outcome
                && found.kind() == failure.kind()
            {
                (scenario, failure) = (smaller, found);
                again = true;
                break;
            }
            if runs >= SHRINK_RUNS {
                break;
            }
        }
    }
    (scenario, failure)
}

/// Scenarios with one thing less.
fn simpler(of: &Scenario) -> Vec<Scenario> {
    let mut all = Vec::new();
    for number in 0..of.faults.len() {
        let mut one = of.clone();
        one.faults.remove(number);
        all.push(one);
    }
    for number in 0..of.byzantine.len() {
        let mut one = of.clone();
        one.byzantine.remove(number);
        all.push(one);
    }
    if of.load_per_s > 0 {
        all.push(Scenario { load_per_s: 0, ..of.clone() });
    }
    if of.epochs > 1 {
        all.push(Scenario { epochs: of.epochs / 2, ..of.clone() });
    }
    if of.place != Place::Lan {
        all.push(Scenario { place: Place::Lan, ..of.clone() });
    }
    all
}
