//! Lets the faults of a scenario begin and end.

use crate::{
    node::{Node, Surroundings},
    scenario::{Event, Fault},
    wire::Links,
};
use commonware_runtime::deterministic;
use rand::rngs::StdRng;
use std::{collections::BTreeSet, time::Duration};

/// The faults of a scenario, and which of them are there now.
pub(crate) struct Faults {
    events: Vec<Event>,
    active: BTreeSet<usize>,
    /// Whether disks lose journals of votes in a crash, as none does that is not broken.
    disks_forget: bool,
    pub(crate) crashes: u64,
}

impl Faults {
    pub(crate) fn new(events: Vec<Event>, disks_forget: bool) -> Self {
        Self { events, active: BTreeSet::new(), disks_forget, crashes: 0 }
    }

    fn cut_power(&mut self, node: &mut Node, around: &Surroundings, rng: &mut StdRng) {
        self.crashes += 1;
        node.kill(&around.wires);
        node.machine.disk.crash(rng);
        if self.disks_forget {
            node.machine.disk.forget("simplex");
        }
    }

    /// Brings the network to where it has to be at a time in milliseconds. `twins` are the nodes with two machines, and
    /// the number of the first second machine.
    pub(crate) fn step(
        &mut self,
        now: u64,
        nodes: &mut [Node],
        context: &deterministic::Context,
        around: &Surroundings,
        twins: (&[usize], usize),
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
        let mut links = around.wires.links(|links| {
            links.heal();
            links.clone()
        });
        self.shape(&mut links, now, nodes.len(), twins);
        around.wires.links(|present| *present = links);
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
    fn shape(&self, links: &mut Links, now: u64, machines: usize, (twins, nodes): (&[usize], usize)) {
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
        // The first machines of twins know some of the others, the second machines know some, and both know the rest.
        let is_twin = |machine: usize| machine >= nodes || twins.contains(&machine);
        let knows = |machine: usize, first: bool| match (is_twin(machine), machine % 4) {
            (true, _) => (machine < nodes) == first,
            (false, 0) => !first,
            (false, 3) => first,
            _ => true,
        };
        for (one, other) in (0..machines).flat_map(|one| (0..machines).map(move |other| (one, other))) {
            let are_apart = |twin: usize, other: usize| is_twin(twin) && !knows(other, twin < nodes);
            if are_apart(one, other) || are_apart(other, one) {
                links.cut(one, other);
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
