//! The tables of `patron value`.

use std::collections::BTreeMap;

use patron_core::MoneySum;
use patron_stats::summary::{mean, median};
use serde_json::json;

use super::Scores;
use super::facts::Facts;
use super::ingredients::{Aspect, Ingredient, told};
use super::sensitivity::sensitivity;
use super::weights::Weights;
use crate::settings::StepForm;
use crate::shop::Shop;
use crate::study::{Column, Note, Study, Table, Unit, Value};

/// Comparisons that contradict each other more are doubted.
const CONTRADICTS: f64 = 0.1;
/// Fewer customers cannot be told apart by their ranks.
const FEW: usize = 30;

/// Everything that was scored.
pub(super) struct Found<'a> {
    pub(super) shop: &'a Shop,
    pub(super) people: &'a [Facts],
    pub(super) ingredients: &'a [Ingredient],
    pub(super) weights: Weights,
    pub(super) scores: Vec<Scores>,
    pub(super) is_profit: bool,
    pub(super) with_customers: bool,
}

impl Found<'_> {
    pub(super) fn study(&self) -> Study {
        let mut tables = vec![self.aspects(), self.parts(), self.by_segment()];
        tables.extend(self.sensitivity());
        tables.extend(self.steps());
        if self.with_customers {
            tables.push(self.customers());
        }
        Study {
            key: "value",
            as_of: self.shop.as_of(),
            customers: self.people.len() as u64,
            currency: self.shop.settings.currency.clone(),
            tables,
            notes: self.notes(),
        }
    }

    fn aspect(&self, place: usize) -> Vec<f64> {
        let scores = self.scores.iter();
        scores
            .filter_map(|scores| scores.aspects.get(place).copied().flatten())
            .collect()
    }

    fn aspects(&self) -> Table {
        let title = "Five aspects of a customer's value, 0 to 100 each, with their weights";
        let columns = [
            ("aspect", Unit::Text),
            ("weight", Unit::Share),
            ("customers", Unit::Count),
            ("mean", Unit::Number),
            ("median", Unit::Number),
        ];
        let mut table = Table::new("aspects", title, &columns);
        for (place, aspect) in Aspect::ALL.into_iter().enumerate() {
            let scores = self.aspect(place);
            table.push(vec![
                aspect.key().into(),
                self.weights.of.get(place).copied().into(),
                (scores.len() as u64).into(),
                mean(&scores).into(),
                median(&scores).into(),
            ]);
        }
        let all: Vec<f64> = self.scores.iter().map(|scores| scores.score).collect();
        table.push(vec![
            "score".into(),
            1.0.into(),
            (all.len() as u64).into(),
            mean(&all).into(),
            median(&all).into(),
        ]);
        table
    }

    fn parts(&self) -> Table {
        let title = "What each aspect is made of, and of how many customers it is known";
        let columns = [
            ("aspect", Unit::Text),
            ("ingredient", Unit::Text),
            ("known_of", Unit::Count),
            ("median_value", Unit::Number),
            ("mean_score", Unit::Number),
        ];
        let mut table = Table::new("ingredients", title, &columns);
        for ingredient in self.ingredients {
            let values: Vec<f64> = ingredient.values.iter().flatten().copied().collect();
            let scores: Vec<f64> = ingredient.scores.iter().flatten().copied().collect();
            table.push(vec![
                ingredient.aspect.key().into(),
                ingredient.key.into(),
                (values.len() as u64).into(),
                median(&values).into(),
                mean(&scores).into(),
            ]);
        }
        table
    }

    fn by_segment(&self) -> Table {
        let mut columns = vec![("segment", Unit::Text), ("customers", Unit::Count)];
        columns.extend(Aspect::ALL.map(|aspect| (aspect.key(), Unit::Number)));
        columns.push(("score", Unit::Number));
        let title = "Means of each segment, the highest score first";
        let mut table = Table::new("by_segment", title, &columns);
        let mut groups: BTreeMap<&str, Vec<&Scores>> = BTreeMap::new();
        for (facts, scores) in self.people.iter().zip(&self.scores) {
            let segment = self.shop.segments.primary_key(facts.place);
            groups.entry(segment).or_default().push(scores);
        }
        let of = |group: &[&Scores], value: &dyn Fn(&Scores) -> Option<f64>| {
            let values: Vec<f64> = group.iter().filter_map(|scores| value(scores)).collect();
            mean(&values)
        };
        let score = |scores: &Scores| Some(scores.score);
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by(|a, b| {
            let [a, b] = [&a.1, &b.1].map(|group| of(group, &score).unwrap_or(0.0));
            b.total_cmp(&a)
        });
        for (segment, group) in groups {
            let mut row: Vec<Value> = vec![segment.into(), (group.len() as u64).into()];
            for place in 0..Aspect::ALL.len() {
                let aspect = |scores: &Scores| scores.aspects.get(place).copied().flatten();
                row.push(of(&group, &aspect).into());
            }
            row.push(of(&group, &score).into());
            table.push(row);
        }
        table
    }

    fn sensitivity(&self) -> Option<Table> {
        let found = sensitivity(&self.scores, &self.weights.of)?;
        let title = format!(
            "If each weight were up to half larger or smaller, {:.0} % of the best tenth would stay there (a hundred draws, {} customers)",
            100.0 * found.stay[0],
            found.customers
        );
        let columns = [
            ("figure", Unit::Text),
            ("mean", Unit::Number),
            ("worst", Unit::Number),
        ];
        let mut table = Table::new("sensitivity", title, &columns);
        let [mean, worst] = found.correlation;
        table.push(vec!["rank_correlation".into(), mean.into(), worst.into()]);
        let [mean, worst] = found.stay;
        table.push(vec![
            "share_staying_in_best_tenth".into(),
            mean.into(),
            worst.into(),
        ]);
        Some(table)
    }

    /// Customers by plain steps, where settings have any.
    fn steps(&self) -> Option<Table> {
        let form = self.shop.file_settings().value.as_ref();
        let steps = form.and_then(|form| form.steps.as_ref())?;
        let columns = [
            ("step", Unit::Text),
            ("customers", Unit::Count),
            ("net", Unit::Money),
        ];
        let mut table = Table::new(
            "steps",
            "Customers by what they spent and ordered in all",
            &columns,
        );
        let mut groups = vec![(0_u64, MoneySum::ZERO); steps.len() + 1];
        for facts in self.people {
            let place = self.step_of(facts, steps).unwrap_or(steps.len());
            let spend = self.shop.table.profiles.get(facts.place);
            if let (Some((customers, net)), Some(profile)) = (groups.get_mut(place), spend) {
                *customers += 1;
                *net += profile.monetary;
            }
        }
        let names = steps.iter().map(|step| step.name.as_str());
        for (name, (customers, net)) in names.chain(["none"]).zip(groups) {
            table.push(vec![name.into(), customers.into(), net.into()]);
        }
        Some(table)
    }

    /// The first step that a customer reaches.
    fn step_of(&self, facts: &Facts, steps: &[StepForm]) -> Option<usize> {
        let profile = self.shop.table.profiles.get(facts.place)?;
        let spend = profile.monetary.to_f64();
        let reaches = |step: &StepForm| spend >= step.spend && profile.orders >= step.orders;
        steps.iter().position(reaches)
    }

    /// Everybody, the best first.
    fn customers(&self) -> Table {
        let mut columns = vec![("customer_id", Unit::Text), ("score", Unit::Number)];
        columns.extend(Aspect::ALL.map(|aspect| (aspect.key(), Unit::Number)));
        columns.extend([("confidence", Unit::Share), ("why", Unit::Text)]);
        let title = "Everybody with the reason in words, the best first";
        let mut table = Table::list("customers", title, &columns);
        let ingredients = self.ingredients.iter();
        table
            .columns
            .extend(ingredients.map(|ingredient| Column::new(ingredient.key, Unit::Number)));
        table
            .columns
            .push(Column::new("service_contacts", Unit::Count));
        let mut rows: Vec<usize> = (0..self.people.len()).collect();
        let score = |row: &usize| self.scores.get(*row).map_or(0.0, |scores| scores.score);
        rows.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)));
        for row in rows {
            table.rows.extend(self.customer(row));
        }
        table
    }

    fn customer(&self, row: usize) -> Option<Vec<Value>> {
        let (facts, scores) = (self.people.get(row)?, self.scores.get(row)?);
        let mut cells: Vec<Value> = vec![
            self.shop.table.ids.get(facts.place).into(),
            scores.score.into(),
        ];
        cells.extend(scores.aspects.map(Value::from));
        cells.extend([scores.confidence.into(), self.why(row, scores).into()]);
        let ingredients = self.ingredients.iter();
        cells.extend(ingredients.map(|one| one.values.get(row).copied().flatten().into()));
        cells.push(facts.contacts.into());
        Some(cells)
    }

    /// The strongest and the weakest aspect, each with what says so.
    fn why(&self, row: usize, scores: &Scores) -> String {
        let known = Aspect::ALL.into_iter().zip(scores.aspects);
        // That nothing speaks against a customer is no strength.
        let mut known: Vec<(Aspect, f64)> = known
            .filter_map(|(aspect, score)| Some((aspect, score?)))
            .filter(|(aspect, score)| *aspect != Aspect::Credit || *score < 100.0)
            .collect();
        known.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (Some(best), Some(least)) = (known.first(), known.last()) else {
            return "nothing is known".to_owned();
        };
        let say = |(aspect, score): &(Aspect, f64), is_best: bool| {
            let words = self.words(row, *aspect, is_best);
            let words = words.map(|words| format!(" ({words})")).unwrap_or_default();
            format!("{} {score:.0}{words}", aspect.key())
        };
        if best.0 == least.0 {
            return say(best, true);
        }
        format!(
            "strongest: {}; weakest: {}",
            say(best, true),
            say(least, false)
        )
    }

    /// What says most of an aspect: the highest of its ingredients, or the lowest.
    fn words(&self, row: usize, aspect: Aspect, is_best: bool) -> Option<String> {
        let of = self.ingredients.iter().filter(|one| one.aspect == aspect);
        let known = of.filter_map(|one| {
            let score = one.scores.get(row).copied().flatten()?;
            Some((score, one.words, one.values.get(row).copied().flatten()?))
        });
        let by_score = |a: &(f64, &str, f64), b: &(f64, &str, f64)| a.0.total_cmp(&b.0);
        let found = if is_best && aspect != Aspect::Credit {
            known.max_by(by_score)
        } else {
            known.min_by(by_score)
        };
        let (_, words, value) = found?;
        Some(told(words, value))
    }

    fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut say = |key: &str, params, text: &str| {
            notes.push(Note::new(key, params, text.to_owned()));
        };
        if self.people.len() < FEW {
            say(
                "value_few",
                json!({}),
                "with so few customers their ranks say little: read the ingredients",
            );
        }
        if !self.is_profit {
            say(
                "value_revenue",
                json!({}),
                "what goods cost is not known: current contribution and what is expected are revenue, not profit",
            );
        }
        if self.shop.valuation.values.expected.is_none() {
            say(
                "value_no_future",
                json!({}),
                "no model values these customers, so their future is not scored; the other aspects take its weight",
            );
        }
        if self.weights.method == "entropy" {
            say(
                "value_entropy",
                json!({}),
                "weights by entropy reward spread, not importance: an aspect in which customers lie far apart weighs more, whatever it means to you",
            );
        }
        if let Some(ratio) = self.weights.ratio.filter(|ratio| *ratio > CONTRADICTS) {
            say(
                "value_contradiction",
                json!({ "ratio": ratio }),
                &format!(
                    "the comparisons contradict each other (consistency ratio {ratio:.2}, above {CONTRADICTS}): compare anew"
                ),
            );
        }
        let credit = self
            .ingredients
            .iter()
            .any(|one| one.aspect == Aspect::Credit);
        if credit {
            say(
                "value_credit",
                json!({}),
                "credit falls only with what is surely beyond the usual: complaints, returns within the right to withdraw and what was the shop's or the carrier's fault never count; contacts are shown as `service_contacts`. Of a cancelled order nobody says who cancelled it",
            );
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::super::of_aspect;
    use super::*;
    use patron_core::Money;

    #[test]
    fn credit_is_as_good_as_its_worst_ingredient_and_others_are_means() {
        let ingredient = |aspect, score| Ingredient {
            aspect,
            key: "x",
            words: "{}",
            values: vec![Some(1.0)],
            scores: vec![score],
        };
        let found = [
            ingredient(Aspect::Credit, Some(100.0)),
            ingredient(Aspect::Credit, Some(20.0)),
            ingredient(Aspect::Growth, Some(40.0)),
            ingredient(Aspect::Growth, None),
            ingredient(Aspect::Growth, Some(60.0)),
        ];
        assert_eq!(of_aspect(&found, 0, Aspect::Credit), (Some(20.0), 2, 2));
        assert_eq!(of_aspect(&found, 0, Aspect::Growth), (Some(50.0), 2, 3));
        assert_eq!(of_aspect(&found, 0, Aspect::Future), (None, 0, 0));
        assert_eq!(told("{} left", Money(12_345).to_f64()), "1.23 left");
    }
}
