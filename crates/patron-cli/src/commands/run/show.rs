//! What `patron run` prints: segments, cut points, the account of rows, where the files are.

use patron_analytics::run::{Account, AxisReport, NoModel, RunReport};

use crate::failure::Failure;
use crate::output::{Output, table};
use crate::words::{count, decimal, percent, plain, things};

pub(super) fn show(report: &RunReport, output: &mut Output) -> Result<(), Failure> {
    headline(report, output)?;
    // Where only changes were asked for, nothing is summed up by segment.
    if !report.summary.segments.is_empty() {
        segments(report, output)?;
    }
    cut_points(report, output)?;
    value(report, output)?;
    account(&report.account, output)?;
    folded(report, output)?;
    output.line(&format!("\nResults are in {}:", report.out.display()))?;
    output.line(&format!("  {}", report.written.join("  ")))?;
    match &report.machine.customers_at {
        Some(place) => output.line(&format!("Spark wrote the customers to {place}")),
        None => Ok(()),
    }
}

fn headline(report: &RunReport, output: &mut Output) -> Result<(), Failure> {
    let all = &report.summary.all;
    let currency = report
        .settings
        .currency
        .as_deref()
        .map(|currency| format!(" {currency}"))
        .unwrap_or_default();
    let days = report
        .days
        .map(|(first, last)| format!(" from {first} to {last}"))
        .unwrap_or_default();
    output.line(&format!(
        "{}, {}{days}, {}{currency}, as of {} ({})",
        things(all.customers, "customer", "customers"),
        things(all.orders, "order", "orders"),
        decimal(all.revenue.to_f64(), 2),
        report.as_of,
        report.settings.calendar.name(),
    ))?;
    if report.prospects > 0 {
        const LIST: &str = "customers_without_order.csv";
        let list = if report.written.contains(&LIST) {
            format!(" ({LIST})")
        } else {
            String::new()
        };
        output.line(&format!(
            "{} no valid order{list}",
            things(report.prospects, "person has", "people have")
        ))?;
    }
    Ok(())
}

/// Who was folded, of a run of a workspace, and who differs from the run before.
fn folded(report: &RunReport, output: &mut Output) -> Result<(), Failure> {
    let Some(folded) = &report.folded else {
        return Ok(());
    };
    output.line(&match &folded.whole {
        Some(why) => format!("\nFolded: everybody ({})", why.words()),
        None => format!(
            "\nFolded: {} whose facts changed since the last run, {} whose profile is another as of {}; the others are as they were kept",
            things(folded.changed, "person", "people"),
            count(folded.by_date),
            report.as_of,
        ),
    })?;
    match folded.differing {
        Some(differing) => output.line(&format!(
            "{} from the last run (changes.parquet)",
            things(differing, "customer differs", "customers differ"),
        )),
        None => Ok(()),
    }
}

fn segments(report: &RunReport, output: &mut Output) -> Result<(), Failure> {
    let all = &report.summary.all;
    let with_clv = all.clv.is_some();
    let mut header = vec![
        "segment",
        "customers",
        "share",
        "revenue",
        "share",
        "R days",
        "F",
        "M",
        "bought once",
    ];
    if with_clv {
        header.push(if report.settings.margin.is_some() {
            "CLV each"
        } else {
            "exp. revenue each"
        });
    }
    let rows = report
        .summary
        .segments
        .iter()
        .map(|segment| {
            let group = &segment.group;
            let median = |axis: usize| {
                segment
                    .medians
                    .and_then(|medians| medians.get(axis).copied())
            };
            let number = |value: Option<f64>, decimals| {
                value.map_or("-".to_owned(), |value| decimal(value, decimals))
            };
            let mut row = vec![
                segment.names.en.clone(),
                count(group.customers),
                percent(group.customer_share(all)),
                decimal(group.revenue.to_f64(), 0),
                group.revenue_share(all).map_or("-".to_owned(), percent),
                number(median(0), 0),
                number(median(1), 0),
                number(median(2), 2),
                group.bought_once_share().map_or("-".to_owned(), percent),
            ];
            if with_clv {
                row.push(number(group.clv_mean(), 2));
            }
            row
        })
        .collect();
    output.line(&format!(
        "\nSegments ({}; R, F, M are medians)",
        report.settings.vocabulary.names.en
    ))?;
    output.line(&table(&header, rows))
}

fn cut_points(report: &RunReport, output: &mut Output) -> Result<(), Failure> {
    let mut axes = report.settings.scores.axes.iter();
    output.line(if axes.any(|axis| axis.frozen.is_some()) {
        "\nScores (cut points frozen from an earlier run)"
    } else {
        "\nScores"
    })?;
    for axis in &report.axes {
        output.line(&format!("  {}", axis_in_words(axis)))?;
    }
    // DEFINITIONS §5: printed always; from 0.7 on a note says what it means.
    match report.correlation {
        Some(correlation) => output.line(&format!(
            "  frequency and monetary: rank correlation {}",
            decimal(correlation, 2)
        )),
        // A note says so.
        None if report.machine.customers_at.is_some() => Ok(()),
        None => output
            .line("  frequency and monetary: no rank correlation, one of them is the same for all"),
    }
}

