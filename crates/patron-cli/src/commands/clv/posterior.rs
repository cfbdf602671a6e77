//! A posterior in all forms: what draws say of parameters, and whether they can be believed.

use patron_analytics::clv::{PosteriorCard, SampledParameter, SamplingRequest};
use serde_json::{Map, Value, json};

use super::{Format, csv, exact, short};
use crate::failure::Failure;
use crate::output::{Output, table};

/// Arguments that say how a posterior is sampled.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct SamplingArgs {
    /// Chains of a posterior: at least 2, by default 4
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=64))]
    chains: Option<u16>,
    /// Draws kept of each chain, by default 1000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    draws: Option<u32>,
    /// Draws of each chain before these, by default 500; of pareto-nbd-abe 2000, of pareto-ggg 1000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(50..=1_000_000))]
    warmup: Option<u32>,
    /// The same seed draws the same
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl SamplingArgs {
    /// Whether anything is asked of a sampler.
    pub(super) const fn is_asked(&self) -> bool {
        self.chains.is_some()
            || self.draws.is_some()
            || self.warmup.is_some()
            || self.seed.is_some()
    }

    pub(super) fn request(&self) -> SamplingRequest {
        let count = |number: Option<u32>| number.and_then(|number| usize::try_from(number).ok());
        SamplingRequest {
            chains: self.chains.map(usize::from),
            draws: count(self.draws),
            warmup: count(self.warmup),
            seed: self.seed,
        }
    }
}

const HEADER: [&str; 8] = [
    "parameter",
    "estimate",
    "se",
    "low",
    "high",
    "rhat",
    "ess_bulk",
    "ess_tail",
];

/// Prints a posterior.
pub(super) fn print(
    card: &PosteriorCard,
    (unit, notes): (&str, &[String]),
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    match format {
        Format::Json => {
            let document = document(card, unit, notes);
            output.line(&serde_json::to_string_pretty(&document).unwrap_or_default())
        }
        Format::Csv => output.data(&csv(&HEADER, rows(card, exact))),
        Format::Table => {
            let header = [
                "", "mean", "sd", "from", "to", "R-hat", "ESS bulk", "ESS tail",
            ];
            output.line(&table(&header, rows(card, short)))?;
            let sampling = &card.sampling;
            output.line(&format!(
                "{} · {} chains of {} draws, seed {} · {} · {} diverged",
                card.model,
                sampling.chains(),
                sampling.draws(),
                sampling.seed(),
                if card.has_mixed() {
                    "mixed"
                } else {
                    "not mixed"
                },
                card.divergences
            ))
        }
    }
}

fn rows(card: &PosteriorCard, print: fn(f64) -> String) -> Vec<Vec<String>> {
    let row = |parameter: &SampledParameter| {
        let numbers = [
            parameter.mean,
            parameter.standard_deviation,
            parameter.interval.low,
            parameter.interval.high,
            parameter.r_hat,
            parameter.effective_bulk,
            parameter.effective_tail,
        ];
        let name = std::iter::once(parameter.name.clone());
        name.chain(numbers.map(print)).collect()
    };
    card.parameters.iter().map(row).collect()
}

/// As that of a fit: the posterior's mean is the estimate, its standard deviation the standard error. There is no top of a likelihood.
fn document(card: &PosteriorCard, unit: &str, notes: &[String]) -> Value {
    let mut parameters = Map::new();
    for parameter in &card.parameters {
        let value = json!({
            "estimate": parameter.mean,
            "se": parameter.standard_deviation,
            "low": parameter.interval.low,
            "high": parameter.interval.high,
            "rhat": parameter.r_hat,
            "ess_bulk": parameter.effective_bulk,
            "ess_tail": parameter.effective_tail,
        });
        parameters.insert(parameter.name.clone(), value);
    }
    let warnings = card.warnings.iter();
    let warnings =
        warnings.map(|warning| json!({ "key": warning.key(), "text": warning.to_string() }));
    let sampling = &card.sampling;
    json!({
        "model": card.model,
        "unit": unit,
        "n": card.customers,
        "parameters": parameters,
        "covariance": card.covariance,
        "log_likelihood": null,
        "aic": null,
        "bic": null,
        "converged": card.has_mixed(),
        "sampling": {
            "chains": sampling.chains(),
            "draws": sampling.draws(),
            "warmup": sampling.warmup(),
            "thinning": sampling.thinning(),
            "seed": sampling.seed(),
            "diverged": card.divergences,
        },
        "warnings": warnings.collect::<Vec<Value>>(),
        "notes": notes,
    })
}
