//! Many scenarios on many threads, random ones or one for each sync of a disk; what fails is made smaller until nothing
//! can be left out.

use crate::{
    run::{Failure, Report, run},
    scenario::{Byzantine, Conduct, Event, Fault, Flaw, Scenario},
    wire::Place,
};
use parking_lot::Mutex;
use rand::{Rng, RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde::Serialize;
use std::{
    collections::BTreeSet,
    num::NonZeroU64,
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

/// Who loses power in every sync, and how long a block takes meanwhile.
const CRASHING: usize = 1;
const CRASH_BLOCK_MS: u64 = 100;

/// Most runs that making a failure smaller may take.
const SHRINK_RUNS: usize = 60;

/// A scenario that a seed decides.
pub fn random(seed: u64) -> Scenario {
    let mut rng = StdRng::seed_from_u64(seed);
    let nodes = rng.random_range(NODES);
    let seats = rng.random_range(4..=nodes.min(MOST_SEATS));
    let block_ms = *[100, 250, 500, 1_000].choose(&mut rng).expect("there are four");
    let epoch_blocks = Scenario::shortest_epoch(seats) + rng.random_range(0..8);
    let epochs = rng.random_range(3..8);
    let place = *[Place::Lan, Place::Continent, Place::World].choose(&mut rng).expect("there are three");
    let length_ms = epochs * epoch_blocks * block_ms;
    // Whoever is drawn, less than a third of a committee does not keep the rules.
    let bad = rng.random_range(0..=(seats - 1) / 3);
    let mut strangers: Vec<usize> = (0..nodes).collect();
    let mut byzantine = Vec::new();
    for _ in 0..bad {
        let node = strangers.swap_remove(rng.random_range(0..strangers.len()));
        byzantine.push(Byzantine { node, conduct: *Conduct::ALL.choose(&mut rng).expect("there are some") });
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
        heartbeat_ms: 0,
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

/// How many scenarios are run.
#[derive(Clone, Copy, Debug)]
pub struct SwarmOptions {
    /// Seed of the first scenario; the next ones count up.
    pub seed: u64,
    /// Scenarios at the same time.
    pub threads: usize,
    /// Whether each is run twice and compared.
    pub twice: bool,
    /// What is wrong with the build itself: to see that a swarm finds it.
    pub flaw: Option<Flaw>,
}

/// A scenario that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The smallest scenario found that fails in the same way.
    pub scenario: Scenario,
    /// How it fails.
    pub failure: Failure,
    /// The scenario that it was found with, as its number: a seed, or a sync.
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

/// Runs random scenarios, at least one; no other is begun after the budget. `tell` hears of each that is over.
pub fn swarm(
    options: &SwarmOptions,
    budget: Duration,
    tell: impl Fn(u64, &Result<Report, Failure>) + Sync,
) -> SwarmReport {
    let begun = Instant::now();
    let seeds = AtomicU64::new(options.seed);
    let next = || {
        let seed = seeds.fetch_add(1, Ordering::Relaxed);
        (seed == options.seed || begun.elapsed() < budget).then(|| (seed, random(seed)))
    };
    run_all(options, next, tell)
}

/// Runs a small network once for every so many syncs of a node's disk up to the end of its second epoch: the node loses
/// power in the middle of just that sync. `tell` hears of each run that is over.
pub fn crashes(
    options: &SwarmOptions,
    step: NonZeroU64,
    tell: impl Fn(u64, &Result<Report, Failure>) + Sync,
) -> Result<SwarmReport, Failure> {
    let quiet = Scenario { block_ms: CRASH_BLOCK_MS, epochs: 2, ..Scenario::quiet(options.seed, 4, 4) };
    let length = run(&quiet)?;
    let syncs = AtomicU64::new(1);
    let next = || {
        let sync = syncs.fetch_add(step.get(), Ordering::Relaxed);
        let fault = Fault::CrashInSync { node: CRASHING, sync };
        let event = Event { at_ms: 0, for_ms: length.virtual_ms, fault };
        let scenario = Scenario { epochs: 3, faults: vec![event], ..quiet.clone() };
        (sync <= length.syncs[CRASHING]).then_some((sync, scenario))
    };
    Ok(run_all(options, next, tell))
}

/// Runs scenarios until there is no next one.
fn run_all(
    options: &SwarmOptions,
    next: impl Fn() -> Option<(u64, Scenario)> + Sync,
    tell: impl Fn(u64, &Result<Report, Failure>) + Sync,
) -> SwarmReport {
    let all = Mutex::new(SwarmReport::default());
    let work = || {
        while let Some((number, scenario)) = next() {
            let scenario = Scenario { flaw: options.flaw, ..scenario };
            let outcome = attempt(&scenario, options.twice);
            tell(number, &outcome);
            all.lock().scenarios += 1;
            match outcome {
                Ok(report) => all.lock().add(&scenario, &report),
                Err(failure) => {
                    let (scenario, failure) = shrink(scenario, failure, options.twice);
                    all.lock().findings.push(Finding { scenario, failure, found_with: number });
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(work);
        }
    });
    all.into_inner()
}

/// Runs a scenario once, or twice, where a difference in any event is a failure.
pub fn attempt(scenario: &Scenario, twice: bool) -> Result<Report, Failure> {
    let first = run(scenario)?;
    if !twice {
        return Ok(first);
    }
    let second = run(scenario)?;
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
            if let Err(found) = attempt(&smaller, twice)
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
