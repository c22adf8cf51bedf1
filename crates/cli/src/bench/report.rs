//! What a load run is summed up to.

use super::LoadArgs;
use super::run::Outcome;
use crate::report::Report;
use serde_json::json;
use std::time::Duration;

const PERCENTILES: [(&str, usize); 5] = [("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("max", 100)];

/// The smallest latency that `percent` of all do not exceed.
pub(super) fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

pub(super) fn report(args: &LoadArgs, outcome: &Outcome) -> Report {
    let included = outcome.latencies.len();
    let refused: usize = outcome.refused.values().sum();
    let put_off: usize = outcome.put_off.values().sum();
    let dropped = outcome.accepted.saturating_sub(included);
    let seconds = outcome.elapsed.as_secs_f64();
    let per_second = if seconds > 0.0 { included as f64 / seconds } else { 0.0 };
    let latencies: Vec<_> = PERCENTILES
        .iter()
        .filter_map(|(name, percent)| Some((*name, percentile(&outcome.latencies, *percent)?.as_millis())))
        .collect();
    let mode = args.rate.map_or("saturation".into(), |rate| format!("{rate} a second"));
    let workload = args.workload.name();
    let json = json!({
        "workload": workload, "mode": mode, "endpoints": args.endpoints, "accounts": args.accounts.to_string(),
        "signing_ms": outcome.signing.as_millis().to_string(), "sent": outcome.sent.to_string(),
        "accepted": outcome.accepted.to_string(), "refused": refused.to_string(), "refusals": outcome.refused, "put_off": put_off.to_string(), "delays": outcome.put_off,
        "final": included.to_string(), "failed": outcome.failed.to_string(), "dropped": dropped.to_string(), "blocks": outcome.blocks.to_string(),
        "elapsed_ms": outcome.elapsed.as_millis().to_string(), "final_per_second": format!("{per_second:.1}"),
        "latency_ms": latencies.iter().map(|(name, ms)| (name.to_string(), json!(ms.to_string()))).collect::<serde_json::Map<_, _>>(),
    });
    let shown: Vec<_> = latencies.iter().map(|(name, ms)| format!("{name} {ms} ms")).collect();
    let mut rows = vec![
        ("load", format!("{workload}, {mode}, {} accounts, {} nodes", args.accounts, args.endpoints.len())),
        ("sent", outcome.sent.to_string()),
        ("accepted", outcome.accepted.to_string()),
        ("refused", refused.to_string()),
        ("put off", format!("{put_off} (refused for the moment, and sent again)")),
        (
            "final",
            format!("{included} in {seconds:.1} s and {} blocks: {per_second:.0} a second", outcome.blocks),
        ),
        ("failed", format!("{} (final, but reverted or out of gas)", outcome.failed)),
        ("dropped", format!("{dropped} (accepted, not final in time)")),
        ("sent to final", shown.join(", ")),
    ];
    let reasons = [("refusal", &outcome.refused), ("put off", &outcome.put_off)];
    rows.extend(reasons.into_iter().flat_map(|(what, reasons)| {
        reasons.iter().map(move |(reason, count)| (what, format!("{count} x {reason}")))
    }));
    Report::facts(json, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_ranks_of_what_was_measured() {
        let ms: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        for (percent, expected) in [(50, 100), (90, 180), (99, 198), (100, 200)] {
            assert_eq!(percentile(&ms, percent), Some(Duration::from_millis(expected)));
        }
        assert_eq!(percentile(&ms[..1], 50), Some(Duration::from_millis(1)));
        assert_eq!(percentile(&[], 50), None);
    }
}