/// The cut points of an axis in words, best score first.
fn axis_in_words(axis: &AxisReport) -> String {
    let letter = axis
        .axis
        .chars()
        .next()
        .map_or('?', |letter| letter.to_ascii_uppercase());
    if axis.cuts.is_empty() {
        return format!(
            "{} by rank into {} equal groups ({})",
            axis.axis, axis.bins, axis.method
        );
    }
    let k = usize::from(axis.bins);
    let recency = axis.axis == "recency";
    // r-rfm puts a value on a cut into the upper bin, every other method into the lower.
    let upper = axis.method == "r-rfm";
    let bin = |index: usize| {
        let low = index
            .checked_sub(1)
            .and_then(|index| axis.cuts.get(index))
            .copied();
        let high = axis.cuts.get(index).copied();
        match (low, high) {
            (None, Some(high)) if upper => format!("below {}", plain(high)),
            (None, Some(high)) => format!("up to {}", plain(high)),
            (Some(low), Some(high)) if low >= high => "nobody".to_owned(),
            (Some(low), Some(high)) if upper => format!("{} to below {}", plain(low), plain(high)),
            (Some(low), Some(high)) => format!("over {} to {}", plain(low), plain(high)),
            (Some(low), None) if upper => format!("{} or more", plain(low)),
            (Some(low), None) => format!("over {}", plain(low)),
            (None, None) => "any".to_owned(),
        }
    };
    let words: Vec<String> = (0..k)
        .map(|index| {
            let score = if recency { k - index } else { index + 1 };
            format!("{letter}{score} {}", bin(index))
        })
        .collect();
    let unit = if recency { " days" } else { "" };
    format!(
        "{}{unit} ({}): {}",
        axis.axis,
        axis.method,
        words.join(" · ")
    )
}

fn value(report: &RunReport, output: &mut Output) -> Result<(), Failure> {
    let valuation = &report.valuation;
    let months = report.settings.horizon_months;
    let word = if report.settings.margin.is_some() {
        "Customer lifetime value"
    } else {
        "Expected revenue (no margin given)"
    };
    match (&valuation.no_model, report.summary.all.clv) {
        (Some(NoModel::NotAsked), _) => Ok(()),
        (None, Some(clv)) => {
            let model = valuation.purchases.as_ref().map_or("", |card| card.key);
            output.line(&format!(
                "\n{word}, next {months} months: {} in all, {} each ({model} and {}, {} a year discounted)",
                decimal(clv.to_f64(), 2),
                report.summary.all.clv_mean().map_or("-".to_owned(), |mean| decimal(mean, 2)),
                if valuation.constant_spend.is_some() { "a constant spend" } else { "Gamma-Gamma" },
                percent(report.settings.annual_discount),
            ))?;
            for card in [&valuation.purchases, &valuation.spend]
                .into_iter()
                .flatten()
            {
                for warning in &card.warnings {
                    output.line(&format!("  warning ({}): {warning}", card.key))?;
                }
            }
            Ok(())
        }
        (Some(reason), _) => {
            let reason = match reason {
                NoModel::CannotFit(error) => error.to_string(),
                _ => "spend varies so much between customers that the model has no finite mean"
                    .to_owned(),
            };
            output.line(&format!("\n{word} per customer: not computed, {reason}"))?;
            match valuation.rough {
                Some(rough) => output.line(&format!(
                    "  roughly, for the shop as a whole: {} per new customer in {months} months ({} per order × (1 + {} repeat orders a year))",
                    decimal(rough.value, 2),
                    decimal(rough.average_order_value, 2),
                    decimal(rough.orders_per_year, 2),
                )),
                None => output.line("  and too little history for a rough figure"),
            }
        }
        (None, None) => Ok(()),
    }
}

fn account(account: &Account, output: &mut Output) -> Result<(), Failure> {
    output.line("\nRows")?;
    let mut rows = vec![
        vec![
            "accepted: order lines".to_owned(),
            count(account.order_lines),
            String::new(),
        ],
        vec![
            "accepted: refunds".to_owned(),
            count(account.refunds),
            String::new(),
        ],
        vec![
            "accepted: entries of lists".to_owned(),
            count(account.listed),
            String::new(),
        ],
        vec![
            "merged (repeat or supersede)".to_owned(),
            count(account.merged),
            String::new(),
        ],
    ];
    if account.listed == 0 {
        rows.remove(2);
    }
    for (class, number) in &account.set_aside {
        let revenue = account
            .revenue_set_aside
            .get(class)
            .map_or(String::new(), |sum| decimal(sum.to_f64(), 2));
        rows.push(vec![
            format!("set aside: {}", class.replace('_', " ")),
            count(*number),
            revenue,
        ]);
    }
    rows.push(vec![
        "in all".to_owned(),
        count(account.rows_in),
        String::new(),
    ]);
    output.line(&table(&["", "rows", "amount"], rows))?;
    let flags: Vec<String> = account
        .flags
        .iter()
        .filter(|(_, number)| **number > 0)
        .map(|(flag, number)| format!("{flag} {}", count(*number)))
        .collect();
    if !flags.is_empty() {
        output.line(&format!("flagged besides: {}", flags.join(", ")))?;
    }
    Ok(())
}
