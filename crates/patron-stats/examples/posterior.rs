//! Draws from the posterior of BG/NBD on a summary of customers (columns frequency, recency, T), with half-normal priors of standard
//! deviation 10, and prints what it says, and how long it took: `posterior SUMMARY CHAINS WARMUP DRAWS SEED THREADS`.
#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use patron_stats::bayes::{BayesConfig, BayesError, PosteriorSampler, Prior};
use patron_stats::bg_nbd::{BgNbdConfig, FittedBgNbd};
use patron_stats::history::{History, WeightedHistories};
use patron_stats::mcmc::{Chain, ParameterSummary, Sampling};
use serde_json::{Value, json};

/// The priors of pymc-marketing's own notebook on these data.
const PRIOR: Prior = Prior::HalfNormal {
    standard_deviation: 10.0,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [summary, chains, warmup, draws, seed, threads] = arguments.as_slice() else {
        return Err("expected: SUMMARY CHAINS WARMUP DRAWS SEED THREADS".into());
    };
    let begun = Instant::now();
    let base = read(summary)?;
    let reading = begun.elapsed();
    let sampling = Sampling::default()
        .with_chains(chains.parse()?)?
        .with_warmup(warmup.parse()?)?
        .with_draws(draws.parse()?)?
        .with_seed(seed.parse()?);
    let mut config = BayesConfig::default().with_sampling(sampling);
    for parameter in ["r", "alpha", "a", "b"] {
        config = config.with_prior(parameter, PRIOR)?;
    }
    let sampler = BgNbdConfig::default().build().sampler(&base, &config)?;
    let sampled = sampler.gather(walked(&sampler, sampling.chains(), threads.parse()?)?)?;
    let posterior = sampled.posterior();
    let parameters: Vec<Value> = posterior.summaries().iter().map(told).collect();
    let warnings: Vec<String> = posterior
        .warnings()
        .iter()
        .map(ToString::to_string)
        .collect();
    let told = json!({
        "customers": base.customers(),
        "parameters": parameters,
        "divergences": posterior.divergences(),
        "warnings": warnings,
        "steps": {
            "reading": reading.as_secs_f64(),
            "sampling": (begun.elapsed() - reading).as_secs_f64(),
        },
    });
    println!("{told}");
    Ok(())
}

fn read(path: &str) -> Result<WeightedHistories, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let mut histories = Vec::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [frequency, recency, age] = fields.as_slice() else {
            return Err(format!("`{line}` has not three columns").into());
        };
        histories.push((
            History::new(frequency.parse()?, recency.parse()?, age.parse()?)?,
            1,
        ));
    }
    Ok(WeightedHistories::from_histories(histories))
}

/// Walks the chains on threads, each taking the next that nobody walks.
fn walked(
    sampler: &PosteriorSampler<FittedBgNbd>,
    chains: usize,
    threads: usize,
) -> Result<Vec<Chain>, Box<dyn Error>> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Chain)>, BayesError> {
        let mut walked = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= chains {
                return Ok(walked);
            }
            walked.push((number, sampler.chain(number)?));
        }
    };
    let mut all = std::thread::scope(|scope| -> Result<Vec<(usize, Chain)>, Box<dyn Error>> {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| "a thread stopped")??);
        }
        Ok(all)
    })?;
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, chain)| chain).collect())
}

fn told(summary: &ParameterSummary) -> Value {
    json!({
        "name": summary.parameter,
        "mean": summary.mean,
        "standard_deviation": summary.standard_deviation,
        "monte_carlo_error": summary.monte_carlo_error,
        "r_hat": summary.r_hat,
        "effective_bulk": summary.effective_bulk,
        "effective_tail": summary.effective_tail,
    })
}
