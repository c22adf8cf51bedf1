//! An account with voters for people, programs and spreadsheets.

use super::memo::Terms;
use super::statement::{Line, Statement};
use crate::amount;
use crate::delegate::percent;
use crate::report::table;
use alloy_primitives::U256;
use althing_primitives::{Address, RAU_PER_COIN, WHOLE_BPS};
use serde_json::{Value, json};

/// Buckets that a table names before it counts the others.
const SHOWN_BUCKETS: usize = 4;
/// Digits after the point of a share in percent.
const SHARE_DIGITS: usize = 4;
/// Digits after the point of a coin.
const COIN_DIGITS: usize = 18;

/// The account as a table, with what it is of above and sums below.
pub(super) fn text(name: &str, statement: &Statement) -> String {
    let request = &statement.request;
    let [block, epoch, bonus] = statement.own.map(amount::format);
    let mut text = format!(
        "{name} was paid {block} coins for blocks, {epoch} by votes and {bonus} of the bonus for epochs {} to {}\nvoters get {}\n",
        request.first,
        request.last,
        words(request.terms)
    );
    for note in &statement.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    if statement.lines.is_empty() {
        return format!("{text}nothing is owed to anybody");
    }
    let rows = statement.lines.iter().map(|(owner, line)| row(statement, *owner, line));
    text.push_str(&table(
        &["owner", "buckets", "votes", "share", "due", "carried", "paid", "open", ""],
        rows,
    ));
    let [due, carried, paid, open, now] = statement.totals().map(amount::format);
    format!("{text}\n{due} due and {carried} carried over, {paid} paid, {open} open, {now} to be paid now")
}

fn row(statement: &Statement, owner: Address, line: &Line) -> Vec<String> {
    let mut buckets: Vec<String> = line.buckets.iter().take(SHOWN_BUCKETS).map(u64::to_string).collect();
    let more = line.buckets.len().saturating_sub(SHOWN_BUCKETS);
    buckets.extend((more > 0).then(|| format!("+{more}")));
    let state = match () {
        () if line.is_kept => "kept",
        () if line.open.is_zero() => "paid",
        () if !statement.is_payable(line) => "below --min",
        () => "",
    };
    let mut row = vec![owner.to_string(), buckets.join(" "), amount::format(line.votes)];
    row.push(format!("{} %", share(statement, line)));
    row.extend([line.due, line.carried, line.paid, line.open].map(amount::format));
    row.push(state.into());
    row
}

/// Part of all that is due, in percent, cut.
fn share(statement: &Statement, line: &Line) -> String {
    let [due, ..] = statement.totals();
    let scale = U256::from(10).pow(U256::from(SHARE_DIGITS));
    let parts = (line.due * scale * U256::from(100)).checked_div(due).unwrap_or_default();
    let (whole, part) = parts.div_rem(scale);
    format!("{whole}.{part:0>SHARE_DIGITS$}")
}

fn words(Terms(shares): Terms) -> String {
    let [block, epoch, bonus] = shares.map(percent);
    format!("{block} of block rewards, {epoch} of epoch rewards, {bonus} of the bonus")
}

/// Reads a share in percent, with at most two digits after the point, as basis points.
pub(crate) fn parse_percent(text: &str) -> Result<u16, String> {
    let wrong = || format!("`{text}` is not a share: give percent from 0 to 100, e.g. 80 or 82.5");
    let (whole, part) =
        text.trim_end_matches('%').trim().split_once('.').unwrap_or((text.trim_end_matches('%').trim(), ""));
    if whole.is_empty() || part.len() > 2 || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let share: u32 = format!("{whole}{part:0<2}").parse().map_err(|_| wrong())?;
    u16::try_from(share).ok().filter(|share| *share <= WHOLE_BPS).ok_or_else(wrong)
}

/// The account as JSON; amounts in Rau, as text.
pub(super) fn json(name: &str, statement: &Statement) -> Value {
    let request = &statement.request;
    let [block, epoch, bonus] = statement.own.map(|amount| amount.to_string());
    let [due, carried, paid, open, now] = statement.totals().map(|amount| amount.to_string());
    let line = |(owner, line): (&Address, &Line)| {
        json!({
            "owner": owner,
            "buckets": line.buckets,
            "votes": line.votes.to_string(),
            "sharePercent": share(statement, line),
            "due": line.due.to_string(),
            "carried": line.carried.to_string(),
            "paid": line.paid.to_string(),
            "open": line.open.to_string(),
            "kept": line.is_kept,
            "payNow": statement.is_payable(line),
            "transactions": line.payments,
        })
    };
    json!({
        "candidate": name,
        "candidateId": request.candidate,
        "first": request.first,
        "last": request.last,
        "shares": { "block": request.terms.0[0], "epoch": request.terms.0[1], "bonus": request.terms.0[2] },
        "rewards": { "block": block, "epoch": epoch, "bonus": bonus, "toVotersByPlan": statement.to_voters.to_string() },
        "total": { "due": due, "carried": carried, "paid": paid, "open": open, "payNow": now },
        "notes": statement.notes,
        "owners": statement.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

/// The account as a spreadsheet: a header, and a row for each owner. No field needs quotes.
pub(super) fn csv(statement: &Statement) -> String {
    let mut csv = String::from(
        "owner,buckets,votes,share_percent,due_coins,due_rau,carried_coins,carried_rau,paid_coins,paid_rau,open_coins,open_rau,kept,transactions",
    );
    for (owner, line) in &statement.lines {
        let buckets: Vec<String> = line.buckets.iter().map(u64::to_string).collect();
        let payments: Vec<String> = line.payments.iter().map(ToString::to_string).collect();
        let mut row =
            vec![owner.to_string(), buckets.join(" "), line.votes.to_string(), share(statement, line)];
        for amount in [line.due, line.carried, line.paid, line.open] {
            row.extend([decimal(amount), amount.to_string()]);
        }
        row.extend([if line.is_kept { "yes" } else { "no" }.into(), payments.join(" ")]);
        csv.push('\n');
        csv.push_str(&row.join(","));
    }
    csv
}

/// Coins with all their digits, so that a column lines up.
fn decimal(rau: U256) -> String {
    let (whole, part) = rau.div_rem(U256::from(RAU_PER_COIN));
    format!("{whole}.{part:0>COIN_DIGITS$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_and_shown_in_percent() {
        for (text, share) in
            [("0", 0), ("80", 8_000), ("82.5", 8_250), ("0.01", 1), ("100", 10_000), ("7.25%", 725)]
        {
            assert_eq!(parse_percent(text), Ok(share), "{text}");
            assert_eq!(parse_percent(&percent(share)), Ok(share), "{text}");
        }
        for wrong in ["", "100.01", "-1", "1.234", ".5", "1e2", "eighty", "99999999999"] {
            assert!(parse_percent(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn coins_of_a_column_have_all_their_digits() {
        assert_eq!(decimal(U256::from(1)), "0.000000000000000001");
        assert_eq!(decimal(U256::from(1_500_000_000_000_000_000_u64)), "1.500000000000000000");
    }
}
