//! What should be said about a run: guesses, oddities, limits. Each has a key and parameters, so that it can be translated.

use patron_engine::{FileRead, SharedOrders};
use patron_import::{Exchanged, ExchangedRows, UnreadDetail};
use patron_stats::scores::CutPoints;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::account::Account;
use super::assemble::{Figures, Found};
use super::choice::of_choice;
use super::everybody::Everybody;
use super::summary::Summary;
use super::value::Valuation;
use crate::settings::Resolved;

/// Something said to the reader.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Note {
    /// Stable key.
    pub key: String,
    /// The values mentioned, by name.
    pub params: Map<String, Value>,
    /// The sentence in English.
    pub text: String,
}

impl Note {
    /// Makes a note; `params` is an object.
    #[must_use]
    pub fn new(key: &str, params: Value, text: String) -> Self {
        let params = match params {
            Value::Object(params) => params,
            _ => Map::new(),
        };
        Self {
            key: key.to_owned(),
            params,
            text,
        }
    }
}

/// Correlation of F and M above which they say nearly the same.
const CORRELATED: f64 = 0.7;
/// Fewest distinct values that can carry five scores.
const FEWEST_DISTINCT: usize = 5;
pub(super) const AXES: [&str; 3] = ["recency", "frequency", "monetary"];

/// Who is known by an address alone, and who has another's name.
pub(super) fn of_persons(everybody: &Everybody, joined: u64) -> Vec<Note> {
    let mut notes = Vec::new();
    let (guests, customers) = (everybody.guests, everybody.customers);
    if guests > 0 && guests < customers {
        let share = guests as f64 / customers as f64;
        notes.push(Note::new(
            "guests",
            json!({ "count": guests, "share": share }),
            format!(
                "{guests} customers ({:.1} %) are guests, known by an e-mail address or telephone number alone",
                share * 100.0
            ),
        ));
    }
    if joined > 0 {
        let ids = if joined == 1 {
            "1 customer id stands"
        } else {
            &format!("{joined} customer ids stand")
        };
        notes.push(Note::new(
            "customers_joined",
            json!({ "count": joined }),
            format!("{ids} for somebody who has another one, and what they bought counts there (`identity` says by which rule)"),
        ));
    }
    notes
}

/// What understanding the files left to say.
pub(crate) fn of_files(
    files: &[FileRead],
    account: &Account,
    summary: &Summary,
    drop_duplicates: bool,
) -> Vec<Note> {
    let mut notes = Vec::new();
    for file in files {
        for note in &file.understanding.notes {
            let params = note
                .params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            notes.push(Note {
                key: note.key.to_owned(),
                params,
                text: note.to_string(),
            });
        }
    }
    notes.dedup();
    notes.extend(files.iter().filter_map(float_ids));
    notes.extend(of_exchange(files));
    notes.extend(files.iter().filter_map(unknown_statuses));
    notes.extend(files.iter().flat_map(unread));
    let duplicates = account.flags.get("duplicate").copied().unwrap_or(0);
    if duplicates > 0 && !drop_duplicates {
        notes.push(Note::new(
            "duplicates_kept",
            json!({ "count": duplicates }),
            format!("{duplicates} rows equal an earlier row in every column; they are kept unless `--drop-duplicates` is given"),
        ));
    }
    for (customer, share) in &summary.implausible {
        notes.push(Note::new(
            "implausible_customer",
            json!({ "customer": customer, "share": share }),
            format!(
                "customer `{customer}` has {:.1} % of all orders: a till, a reseller or a test account rather than a person?",
                share * 100.0
            ),
        ));
    }
    notes
}

/// Ids that a spreadsheet or a data frame wrote as decimal numbers.
fn float_ids(file: &FileRead) -> Option<Note> {
    let (count, example) = file.float_ids.as_ref()?;
    Some(Note::new(
        "float_ids",
        json!({ "count": count, "example": example }),
        format!("{count} rows have ids such as `{example}.0`, which is read as `{example}`"),
    ))
}

/// Words for a row's fate that nobody taught us.
fn unknown_statuses(file: &FileRead) -> Option<Note> {
    let words = file.unknown_statuses.iter();
    let words: Vec<String> = words
        .map(|(word, rows)| format!("{word} ({rows})"))
        .collect();
    let list = words.join(", ");
    (!words.is_empty()).then(|| {
        Note::new(
            "unknown_statuses",
            json!({ "words": list }),
            format!("status words that are not known, with their rows: {list}; orders count as paid, refunds as given (`status_words` in patron.toml says what a word of orders means)"),
        )
    })
}

/// What is there beside what decides but cannot be read, such as when an order was changed.
fn unread(file: &FileRead) -> Vec<Note> {
    let unread = file.unread_details.fields().iter();
    let note = |unread: &UnreadDetail| {
        Note::new(
            "unread_values",
            json!({
                "column": unread.column,
                "count": unread.count,
                "line": unread.first_line,
                "value": unread.first_value,
            }),
            format!("{unread}; the rows are read without them"),
        )
    };
    unread.map(note).collect()
}

