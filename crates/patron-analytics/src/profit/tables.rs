//! The tables of `patron profit`.

use patron_core::MoneySum;
use serde_json::json;

use super::BEST;
use super::costs::Costs;
use super::tally::{GoodsShare, Months, Person, Totals, month_name};
use crate::shop::Shop;
use crate::study::{Note, Study, Table, Unit, Value};

/// Everything that was summed up.
pub(super) struct Found<'a> {
    pub(super) shop: &'a Shop,
    pub(super) costs: &'a Costs,
    /// By what is left, the least first.
    pub(super) people: &'a [Person],
    pub(super) all: Totals,
    pub(super) months: Months,
    pub(super) best: Months,
    pub(super) with_customers: bool,
}

impl Found<'_> {
    pub(super) fn study(&self) -> Study {
        let share = self.all.goods_share();
        let mut tables = vec![self.accounts(share), self.by_month(share)];
        if share != GoodsShare::Unknown {
            tables.extend([self.by_tenth(share), self.losses(share)]);
        }
        if self.with_customers {
            tables.push(self.customers(share));
        }
        Study {
            key: "profit",
            as_of: self.shop.as_of(),
            customers: self.people.len() as u64,
            currency: self.shop.settings.currency.clone(),
            tables,
            notes: self.notes(share),
        }
    }

    /// From what was paid to what is left.
    fn accounts(&self, share: GoodsShare) -> Table {
        let all = &self.all;
        let left = all.contribution(share);
        let title = left.map_or_else(
            || "What orders brought; what is left of it cannot be told".to_owned(),
            |left| {
                let share = 100.0 * left.to_f64() / all.net.to_f64().max(f64::MIN_POSITIVE);
                format!("Of what customers paid for goods, {share:.1} % is left after what their orders cost")
            },
        );
        let columns = [
            ("item", Unit::Text),
            ("amount", Unit::Money),
            ("share_of_net", Unit::Share),
        ];
        let mut table = Table::new("accounts", title, &columns);
        let mut push = |item: &str, amount: Option<MoneySum>| {
            let share = amount.map(|amount| amount.to_f64() / all.net.to_f64());
            table.push(vec![item.into(), amount.into(), share.into()]);
        };
        push("before_refunds", Some(all.net + all.refunded));
        push("refunds", Some(minus(all.refunded)));
        push("net", Some(all.net));
        push("refunds_without_order", Some(minus(all.unlinked)));
        let costs = self.costs;
        let given = |is_given: bool, sum: MoneySum| is_given.then_some(sum);
        let ships = costs.shipping_per_order.is_some();
        push(
            "shipping_paid_by_customers",
            given(ships, all.shipping_paid),
        );
        push("cost_of_goods", all.all_goods(share).map(minus));
        push("shipping", given(ships, minus(all.shipping)));
        let pays = costs.payment_share.is_some() || costs.payment_per_order.is_some();
        push("payment", given(pays, minus(all.payment)));
        let handles = costs.return_handling.is_some();
        push("return_handling", given(handles, minus(all.returns)));
        let serves = costs.service_per_contact.is_some();
        push("service", given(serves, minus(all.service)));
        push("contribution", left);
        push("discounts_given", Some(all.discount));
        push("discounts_of_marketplaces", Some(all.platform_discount));
        table
    }

    fn by_month(&self, share: GoodsShare) -> Table {
        let title = "What is left, by month of the order, before service; and how much of it the best tenth of customers brought";
        let mut table = Table::new(
            "by_month",
            title,
            &[
                ("month", Unit::Text),
                ("orders", Unit::Count),
                ("net", Unit::Money),
                ("contribution", Unit::Money),
                ("share_of_net", Unit::Share),
                ("contribution_of_best_tenth", Unit::Money),
                ("share_of_best_tenth", Unit::Share),
            ],
        );
        for (month, totals) in &self.months.0 {
            let left = totals.contribution(share);
            let best = self.best.0.get(month).copied().unwrap_or_default();
            let of_best = left.and(best.contribution(share));
            let part = |part: Option<MoneySum>, whole: MoneySum| {
                let whole = (whole > MoneySum::ZERO).then(|| whole.to_f64())?;
                Some(part?.to_f64() / whole)
            };
            table.push(vec![
                month_name(*month).into(),
                totals.orders.into(),
                totals.net.into(),
                left.into(),
                part(left, totals.net).into(),
                of_best.into(),
                part(of_best, left.unwrap_or_default()).into(),
            ]);
        }
        table
    }

    fn by_tenth(&self, share: GoodsShare) -> Table {
        let mut table = Table::new(
            "by_tenth",
            "Customers in tenths by what is left of them, the best first",
            &[
                ("tenth", Unit::Count),
                ("customers", Unit::Count),
                ("net", Unit::Money),
                ("contribution", Unit::Money),
                ("share_of_contribution", Unit::Share),
                ("contribution_per_customer", Unit::Money),
            ],
        );
        let whole = self.all.contribution(share).unwrap_or_default();
        let count = self.people.len();
        let mut best_first = self.people.iter().rev();
        for tenth in 0..BEST {
            // Where customers cannot be parted evenly, earlier tenths have one more.
            let size = (count * (tenth + 1)).div_ceil(BEST) - (count * tenth).div_ceil(BEST);
            let mut sum = Totals::default();
            let people = best_first.by_ref().take(size);
            people.for_each(|person| sum.add(&person.totals));
            if size == 0 {
                continue;
            }
            let left = sum.contribution(share).unwrap_or_default();
            let part = (whole > MoneySum::ZERO).then(|| left.to_f64() / whole.to_f64());
            table.push(vec![
                (tenth as u64 + 1).into(),
                (size as u64).into(),
                sum.net.into(),
                left.into(),
                part.into(),
                left.mean(size as u64).map(MoneySum::from).into(),
            ]);
        }
        table
    }

    /// Those who cost more than they bring, the dearest first.
    fn losses(&self, share: GoodsShare) -> Table {
        let below = |person: &&Person| {
            let left = person.totals.contribution(share);
            left.is_some_and(|left| left < MoneySum::ZERO)
        };
        let below: Vec<&Person> = self.people.iter().take_while(below).collect();
        let lost = below.iter().map(|person| person.totals.contribution(share));
        let lost: MoneySum = lost.map(Option::unwrap_or_default).sum();
        let title = match below.len() {
            0 => "No customer costs more than is left of the orders".to_owned(),
            count => format!(
                "{count} customers cost more than is left of their orders, {:.2} in all",
                minus(lost).to_f64()
            ),
        };
        let mut table = Table::list("cost_exceeds_profit", title, &columns());
        for person in below {
            table.push(self.row(person, share));
        }
        table
    }

    fn customers(&self, share: GoodsShare) -> Table {
        let title = "What is left of each customer, the best first";
        let mut table = Table::list("customers", title, &columns());
        for person in self.people.iter().rev() {
            table.push(self.row(person, share));
        }
        table
    }

    fn row(&self, person: &Person, share: GoodsShare) -> Vec<Value> {
        let totals = &person.totals;
        vec![
            person.id.as_str().into(),
            totals.orders.into(),
            totals.net.into(),
            totals.discount.into(),
            totals.refunded.into(),
            totals.all_goods(share).into(),
            (totals.shipping - totals.shipping_paid).into(),
            totals.payment.into(),
            totals.returns.into(),
            totals.contacts.into(),
            totals.service.into(),
            totals.unlinked.into(),
            totals.contribution(share).into(),
            self.shop.segment_of(&person.id).map(str::to_owned).into(),
        ]
    }

    fn notes(&self, share: GoodsShare) -> Vec<Note> {
        let mut notes = Vec::new();
        let known = self.all.known_share();
        match share {
            GoodsShare::Unknown => notes.push(Note::new(
                "profit_unknown",
                json!({ "known_share": known }),
                format!(
                    "what goods cost is known of {:.1} % of revenue, which is too little: give `unit_cost` with order lines or products, or a share with `--margin`, and profit can be told",
                    known * 100.0
                ),
            )),
            GoodsShare::Of(..) => notes.push(Note::new(
                "profit_estimated",
                json!({ "known_share": known }),
                format!(
                    "what goods cost is known of {:.1} % of revenue; of the rest it is estimated by the same share",
                    known * 100.0
                ),
            )),
            GoodsShare::NotNeeded(..) => {}
        }
        let missing = self.costs.missing();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            notes.push(Note::new(
                "costs_missing",
                json!({ "costs": missing }),
                format!(
                    "these costs are not known and count as nothing: {missing}. They go under `[costs]` in patron.toml"
                ),
            ));
        }
        notes
    }
}

const fn columns() -> [(&'static str, Unit); 14] {
    [
        ("customer_id", Unit::Text),
        ("orders", Unit::Count),
        ("net", Unit::Money),
        ("discount", Unit::Money),
        ("refunded", Unit::Money),
        ("cost_of_goods", Unit::Money),
        ("shipping_less_paid", Unit::Money),
        ("payment", Unit::Money),
        ("return_handling", Unit::Money),
        ("service_contacts", Unit::Count),
        ("service", Unit::Money),
        ("refunds_without_order", Unit::Money),
        ("contribution", Unit::Money),
        ("segment", Unit::Text),
    ]
}

fn minus(sum: MoneySum) -> MoneySum {
    MoneySum(-sum.0)
}
