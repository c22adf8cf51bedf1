//! What processes and the machine have used, read from `/proc`. Linux only: elsewhere everything is unknown.

use serde::Serialize;
use std::fs;
use tokio::time::Instant;

/// Entry of the auxiliary vector that says how many ticks a second has (`AT_CLKTCK`).
const TICKS_ENTRY: usize = 17;
/// What all Linux ports of today have, should the vector not say.
const USUAL_TICKS: u64 = 100;

/// Counters at a moment.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    at: Instant,
    /// Ticks of the observed processes.
    nodes: u64,
    /// Bytes that they sent to storage.
    written: u64,
    /// Ticks of this process.
    own: u64,
    /// Ticks in which the machine's cores were not idle.
    busy: u64,
}

/// What was used between two moments.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Usage {
    /// Seconds between them.
    pub(super) seconds: f64,
    /// CPU seconds of the observed processes.
    pub(super) nodes_cpu: f64,
    /// CPU seconds of this process, the load generator.
    pub(super) generator_cpu: f64,
    /// CPU seconds of everything else on the machine.
    pub(super) others_cpu: f64,
    /// Bytes that the observed processes sent to storage.
    pub(super) written: u64,
}

impl Reading {
    /// Reads all counters; none where the system has no such files, or a process is gone.
    pub(super) fn take(pids: &[u32]) -> Option<Self> {
        let (mut nodes, mut written) = (0, 0);
        for pid in pids {
            nodes += ticks_of(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
            written += value_of(&fs::read_to_string(format!("/proc/{pid}/io")).ok()?, "write_bytes:")?;
        }
        Some(Self {
            at: Instant::now(),
            nodes,
            written,
            own: ticks_of(&fs::read_to_string("/proc/self/stat").ok()?)?,
            busy: busy_ticks(&fs::read_to_string("/proc/stat").ok()?)?,
        })
    }

    /// What processes have used since they began, which was so long ago. The generator's part is unknown and left out.
    pub(super) fn since_start(pids: &[u32], age: std::time::Duration) -> Option<Usage> {
        let now = Self::take(pids)?;
        let begin = Self { nodes: 0, written: 0, ..now };
        Some(Usage { seconds: age.as_secs_f64(), others_cpu: 0.0, ..begin.until(&now) })
    }

    /// What was used until a later reading of the same processes.
    pub(super) fn until(&self, later: &Self) -> Usage {
        let ticks = fs::read("/proc/self/auxv").ok().and_then(|vector| ticks_a_second(&vector));
        let seconds =
            |from: u64, to: u64| to.saturating_sub(from) as f64 / ticks.unwrap_or(USUAL_TICKS) as f64;
        let (nodes, own) = (seconds(self.nodes, later.nodes), seconds(self.own, later.own));
        Usage {
            seconds: (later.at - self.at).as_secs_f64(),
            nodes_cpu: nodes,
            generator_cpu: own,
            // Counters of processes and of the machine do not tick together.
            others_cpu: (seconds(self.busy, later.busy) - nodes - own).max(0.0),
            written: later.written.saturating_sub(self.written),
        }
    }
}

/// Most memory that a process ever had, in bytes.
pub(super) fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(value_of(&status, "VmHWM:")? * 1024)
}

/// Memory that a process has now, in bytes.
pub(super) fn memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(value_of(&status, "VmRSS:")? * 1024)
}

/// Processes that a process has started and that run.
pub(super) fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        stat.and_then(|stat| parent_of(&stat)) == Some(parent)
    };
    let mut children: Vec<_> = pids.filter(is_child).collect();
    children.sort_unstable();
    children
}

/// Fields of a process's `stat` after its name, which may hold blanks and parentheses.
fn fields(stat: &str) -> Option<Vec<&str>> {
    Some(stat.rsplit_once(')')?.1.split_whitespace().collect())
}

fn parent_of(stat: &str) -> Option<u32> {
    fields(stat)?.get(1)?.parse().ok()
}

/// Ticks in user and in kernel mode.
fn ticks_of(stat: &str) -> Option<u64> {
    let fields = fields(stat)?;
    let field = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(field(11)? + field(12)?)
}

/// The number behind a name at the begin of a line.
fn value_of(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Ticks of all cores but idle ones and those that wait for a disk.
fn busy_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let all: Vec<u64> = line.split_whitespace().map_while(|field| field.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user.
    let [user, nice, system, _, _, irq, softirq, steal] = *all.first_chunk()?;
    Some(user + nice + system + irq + softirq + steal)
}

/// Finds the ticks of a second in an auxiliary vector: pairs of words, a key and a value.
fn ticks_a_second(vector: &[u8]) -> Option<u64> {
    let word = |bytes: &[u8]| Some(usize::from_ne_bytes(bytes.try_into().ok()?));
    let (pairs, _) = vector.as_chunks::<{ 2 * size_of::<usize>() }>();
    pairs.iter().find_map(|pair| {
        let (key, value) = pair.split_at(size_of::<usize>());
        (word(key)? == TICKS_ENTRY).then(|| word(value))?.and_then(|ticks| u64::try_from(ticks).ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str =
        "4242 (a (very) odd) name) S 4200 4242 21527 0 -1 4194304 59374 0 0 0 1172 223 9 9 20 0 29 0 1";

    #[test]
    fn a_process_is_read_whatever_its_name() {
        assert_eq!(ticks_of(STAT), Some(1_395));
        assert_eq!(parent_of(STAT), Some(4200));
        for broken in ["", "4242 (x", "4242 (x) S 1", "4242 (x) S a 1 1 1 1 1 1 1 1 1 b c"] {
            assert_eq!(ticks_of(broken), None, "{broken}");
        }
    }

    #[test]
    fn values_are_found_by_their_whole_name() {
        let io = "rchar: 7\nwchar: 8\nread_bytes: 9\nwrite_bytes: 76648448\ncancelled_write_bytes: 3\n";
        assert_eq!(value_of(io, "write_bytes:"), Some(76_648_448));
        assert_eq!(value_of("Name:\tx\nVmHWM:\t  270324 kB\n", "VmHWM:"), Some(270_324));
        assert_eq!(value_of(io, "VmHWM:"), None);
    }

    #[test]
    fn idle_and_waiting_cores_are_not_busy() {
        let stat = "cpu  100 20 30 9000 400 5 6 7 50 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(busy_ticks(stat), Some(168));
        assert_eq!(busy_ticks("cpu  1 2 3\n"), None);
    }

    #[test]
    fn the_auxiliary_vector_says_what_a_tick_is() {
        let words = [6usize, 4096, TICKS_ENTRY, 250, 0, 0];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        assert_eq!(ticks_a_second(&bytes), Some(250));
        assert_eq!(ticks_a_second(&bytes[..20]), None);
    }

    #[test]
    fn usage_is_what_was_added_and_never_less_than_nothing() {
        let before = Reading { at: Instant::now(), nodes: 100, written: 5, own: 50, busy: 1_000 };
        let after = Reading { at: before.at, nodes: 300, written: 4_005, own: 150, busy: 1_200 };
        let usage = before.until(&after);
        assert_eq!((usage.nodes_cpu / usage.generator_cpu, usage.others_cpu), (2.0, 0.0));
        assert_eq!(usage.written, 4_000);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_can_be_read() {
        let own = std::process::id();
        assert!(Reading::take(&[own]).is_some());
        assert!(peak_memory(own).unwrap() >= memory(own).unwrap());
        assert!(Reading::take(&[u32::MAX]).is_none());
    }
}