/// Rows in other currencies: how many were converted, and how many could not be.
pub(crate) fn of_exchange<'f>(files: impl IntoIterator<Item = &'f FileRead>) -> Vec<Note> {
    let mut all = Exchanged::default();
    let mut to = "";
    for file in files {
        all.merge(&file.exchanged);
        if !file.exchanged.is_empty() {
            to = file.understanding.currency.as_deref().unwrap_or(to);
        }
    }
    let said = |key, count: fn(ExchangedRows) -> u64, what: &str| {
        let counts = all.by_currency().map(|(from, rows)| (from, count(rows)));
        let counts: Vec<(&str, u64)> = counts.filter(|(_, rows)| *rows > 0).collect();
        let rows: u64 = counts.iter().map(|(_, rows)| rows).sum();
        let listed = counts
            .iter()
            .map(|(from, rows)| format!("{rows} in {from}"));
        let listed = listed.collect::<Vec<_>>().join(", ");
        let by_currency = counts
            .iter()
            .map(|(from, rows)| ((*from).to_owned(), json!(rows)));
        let params =
            json!({ "to": to, "count": rows, "currencies": by_currency.collect::<Map<_, _>>() });
        let text = format!("{what} {to}: {listed}");
        (rows > 0).then(|| Note::new(key, params, text))
    };
    let converted = said(
        "amounts_converted",
        |rows| rows.converted,
        "rows whose amounts were converted, at the rate of their own day, to",
    );
    let without_rate = said(
        "rates_missing",
        |rows| rows.without_rate,
        "rows set aside because `--rates` has no rate of their day to",
    );
    converted.into_iter().chain(without_rate).collect()
}

/// What there is to say of orders that stand with several customers.
pub(crate) fn of_shared_orders(shared: &SharedOrders) -> Option<Note> {
    let (count, example) = shared.found()?;
    let found =
        format!("order ids that stand with more than one customer: {count}, such as `{example}`");
    let params = json!({ "count": count, "example": example });
    Some(if shared.is_empty() {
        let text = format!("{found}; they count for each");
        Note::new("orders_of_two_customers", params, text)
    } else {
        let text = format!(
            "{found}: an order stays with whom it stood first; where that cannot be told, and of all others, the rows are set aside: the list of rows set aside says what mends each (`--keep shared-orders` counts all)"
        );
        Note::new("shared_orders_set_aside", params, text)
    })
}

/// What the orders themselves leave to say: rows that are no purchases, dates that look wrong, orders that may come back.
pub(super) fn of_orders(
    everybody: &Everybody,
    settings: &Resolved,
    facts: &Found,
    valuation: &Valuation,
) -> Vec<Note> {
    let mut notes = Vec::new();
    notes.extend(no_purchases(everybody));
    let repeated = facts.repeated_order_ids;
    if repeated > 0 {
        notes.push(Note::new(
            "repeated_ids_are_lines",
            json!({ "count": repeated }),
            format!("{repeated} order ids stand in several rows with differing amounts: these rows are taken for lines of one order (`--grain order` takes them for versions)"),
        ));
    }
    let provisional = everybody.provisional_value;
    if settings.fold.return_window_days > 0 {
        let days = settings.fold.return_window_days;
        notes.push(Note::new(
            "provisional_value",
            json!({ "value": provisional.to_f64(), "days": days }),
            format!("{provisional} of the revenue is provisional: orders of the last {days} days may still come back"),
        ));
    }
    if let Some(returns) = valuation.expected_returns {
        notes.push(Note::new(
            "expected_returns",
            json!({ "rate": returns.rate, "value": returns.value }),
            format!(
                "{:.1} % of what was sold came back; {:.2} for young orders that may follow is deducted from values",
                returns.rate * 100.0, returns.value
            ),
        ));
    }
    notes.extend(lonely_last_day(everybody));
    let refunds = facts.reads.iter().map(|file| file.seen.refunds);
    let late = refunds.filter_map(|refunds| refunds.latest).max();
    if late.is_some_and(|at| at > everybody.as_of.end.0) {
        notes.push(Note::new(
            "refunds_after_as_of",
            json!({ "as_of": everybody.as_of.day.to_string() }),
            format!("some refunds are dated after {} and do not count yet; a later `--as-of` counts them", everybody.as_of.day),
        ));
    }
    notes
}

