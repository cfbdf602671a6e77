//! `patron customer`: everything that is known of one customer.

use std::path::PathBuf;

use patron_analytics::customer::{CustomerCard, CustomerRequest, FactCard, customer};
use patron_analytics::settings::Settings;
use patron_analytics::workspace::Workspace;
use patron_core::Money;
use patron_ledger::At;

use crate::clock::now;
use crate::commands::reading::{parse_at, parse_memory};
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::progress::Bars;

/// Arguments of `patron customer`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The customer's id, as in customers.csv
    #[arg(value_name = "ID")]
    id: String,
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// As-of day; by default the day of the last valid order
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// What the workspace held then: a snapshot of `patron ledger log`, a day or a time
    #[arg(long, value_name = "SNAPSHOT|TIME", value_parser = parse_at)]
    at: Option<At>,
    /// Memory that may be used, such as 512M or 4G
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = parse_memory)]
    memory: u64,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let flags = Settings {
        as_of: args.as_of.clone(),
        ..Settings::default()
    };
    super::run::check_flags(&flags)?;
    let request = CustomerRequest {
        now: now(),
        id: args.id.clone(),
        at: args.at.unwrap_or(At::Latest),
        flags,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        memory_bytes: args.memory,
    };
    let workspace = Workspace::open(&args.workspace)?;
    let card = customer(
        &workspace,
        &request,
        &Bars::new(false, Output::is_watched()),
    )?;
    show(&args.id, &card, output)
}

fn show(id: &str, card: &CustomerCard, output: &mut Output) -> Result<(), Failure> {
    output.line(&format!("Customer {id} as of {}", card.as_of))?;
    if let Some(reason) = &card.no_order {
        output.line(&format!("No valid order: {reason}."))?;
    }
    let pairs = |rows: &mut dyn Iterator<Item = (String, String)>| {
        rows.map(|(name, value)| vec![name, value])
            .collect::<Vec<_>>()
    };
    let shown = ["segments", "r_score", "f_score", "m_score", "customer_id"];
    let mut profile = card
        .profile
        .iter()
        .filter(|(name, _)| !shown.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), rounded(value)));
    if !card.profile.is_empty() {
        output.line(&table(&["", "value"], pairs(&mut profile)))?;
        let mut scores = card
            .scores
            .iter()
            .map(|(axis, text)| ((*axis).to_owned(), text.clone()));
        output.line(&table(&["score", "why"], pairs(&mut scores)))?;
        output.line(&table(
            &["segment", "because"],
            pairs(&mut card.segments.iter().cloned()),
        ))?;
    }
    if !card.known.is_empty() {
        let known = &mut card.known.iter().cloned();
        output.line(&table(&["known", "newest value"], pairs(known)))?;
    }
    let facts = card.facts.iter().map(|fact| row_of(fact, card)).collect();
    let header = [
        "time", "what", "order", "article", "amount", "refunded", "fate", "import",
    ];
    output.line(&table(&header, facts))
}

/// A number as people read it: with at most four decimals.
fn rounded(value: &str) -> String {
    let decimals = value.split_once('.').map_or("", |(_, decimals)| decimals);
    match value.parse::<f64>() {
        Ok(number) if decimals.len() > 4 => {
            let text = format!("{number:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => value.to_owned(),
    }
}

fn row_of(fact: &FactCard, card: &CustomerCard) -> Vec<String> {
    let money = |amount: Option<Money>| amount.map(|amount| amount.to_string()).unwrap_or_default();
    vec![
        fact.at
            .map(|at| card.calendar.rfc3339(at))
            .unwrap_or_default(),
        fact.what.to_owned(),
        fact.order.clone(),
        fact.article.clone(),
        money(fact.amount),
        money(fact.refunded),
        fact.fate.clone(),
        fact.import.to_string(),
    ]
}
