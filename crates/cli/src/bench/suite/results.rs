//! What scenarios came to, as rows.

use super::super::course::Minute;
use super::super::report::percentile;
use super::super::run::Outcome;
use super::super::usage::Usage;
use super::scenario::{Mode, Scenario};
use serde::Serialize;
use std::collections::BTreeMap;

/// One load on one network.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Trial {
    pub(super) sent: usize,
    pub(super) accepted: usize,
    /// Refusals by reason, and those after which a transaction was sent again.
    pub(super) refused: BTreeMap<String, usize>,
    pub(super) put_off: BTreeMap<String, usize>,
    #[serde(rename = "final")]
    pub(super) included: usize,
    pub(super) failed: usize,
    pub(super) dropped: usize,
    pub(super) blocks: u64,
    pub(super) elapsed_seconds: f64,
    pub(super) final_per_second: f64,
    /// From sending to final: p50, p95, p99.
    pub(super) latency_ms: [u64; 3],
    /// None where the system does not tell.
    pub(super) usage: Option<Usage>,
    /// Of each node.
    pub(super) peak_memory_bytes: Vec<u64>,
    /// Of a long load, minute by minute.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) course: Vec<Minute>,
}

impl Trial {
    pub(super) fn new(outcome: &Outcome, peak_memory_bytes: Vec<u64>) -> Self {
        let included = outcome.latencies.len();
        let elapsed_seconds = outcome.elapsed.as_secs_f64();
        let rank = |percent| percentile(&outcome.latencies, percent).unwrap_or_default();
        Self {
            sent: outcome.sent,
            accepted: outcome.accepted,
            refused: outcome.refused.clone(),
            put_off: outcome.put_off.clone(),
            included,
            failed: outcome.failed,
            dropped: outcome.accepted.saturating_sub(included),
            blocks: outcome.blocks,
            elapsed_seconds,
            final_per_second: if elapsed_seconds > 0.0 { included as f64 / elapsed_seconds } else { 0.0 },
            latency_ms: [50, 95, 99].map(|percent| rank(percent).as_millis() as u64),
            usage: outcome.usage,
            peak_memory_bytes,
            // One minute is the whole.
            course: if outcome.course.len() > 1 { outcome.course.clone() } else { Vec::new() },
        }
    }
}

/// Whom a row compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Against {
    /// Nobody else can do this.
    Nobody,
    /// The program was not found.
    NotFound,
    Anvil,
}

/// All rounds of a scenario.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    pub(super) scenario: String,
    /// Transactions a second that were sent, when not as many as possible.
    pub(super) rate: Option<u32>,
    pub(super) against: Against,
    pub(super) ours: Vec<Trial>,
    pub(super) peer: Vec<Trial>,
    /// What broke; rounds before it are kept.
    pub(super) error: Option<String>,
}

/// Cells of a row up to the last that is about transactions.
const LOAD_CELLS: usize = 7;

/// Columns of the table.
pub(super) const HEADER: [&str; 10] = [
    "scenario",
    "sent, accepted",
    "final a second",
    "sent to final: p50, p95, p99",
    "dropped, failed",
    "CPU per 1,000",
    "written each",
    "memory a node",
    "cores: nodes, generator, others",
    "anvil, and ours to it",
];

impl Row {
    pub(super) fn new(scenario: &Scenario, against: Against) -> Self {
        let (ours, peer) = (Vec::new(), Vec::new());
        Self { scenario: scenario.name(), rate: None, against, ours, peer, error: None }
    }

    /// What becomes final a second at saturation.
    pub(super) fn throughput(&self) -> Option<f64> {
        median(&self.ours).map(|trial| trial.final_per_second)
    }

    /// Cells under [`HEADER`].
    pub(super) fn cells(&self, mode: Mode) -> Vec<String> {
        let mut cells = vec![self.scenario.clone()];
        match median(&self.ours) {
            None => cells.resize(HEADER.len() - 1, "-".into()),
            Some(trial) => cells.extend(figures(trial)),
        }
        if mode == Mode::Idle {
            // Nothing was sent: what is left are memory and cores.
            cells[1..LOAD_CELLS].fill("-".into());
        }
        cells.push(match &self.error {
            Some(error) => format!("FAILED: {}", error.lines().next().unwrap_or_default()),
            None => self.comparison(mode),
        });
        cells
    }

    /// At saturation the throughputs compare, at a constant rate the latencies.
    fn comparison(&self, mode: Mode) -> String {
        let Some((ours, peer)) = median(&self.ours).zip(median(&self.peer)) else {
            return match self.against {
                Against::NotFound => "no anvil found".into(),
                Against::Nobody | Against::Anvil => "-".into(),
            };
        };
        match mode {
            Mode::Saturation | Mode::Sustained => {
                let ratio = ours.final_per_second / peer.final_per_second;
                format!("{} a second; x {ratio:.2}", grouped(peer.final_per_second))
            }
            Mode::Half | Mode::Endurance | Mode::Idle => {
                let ratio = ours.latency_ms[0] as f64 / peer.latency_ms[0].max(1) as f64;
                format!("p50 {} ms; x {ratio:.2}", grouped(peer.latency_ms[0] as f64))
            }
        }
    }

