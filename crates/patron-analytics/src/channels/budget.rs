//! What one more customer costs, beside what they cost on average; and how customers who take part compare with those who do not.

use std::collections::BTreeMap;

use patron_core::MoneySum;
use patron_stats::matched::{Member, matched_difference};
use patron_stats::response::response_to_spend;
use patron_stats::scores::type_7_quantile;

use super::tables::{Found, LEVEL};
use crate::profit::Totals;
use crate::study::{Table, Unit, Value};

/// First orders are parted into so many classes by size.
const SIZES: u32 = 4;

impl Found<'_> {
    /// What one more customer costs at the spend of an average month; nothing where spend varies too little to tell.
    pub(super) fn marginal(&self) -> Table {
        let title = "What one more customer costs at the spend of an average month; no experiment: if more is spent when demand is high anyway, it costs more than this";
        let columns = [
            ("channel", Unit::Text),
            ("months", Unit::Count),
            ("average_cac", Unit::Money),
            ("response", Unit::Number),
            ("response_low", Unit::Number),
            ("response_high", Unit::Number),
            ("cost_of_one_more", Unit::Money),
            ("what_can_be_said", Unit::Text),
        ];
        let mut table = Table::new("marginal", title, &columns);
        for (name, months) in &self.spent.acquisition {
            // The month of the as-of day is not known whole.
            let months: BTreeMap<i32, MoneySum> = months
                .range(..=self.last)
                .map(|(month, spend)| (*month, *spend))
                .collect();
            table.rows.extend(self.marginal_of(name, &months));
        }
        table
    }

    fn marginal_of(&self, name: &str, months: &BTreeMap<i32, MoneySum>) -> Option<Vec<Value>> {
        let channel = self.channels.get(name)?;
        let new = |month: &i32| {
            let cohort = channel.cohorts.get(month);
            cohort.map_or(0, |cohort| cohort.totals.customers) as f64
        };
        let spend: Vec<f64> = months.values().map(|spend| spend.to_f64()).collect();
        let won: Vec<f64> = months.keys().map(new).collect();
        let found = response_to_spend(&spend, &won, LEVEL).ok()?;
        let all: f64 = won.iter().sum();
        let sum: f64 = spend.iter().sum();
        let average = (all > 0.0).then(|| sum / all);
        let mut row: Vec<Value> = vec![
            name.into(),
            (found.months as u64).into(),
            Value::of_money(average),
        ];
        match found.slope {
            Ok(slope) => row.extend([
                slope.slope.into(),
                slope.interval.low.into(),
                slope.interval.high.into(),
                Value::of_money(slope.cost_of_one_more(sum / found.months as f64)),
                "of 1 % more spend so many % more customers".into(),
            ]),
            Err(silence) => {
                row.extend([const { Value::None }; 4]);
                row.push(
                    silence
                        .key()
                        .replace("response_", "")
                        .replace('_', " ")
                        .into(),
                );
            }
        }
        Some(row)
    }

    /// Those who opened a mail or answered a survey in their first three months, beside others of the same month and size of the
    /// first order.
    pub(super) fn engaged(&self) -> Table {
        let title = "Customers who took part (opened a mail, answered a survey) in their first 90 days, beside others whose first order was in the same month and of the same size: value after these days. No experiment: who takes part may be fonder of the shop anyway";
        let columns = [
            ("compared", Unit::Text),
            ("engaged", Unit::Count),
            ("others", Unit::Count),
            ("left_out", Unit::Count),
            ("value_of_engaged", Unit::Money),
            ("value_of_others", Unit::Money),
            ("difference", Unit::Money),
            ("difference_low", Unit::Money),
            ("difference_high", Unit::Money),
        ];
        let mut table = Table::new("engaged", title, &columns);
        let own = || {
            self.channels
                .values()
                .flat_map(|channel| &channel.customers)
        };
        let sizes: Vec<f64> = own().map(|own| own.first.to_f64()).collect();
        let cuts = (1..SIZES)
            .filter_map(|class| type_7_quantile(&sizes, f64::from(class) / f64::from(SIZES)));
        let cuts: Vec<f64> = cuts.collect();
        let mut people: Vec<_> = own().collect();
        people.sort_by_key(|own| own.place);
        let members: Vec<Member<(i32, usize)>> = people
            .into_iter()
            .filter_map(|own| {
                let later: &Totals = own.later.as_ref()?;
                let size = cuts.iter().filter(|cut| own.first.to_f64() > **cut).count();
                Some(Member {
                    stratum: (own.month, size),
                    treated: own.engaged,
                    value: self.basis.value(later).to_f64(),
                })
            })
            .collect();
        if let Ok(found) = matched_difference(&members, LEVEL) {
            table.push(vec![
                "engaged and others".into(),
                (found.treated as u64).into(),
                (found.others as u64).into(),
                (found.treated_alone as u64).into(),
                Value::of_money(Some(found.treated_mean)),
                Value::of_money(Some(found.other_mean)),
                Value::of_money(Some(found.difference)),
                Value::of_money(Some(found.interval.low)),
                Value::of_money(Some(found.interval.high)),
            ]);
        }
        table
    }
}
