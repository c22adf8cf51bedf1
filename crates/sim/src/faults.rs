//! Lets the faults of a scenario begin and end.

use crate::{
    node::{Node, Surroundings},
    scenario::{Event, Fault, Flaw, Scenario},
    wire::Links,
};
use commonware_runtime::deterministic;
use rand::rngs::StdRng;
use std::{collections::BTreeSet, time::Duration};

/// The faults of a scenario, and which of them are there now.
pub(crate) struct Faults {
    events: Vec<Event>,
    active: BTreeSet<usize>,
    /// Nodes with a second machine, and the number of the first second machine.
    twins: BTreeSet<usize>,
    nodes: usize,
    /// Whether disks lose journals of votes in a crash, as none does that is not broken.
    disks_forget: bool,
    pub(crate) crashes: u64,
}

impl Faults {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self {
            events: scenario.faults.clone(),
            active: BTreeSet::new(),
            twins: scenario.twins().collect(),
            nodes: scenario.nodes,
            disks_forget: scenario.has(Flaw::ForgetVotes),
            crashes: 0,
        }
    }

    fn cut_power(&mut self, node: &mut Node, around: &Surroundings, rng: &mut StdRng) {
        self.crashes += 1;
        node.kill(&around.wires);
        node.machine.disk.crash(rng);
        if self.disks_forget {
            node.machine.disk.forget("simplex");
        }
    }

    /// Brings the network to where it has to be at a time in milliseconds.
    pub(crate) fn step(
        &mut self,
        now: u64,
        nodes: &mut [Node],
        context: &deterministic::Context,
        around: &Surroundings,
        rng: &mut StdRng,
    ) {
        let is_due = |event: &Event| (event.at_ms..event.at_ms.saturating_add(event.for_ms)).contains(&now);
        let due: BTreeSet<usize> =
            (0..self.events.len()).filter(|number| is_due(&self.events[*number])).collect();
        let begun: Vec<_> = due.difference(&self.active).copied().collect();
        let over: Vec<_> = self.active.difference(&due).copied().collect();
        self.active = due;
        for number in begun {
            self.begin(number, nodes, around, rng);
        }
        for node in nodes.iter_mut().filter(|node| node.is_up() && node.machine.disk.is_dead()) {
            self.cut_power(node, around, rng);
        }
        for number in over {
            self.end(number, nodes, context, around);
        }
        around.wires.links(|links| {
            links.heal();
            self.shape(links, now, nodes.len());
        });
    }

    fn begin(&mut self, number: usize, nodes: &mut [Node], around: &Surroundings, rng: &mut StdRng) {
        match self.events[number].fault {
            Fault::Crash { node } if nodes[node].is_up() => {
                self.cut_power(&mut nodes[node], around, rng);
            }
            Fault::CrashInSync { node, sync } => nodes[node].machine.disk.die_at_sync(sync),
            Fault::SlowDisk { node, sync_ms } => {
                nodes[node].machine.disk.set_sync_time(Duration::from_millis(sync_ms));
            }
            Fault::Clock { node, error_ms } => nodes[node].machine.set_clock_error(error_ms),
            _ => {}
        }
    }

    fn end(
        &mut self,
        number: usize,
        nodes: &mut [Node],
        context: &deterministic::Context,
        around: &Surroundings,
    ) {
        match self.events[number].fault {
            Fault::Crash { node } | Fault::CrashInSync { node, .. } => {
                nodes[node].machine.disk.stay_alive();
                if !nodes[node].is_up() && !self.keeps_down(node) {
                    nodes[node].start(context, around);
                }
            }
            Fault::SlowDisk { node, .. } => nodes[node].machine.disk.set_sync_time(Duration::ZERO),
            Fault::Clock { node, .. } => nodes[node].machine.set_clock_error(0),
            _ => {}
        }
    }

    /// Whether another crash of a node is not over.
    fn keeps_down(&self, of: usize) -> bool {
        self.active.iter().any(|number| match self.events[*number].fault {
            Fault::Crash { node } | Fault::CrashInSync { node, .. } => node == of,
            _ => false,
        })
    }

    /// What is wrong with the links now.
    fn shape(&self, links: &mut Links, now: u64, machines: usize) {
        for number in &self.active {
            let Event { at_ms, fault, .. } = &self.events[*number];
            match fault {
                Fault::Partition { group, one_way } => part(links, group, *one_way, machines),
                Fault::Flapping { group, every_ms } => {
                    let turns = now.saturating_sub(*at_ms) / every_ms.max(&1);
                    if turns.is_multiple_of(2) {
                        part(links, group, false, machines);
                    }
                }
                Fault::Loss { per_mille } => links.loss_per_mille += per_mille,
                Fault::Doubled { per_mille } => links.double_per_mille += per_mille,
                Fault::Slow { node, by_ms } => links.slow_down(*node, Duration::from_millis(*by_ms)),
                _ => {}
            }
        }
        self.keep_twins_apart(links, machines);
    }

    /// The first machines of twins know some of the others, the second machines know some, and both know the rest.
    fn keep_twins_apart(&self, links: &mut Links, machines: usize) {
        let is_twin = |machine: usize| machine >= self.nodes || self.twins.contains(&machine);
        let knows = |machine: usize, first: bool| match (is_twin(machine), machine % 4) {
            (true, _) => (machine < self.nodes) == first,
            (false, 0) => !first,
            (false, 3) => first,
            _ => true,
        };
        for twin in (0..machines).filter(|machine| is_twin(*machine)) {
            for other in (0..machines).filter(|other| !knows(*other, twin < self.nodes)) {
                links.cut(twin, other);
                links.cut(other, twin);
            }
        }
    }
}

fn part(links: &mut Links, group: &BTreeSet<usize>, one_way: bool, machines: usize) {
    for inside in group {
        for outside in (0..machines).filter(|machine| !group.contains(machine)) {
            links.cut(*inside, outside);
            if !one_way {
                links.cut(outside, *inside);
            }
        }
    }
}