    /// How a long load went, in a sentence.
    pub(super) fn course(&self) -> Option<String> {
        let trial = median(&self.ours).filter(|trial| !trial.course.is_empty())?;
        let list = |of: fn(&Minute) -> String| trial.course.iter().map(of).collect::<Vec<_>>().join(", ");
        let memory = |minute: &Minute| minute.memory_bytes.map_or("?".into(), |b| (b >> 20).to_string());
        Some(format!(
            "{}, minute by minute: p50 {} ms; p99 {} ms; memory of the largest node {} MiB.",
            self.scenario,
            list(|minute| minute.latency_ms[0].to_string()),
            list(|minute| minute.latency_ms[1].to_string()),
            list(memory),
        ))
    }

    /// Most cores that the rest of the machine used in a round.
    pub(super) fn others(&self) -> Option<f64> {
        let usage = self.ours.iter().chain(&self.peer).filter_map(|trial| trial.usage);
        usage.map(|usage| usage.others_cpu / usage.seconds.max(0.001)).reduce(f64::max)
    }
}

fn figures(trial: &Trial) -> Vec<String> {
    let unknown = || "unknown".to_string();
    let [p50, p95, p99] = trial.latency_ms.map(|ms| grouped(ms as f64));
    let memory = trial.peak_memory_bytes.iter().max();
    let [cpu, written, cores] = match trial.usage {
        None => [unknown(), unknown(), unknown()],
        Some(Usage { seconds, nodes_cpu, generator_cpu, others_cpu, written }) => {
            let each = trial.included.max(1) as f64;
            let [nodes, generator, others] =
                [nodes_cpu, generator_cpu, others_cpu].map(|cpu| cpu / seconds.max(0.001));
            [
                format!("{:.2} s", nodes_cpu / each * 1_000.0),
                format!("{} B", grouped(written as f64 / each)),
                format!("{nodes:.1}, {generator:.1}, {others:.1}"),
            ]
        }
    };
    vec![
        format!("{}, {}", grouped(trial.sent as f64), grouped(trial.accepted as f64)),
        grouped(trial.final_per_second),
        format!("{p50}, {p95}, {p99} ms"),
        format!("{}, {}", trial.dropped, trial.failed),
        cpu,
        written,
        memory.map_or_else(unknown, |bytes| format!("{} MiB", bytes >> 20)),
        cores,
    ]
}

/// The trial in the middle by throughput; of an even number the slower one.
fn median(trials: &[Trial]) -> Option<&Trial> {
    let mut sorted: Vec<_> = trials.iter().collect();
    sorted.sort_by(|a, b| a.final_per_second.total_cmp(&b.final_per_second));
    sorted.get(trials.len().saturating_sub(1) / 2).copied()
}

/// A whole number with commas.
pub(super) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::scenario::chosen;
    use super::*;

    pub(in super::super) fn row(ours: &[f64], peer: &[f64]) -> Row {
        let trial = |per_second: &f64| Trial {
            sent: 2_000,
            accepted: 1_990,
            refused: BTreeMap::new(),
            put_off: BTreeMap::new(),
            included: 1_980,
            failed: 1,
            dropped: 10,
            blocks: 7,
            elapsed_seconds: 2.0,
            final_per_second: *per_second,
            latency_ms: [400, 900, 1_234],
            usage: Some(Usage {
                seconds: 2.0,
                nodes_cpu: 1.98,
                generator_cpu: 0.4,
                others_cpu: 3.0,
                written: 1_980_000,
            }),
            peak_memory_bytes: vec![200 << 20, 300 << 20],
            course: Vec::new(),
        };
        let scenario = chosen(&["1v-500ms-transfer-saturation".into()]).unwrap().0[0];
        let (ours, peer) = (ours.iter().map(trial).collect(), peer.iter().map(trial).collect());
        Row { ours, peer, ..Row::new(&scenario, Against::Anvil) }
    }

    #[test]
    fn a_row_has_the_figures_of_the_round_in_the_middle() {
        let cells = row(&[900.0, 1_100.4, 1_000.4], &[2_000.0]).cells(Mode::Saturation);
        let expected = [
            "1v-500ms-transfer-saturation",
            "2,000, 1,990",
            "1,000",
            "400, 900, 1,234 ms",
            "10, 1",
            "1.00 s",
            "1,000 B",
            "300 MiB",
            "1.0, 0.2, 1.5",
            "2,000 a second; x 0.50",
        ];
        assert_eq!(cells, expected);
        assert_eq!(row(&[2.0, 1.0], &[]).throughput(), Some(1.0));
        assert_eq!(row(&[1.0], &[1.0]).cells(Mode::Half)[9], "p50 400 ms; x 1.00");
    }

    #[test]
    fn a_row_without_figures_says_why() {
        let mut failed = row(&[], &[]);
        assert_eq!((failed.throughput(), failed.others()), (None, None));
        failed.error = Some("no block\nand a log".into());
        let cells = failed.cells(Mode::Saturation);
        assert_eq!((cells.len(), cells[9].as_str()), (HEADER.len(), "FAILED: no block"));
        let alone = Row { against: Against::NotFound, ..row(&[1.0], &[]) };
        assert_eq!(alone.cells(Mode::Saturation)[9], "no anvil found");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0.4, "0"), (999.0, "999"), (1_000.0, "1,000"), (1_234_567.0, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