/// Orders that were accepted and are no purchases, by reason.
fn no_purchases(everybody: &Everybody) -> Vec<Note> {
    let tally = &everybody.tally;
    let mut notes = Vec::new();
    let count = tally.orders_not_counted();
    if count > 0 {
        let reasons = [
            (tally.later, "later"),
            (tally.not_paid, "not paid"),
            (tally.cancelled, "cancelled or void"),
            (tally.fully_refunded, "fully refunded"),
            (tally.zero_value, "of zero value"),
        ];
        let reasons: Vec<String> = reasons
            .into_iter()
            .filter(|(orders, _)| *orders > 0)
            .map(|(orders, reason)| format!("{orders} {reason}"))
            .collect();
        notes.push(Note::new(
            "orders_not_counted",
            json!({
                "count": count, "later": tally.later, "not_paid": tally.not_paid, "cancelled": tally.cancelled,
                "fully_refunded": tally.fully_refunded, "zero_value": tally.zero_value,
            }),
            format!(
                "orders that are no purchases as of {}: {count} ({})",
                everybody.as_of.day,
                reasons.join(", ")
            ),
        ));
    }
    if tally.excess_refunds > 0 {
        notes.push(Note::new(
            "refunds_beyond_orders",
            json!({ "count": tally.excess_refunds, "value": tally.excess_refunded.to_f64() }),
            format!(
                "more was given back of {} orders than they were worth, {} in all (shipping, tax, or a refund that stands there twice): it reduces no other order",
                tally.excess_refunds, tally.excess_refunded
            ),
        ));
    }
    if tally.lines_left_out > 0 {
        notes.push(Note::new(
            "lines_left_out",
            json!({ "count": tally.lines_left_out }),
            format!(
                "{} lines are not in the amount of their order, because they are not paid while others are",
                tally.lines_left_out
            ),
        ));
    }
    notes
}

/// What the models leave to say.
pub(crate) fn of_value(valuation: &Valuation) -> Vec<Note> {
    let constant = valuation.constant_spend.map(|spend| {
        Note::new(
            "constant_spend",
            json!({ "value": spend }),
            format!("all repeat buyers spend {spend:.2} on a purchase day: nothing is fitted, everybody is expected to spend that"),
        )
    });
    let used = valuation.judged.as_ref().zip(valuation.purchases.as_ref());
    used.map(|(judged, card)| of_choice(judged, card.key))
        .unwrap_or_default()
        .into_iter()
        .chain(constant)
        .chain(everybody_alive(valuation))
        .collect()
}

/// A model that sees nobody leave values lost customers as if they would come back.
fn everybody_alive(valuation: &Valuation) -> Option<Note> {
    const ALIVE: f64 = 0.95;
    let expected = valuation.values.expected.as_ref()?;
    let least = expected
        .probability_alive
        .iter()
        .copied()
        .reduce(f64::min)?;
    (least > ALIVE).then(|| {
        Note::new(
            "everybody_alive",
            json!({ "least": least }),
            "the model sees nobody leave: customers that the shop has lost are valued as if they would come back".to_owned(),
        )
    })
}

/// An as-of day far behind nearly all orders makes everybody look lost: often one mistyped date.
fn lonely_last_day(everybody: &Everybody) -> Option<Note> {
    const FAR_DAYS: i32 = 366;
    let [last, before] = everybody.last_days;
    let (last, day) = (last?, everybody.as_of.day);
    let gap = before
        .map_or(0, |before| last.days_since(before))
        .max(day.days_since(last));
    (gap > FAR_DAYS).then(|| {
        Note::new(
            "as_of_far_from_orders",
            json!({ "days": gap, "as_of": day.to_string() }),
            format!("the as-of day {day} lies {gap} days behind nearly all orders: is a date mistyped? `--as-of` sets another day"),
        )
    })
}

/// Scores that nobody has; of frozen cut points, nobody of this run.
pub(super) fn missing_scores(cuts: &CutPoints, scores: &[u8]) -> Vec<u8> {
    if !cuts.counts().is_empty() {
        return cuts.missing_scores();
    }
    let counted = (1_u8..).zip(cuts.count(scores));
    counted
        .filter(|(_, customers)| *customers == 0)
        .map(|(score, _)| score)
        .collect()
}

/// What scoring left to say.
pub(super) fn of_scores(figures: &Figures) -> Vec<Note> {
    let mut notes = Vec::new();
    for of in &figures.axes {
        let (axis, bins, missing) = (of.axis, of.bins, &of.missing);
        let distinct = of.distinct.min(FEWEST_DISTINCT);
        if distinct < FEWEST_DISTINCT.min(usize::from(bins)) {
            notes.push(Note::new(
                "few_distinct_values",
                json!({ "axis": axis, "distinct": distinct, "bins": bins }),
                format!(
                    "{axis} has only {distinct} distinct {}, too few for {bins} scores: consider fewer bins or fixed cut points",
                    if distinct == 1 { "value" } else { "values" }
                ),
            ));
        }
        if !missing.is_empty() {
            let list = missing
                .iter()
                .map(u8::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            notes.push(Note::new(
                "missing_scores",
                json!({ "axis": axis, "scores": missing }),
                format!("nobody has {axis} score {list}, because many customers share a value"),
            ));
        }
    }
    if figures.nobody_in_window {
        notes.push(Note::new(
            "nobody_in_window",
            json!({}),
            "nobody bought in the window on which F and M are scored: everybody has score 1 there"
                .to_owned(),
        ));
    }
    if let Some(correlation) = figures
        .correlation
        .filter(|&correlation| correlation > CORRELATED)
    {
        notes.push(Note::new(
            "frequency_monetary_correlated",
            json!({ "correlation": correlation }),
            format!("frequency and monetary say nearly the same (rank correlation {correlation:.2}): consider `monetary = \"mean-per-order\"`"),
        ));
    }
    notes
}
