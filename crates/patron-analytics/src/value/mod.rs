//! `patron value`: customers by five aspects: what they bring, what is expected of them, how loyal they are, how far they can
//! be relied on, and how far they may grow.

mod facts;
mod ingredients;
mod sensitivity;
mod tables;
mod weights;

use patron_engine::Progress;

use crate::profit::{Basis, Totals};
use crate::run::RunError;
use crate::settings::{ResolveError, Settings};
use crate::shop::Shop;
use crate::study::Study;

use facts::{Categories, Facts, Look, Returns, Since};
pub use ingredients::Aspect;
use ingredients::{Ingredient, Worth, ingredients};
pub use weights::Weighing;

/// What is asked besides the shop.
#[derive(Debug, Clone, Default)]
pub struct ValueRequest {
    /// Settings given as flags.
    pub flags: Settings,
    /// How aspects weigh, where a flag says it.
    pub weights: Option<String>,
    /// Whether everybody is listed, one by one.
    pub with_customers: bool,
}

/// A customer's aspects, 0 to 100 each, and of how much of it all anything is known.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scores {
    aspects: [Option<f64>; 5],
    /// Share of the ingredients that are known, by the weight of their aspect.
    confidence: f64,
    /// The weighted mean of the aspects that are known.
    score: f64,
}

/// Scores everybody by five aspects.
///
/// # Errors
/// [`RunError`].
pub fn value(
    shop: &Shop,
    request: &ValueRequest,
    progress: &dyn Progress,
) -> Result<Study, RunError> {
    let form = shop.file_settings().value.as_ref();
    let weighing = Weighing::parse(request.weights.as_deref(), form).map_err(ResolveError::from)?;
    let people = look(shop, request, progress)?;
    let mut all = Totals::default();
    people.iter().for_each(|facts| all.add(&facts.year));
    let basis = Basis::of(&all);
    let worth = worth(shop, &people, basis);
    let found = ingredients(&people, &worth);
    let complete = complete(&found, people.len());
    let weights = weighing.weights(&complete);
    let scores = (0..people.len())
        .map(|row| score(&found, row, &weights.of))
        .collect();
    let told = tables::Found {
        shop,
        people: &people,
        ingredients: &found,
        weights,
        scores,
        is_profit: basis.is_profit(),
        with_customers: request.with_customers,
    };
    Ok(told.study())
}

/// Looks everybody up, in the order of the shop's table.
fn look(
    shop: &Shop,
    request: &ValueRequest,
    progress: &dyn Progress,
) -> Result<Vec<Facts>, RunError> {
    let accountant = shop.accountant(&request.flags)?;
    let returns = shop.visit(progress, || Returns {
        accountant: &accountant,
        categories: Categories::default(),
    })?;
    let categories = Categories::merge(returns.into_iter().map(|part| part.categories));
    let since = Since::new(shop.as_of());
    let looks = shop.visit(progress, || Look {
        shop,
        accountant: &accountant,
        categories: &categories,
        since,
        people: Vec::new(),
    })?;
    let mut people: Vec<Facts> = looks.into_iter().flat_map(|look| look.people).collect();
    people.sort_by_key(|facts| facts.place);
    Ok(people)
}

/// What the last year left of each, and what is expected; as revenue where costs are not known.
fn worth(shop: &Shop, people: &[Facts], basis: Basis) -> Worth {
    let expected = people.iter().map(|facts| basis.expected(shop, facts.place));
    let models = shop.valuation.values.expected.as_ref();
    let alive = models.map(|models| {
        let alive = |facts: &Facts| models.probability_alive.get(facts.place).copied();
        let each = people.iter();
        each.map(|facts| alive(facts).unwrap_or(1.0)).collect()
    });
    Worth {
        year: people
            .iter()
            .map(|facts| basis.value(&facts.year).to_f64())
            .collect(),
        expected: expected.collect(),
        alive,
    }
}

/// The score of an aspect of a customer: the mean of the ingredients that are known; credit is as good as the worst of them.
fn of_aspect(found: &[Ingredient], row: usize, aspect: Aspect) -> (Option<f64>, u32, u32) {
    let of = found
        .iter()
        .filter(|ingredient| ingredient.aspect == aspect);
    let scores: Vec<Option<f64>> = of
        .map(|ingredient| ingredient.scores.get(row).copied().flatten())
        .collect();
    let known: Vec<f64> = scores.iter().flatten().copied().collect();
    let score = if aspect == Aspect::Credit {
        known.iter().copied().reduce(f64::min)
    } else {
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    (score, count(known.len()), count(scores.len()))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn score(found: &[Ingredient], row: usize, weights: &[f64; 5]) -> Scores {
    let parts = Aspect::ALL.map(|aspect| of_aspect(found, row, aspect));
    let aspects = parts.map(|(score, _, _)| score);
    let mut confidence = 0.0;
    for ((_, known, of), weight) in parts.iter().zip(weights) {
        if *of > 0 {
            confidence += weight * f64::from(*known) / f64::from(*of);
        }
    }
    Scores {
        aspects,
        confidence,
        score: weighted(&aspects, weights),
    }
}

/// The weighted mean of the aspects that are known.
fn weighted(aspects: &[Option<f64>; 5], weights: &[f64; 5]) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for (score, weight) in aspects.iter().zip(weights) {
        if let Some(score) = score {
            sum += score * weight;
            all += weight;
        }
    }
    if all > 0.0 { sum / all } else { 0.0 }
}

/// The aspects, as columns, of the customers of whom all five are known.
fn complete(found: &[Ingredient], people: usize) -> [Vec<f64>; 5] {
    let mut columns = [const { Vec::new() }; 5];
    for row in 0..people {
        let aspects = Aspect::ALL.map(|aspect| of_aspect(found, row, aspect).0);
        if aspects.iter().all(Option::is_some) {
            for (column, score) in columns.iter_mut().zip(aspects) {
                column.extend(score);
            }
        }
    }
    columns
}
