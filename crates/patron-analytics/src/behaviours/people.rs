//! What is looked up of each customer, once it is known what is usual. The second look at everybody.

use std::collections::BTreeMap;

use patron_core::{Day, MoneySum, ShopCalendar};
use patron_engine::dossier::Purchase;
use patron_engine::{Dossier, Visitor};

use super::after::After;
use super::rules::Rules;
use super::shop_habits::Habits;
use crate::conduct::{
    Categories, Fate, Placed, SHARE_PARTS, all_orders, came_back, category, is_return, names_any,
    order_of_contact,
};
use crate::shop::{Products, Shop};

/// Scores up to this are of somebody who would not recommend the shop.
const DETRACTOR: i64 = 60_000;

/// A customer's.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Where the customer stands in the shop's table.
    pub(super) place: usize,
    pub(super) orders: u64,
    pub(super) net: MoneySum,
    pub(super) rhythm: Rhythm,
    pub(super) discounts: Discounts,
    pub(super) returns: Returns,
    pub(super) bad: Bad,
    pub(super) contacts: Contacts,
    pub(super) gifts: Gifts,
}

/// When the customer came, and with how much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rhythm {
    pub(super) first: Day,
    pub(super) last: Day,
    /// Purchase days.
    pub(super) days: u64,
    /// Days from the first purchase day to the second.
    pub(super) first_gap: Option<i32>,
    /// Net of the first order.
    pub(super) first_net: MoneySum,
    /// Orders and net of the twelve months up to the last order.
    pub(super) year: (u64, MoneySum),
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Discounts {
    pub(super) orders: u64,
    /// Of all orders, on promotion days.
    pub(super) on_promotion: u64,
    /// Discounted orders on promotion days.
    pub(super) both: u64,
    pub(super) taken_off: MoneySum,
    /// What discounted orders would have cost.
    pub(super) full_price: MoneySum,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Returns {
    /// Paid orders old enough, and those of which something came back.
    pub(super) orders: u64,
    pub(super) returned: u64,
    pub(super) lines: u64,
    pub(super) back: u64,
    /// Lines by category.
    pub(super) categories: Vec<(Box<str>, u64)>,
    /// Reasons given, with how often.
    pub(super) reasons: Vec<(Box<str>, u64)>,
    /// Returns with a day of delivery, and those later after it than nine in ten of the shop's.
    pub(super) dated: u64,
    pub(super) late: u64,
}

/// What went wrong by the shop or the carrier, in orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) late: u64,
    pub(super) faulty: u64,
    pub(super) unavailable: u64,
    /// Orders that are any of these.
    pub(super) orders: u64,
    /// Answers of 0 to 6, and chargebacks: shown beside, not counted.
    pub(super) low_scores: u64,
    pub(super) chargebacks: u64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Contacts {
    /// Paid and cancelled orders.
    pub(super) orders: u64,
    /// Of these with a contact that nothing known explains.
    pub(super) wrote: u64,
    /// Such contacts.
    pub(super) unexplained: u64,
    /// All contacts, and those that a fault explains.
    pub(super) all: u64,
    pub(super) explained: u64,
    /// Money given without a fault that is known, and how often.
    pub(super) given: MoneySum,
    pub(super) times_given: u64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gifts {
    pub(super) began_in_season: bool,
    pub(super) all_in_season: bool,
    /// Days from the first order to the first on a later day outside every season.
    pub(super) outside: Option<i32>,
    /// Seasons, each year's for itself, with an order.
    pub(super) seasons: u64,
}

/// An order with what went wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'d, 'a> {
    pub(super) placed: Placed<'d, 'a>,
    pub(super) is_late: bool,
    pub(super) is_faulty: bool,
    pub(super) is_unavailable: bool,
}

impl Known<'_, '_> {
    pub(super) const fn is_bad(&self) -> bool {
        self.is_late || self.is_faulty || self.is_unavailable
    }
}

/// Looks at everybody for the second time.
pub(super) struct Look<'a> {
    pub(super) shop: &'a Shop,
    pub(super) products: &'a Products,
    pub(super) rules: &'a Rules,
    pub(super) habits: &'a Habits,
    pub(super) people: Vec<Person>,
    pub(super) categories: Categories,
    pub(super) after: After,
    /// People without a valid order to whom something bad happened.
    pub(super) lost: u64,
}

impl Visitor for Look<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        let placed = all_orders(dossier);
        let about: Vec<Option<usize>> = dossier
            .events
            .iter()
            .map(|event| {
                let contact = event.is_service_contact();
                contact.then(|| order_of_contact(&placed, self.calendar(), event))?
            })
            .collect();
        let orders: Vec<Known<'_, '_>> = placed
            .iter()
            .enumerate()
            .map(|(place, placed)| self.known(dossier, *placed, about.contains(&Some(place))))
            .collect();
        self.after.take(&orders, self.shop.as_of());
        let bad = bad(dossier, &orders);
        let place = self.shop.place_of(dossier.customer);
        let Some((place, rhythm)) = place.zip(rhythm(&dossier.orders)) else {
            self.lost += u64::from(bad.orders > 0);
            self.returns(dossier, &orders);
            return;
        };
        let person = Person {
            place,
            orders: dossier.orders.len() as u64,
            net: dossier.orders.iter().map(|order| order.net).sum(),
            rhythm,
            discounts: self.discounts(&dossier.orders),
            returns: self.returns(dossier, &orders),
            bad,
            contacts: self.contacts(dossier, &orders, &about),
            gifts: self.gifts(&dossier.orders),
        };
        self.people.push(person);
    }
}

impl Look<'_> {
    const fn calendar(&self) -> &ShopCalendar {
        &self.shop.settings.calendar
    }

    /// Adds what went wrong with an order; whether somebody wrote about it decides of a cancelled one.
    fn known<'d, 'a>(
        &self,
        dossier: &Dossier<'a>,
        placed: Placed<'d, 'a>,
        somebody_wrote: bool,
    ) -> Known<'d, 'a> {
        let as_of = self.shop.as_of();
        let delivered = placed
            .order
            .delivered_at
            .map(|at| self.calendar().day_of(at));
        let until = delivered.filter(|day| *day <= as_of).unwrap_or(as_of);
        let took = until.days_since(placed.order.day);
        let mut refunds = dossier.refunds_of(placed.order).iter();
        Known {
            is_late: placed.is_paid() && self.habits.late_after.is_some_and(|most| took > most),
            is_faulty: refunds.any(|refund| self.rules.faults.of_goods(refund.reason)),
            is_unavailable: placed.fate == Fate::Cancelled && somebody_wrote,
            placed,
        }
    }

    fn discounts(&self, orders: &[Purchase<'_>]) -> Discounts {
        let mut found = Discounts::default();
        for order in orders {
            let is_promotion = self.habits.is_promotion(order.day);
            found.on_promotion += u64::from(is_promotion);
            if self.rules.is_discounted(order) {
                let taken_off = self.rules.taken_off(order);
                found.orders += 1;
                found.both += u64::from(is_promotion);
                found.taken_off += taken_off;
                found.full_price += order.amount + taken_off;
            }
        }
        found
    }

    /// Notes what came back, of the customer and of each category.
    fn returns(&mut self, dossier: &Dossier<'_>, orders: &[Known<'_, '_>]) -> Returns {
        let mut found = Returns::default();
        let (mut categories, mut reasons) = (BTreeMap::new(), BTreeMap::new());
        for known in orders.iter().filter(|known| known.placed.is_paid()) {
            let order = known.placed.order;
            self.late_returns(dossier, order, &mut found);
            if self.shop.as_of().days_since(order.day) < self.habits.return_window {
                continue;
            }
            let came = came_back(dossier, order, &self.rules.faults);
            found.orders += 1;
            found.returned += u64::from(came.back > 0);
            found.lines += came.lines;
            found.back += came.back;
            let items = dossier.items_of(order);
            let mut add = |name| {
                self.categories
                    .add(name, 1, came.share.clamp(0, SHARE_PARTS));
                *categories.entry(name).or_default() += 1;
            };
            if items.is_empty() {
                add("");
            }
            items
                .iter()
                .for_each(|item| add(category(self.products, item)));
            let refunds = dossier.refunds_of(order).iter();
            for refund in refunds.filter(|refund| is_return(refund, &self.rules.faults)) {
                if refund.at.is_some() && !refund.reason.is_empty() {
                    *reasons.entry(refund.reason).or_default() += 1;
                }
            }
        }
        found.categories = boxed(categories);
        found.reasons = boxed(reasons);
        found
            .reasons
            .sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        found
    }

    fn late_returns(&self, dossier: &Dossier<'_>, order: &Purchase<'_>, found: &mut Returns) {
        let as_of = self.shop.as_of();
        let delivered = order.delivered_at.map(|at| self.calendar().day_of(at));
        let Some(delivered) = delivered.filter(|day| *day <= as_of) else {
            return;
        };
        for refund in dossier.refunds_of(order) {
            let Some(at) = refund.at.filter(|_| is_return(refund, &self.rules.faults)) else {
                continue;
            };
            let kept = self.calendar().day_of(at).days_since(delivered);
            found.dated += 1;
            let is_late = self.habits.kept.is_some_and(|most| f64::from(kept) > most);
            found.late += u64::from(is_late);
        }
    }

    fn contacts(
        &self,
        dossier: &Dossier<'_>,
        orders: &[Known<'_, '_>],
        about: &[Option<usize>],
    ) -> Contacts {
        let meant = orders.iter().filter(|known| known.placed.is_meant());
        let mut found = Contacts {
            orders: meant.count() as u64,
            ..Contacts::default()
        };
        let mut wrote = vec![false; orders.len()];
        for (event, about) in dossier.events.iter().zip(about) {
            if !event.is_service_contact() {
                continue;
            }
            found.all += 1;
            let order = about.and_then(|place| orders.get(place));
            let of_order = order.is_some_and(|known| {
                known.is_late || known.is_faulty || known.placed.fate == Fate::Cancelled
            });
            let topics = self.rules.complaint_topics.as_deref();
            if of_order || self.rules.faults.any(event.properties) {
                found.explained += 1;
            } else if order.is_some_and(|known| known.placed.is_meant())
                && topics.is_none_or(|topics| names_any(event.properties, topics))
            {
                found.unexplained += 1;
                if let Some(wrote) = about.and_then(|place| wrote.get_mut(place)) {
                    *wrote = true;
                }
            }
        }
        found.wrote = wrote.iter().filter(|wrote| **wrote).count() as u64;
        let fine = orders
            .iter()
            .filter(|known| !known.is_late && !known.is_faulty);
        let refunds = fine.flat_map(|known| dossier.refunds_of(known.placed.order));
        for refund in refunds {
            let is_given = refund.at.is_some() && !refund.brings_goods();
            if is_given && !self.rules.faults.any(refund.reason) {
                found.given += refund.amount;
                found.times_given += 1;
            }
        }
        found
    }

    fn gifts(&self, orders: &[Purchase<'_>]) -> Gifts {
        let Some(first) = orders.first() else {
            return Gifts::default();
        };
        let mut seasons = Vec::new();
        let mut found = Gifts {
            began_in_season: self.rules.season_of(first.day).is_some(),
            all_in_season: true,
            ..Gifts::default()
        };
        for order in orders {
            match self.rules.season_of(order.day) {
                Some(season) => {
                    if !seasons.contains(&season) {
                        seasons.push(season);
                    }
                }
                None => {
                    found.all_in_season = false;
                    let days = order.day.days_since(first.day);
                    found.outside = found.outside.or((days > 0).then_some(days));
                }
            }
        }
        found.seasons = seasons.len() as u64;
        found
    }
}

fn bad(dossier: &Dossier<'_>, orders: &[Known<'_, '_>]) -> Bad {
    let low = |score: i64| (0..=DETRACTOR).contains(&score);
    let answers = dossier.answers.iter();
    let disputes = dossier.events.iter();
    Bad {
        late: count(orders, |order| order.is_late),
        faulty: count(orders, |order| order.is_faulty),
        unavailable: count(orders, |order| order.is_unavailable),
        orders: count(orders, |order| order.is_bad()),
        low_scores: answers
            .filter(|answer| answer.kind == "nps" && low(answer.score))
            .count() as u64,
        chargebacks: disputes
            .filter(|event| matches!(event.kind, "chargeback" | "dispute"))
            .count() as u64,
    }
}

fn count(orders: &[Known<'_, '_>], is: impl Fn(&Known<'_, '_>) -> bool) -> u64 {
    orders.iter().filter(|order| is(order)).count() as u64
}

fn boxed(counts: BTreeMap<&str, u64>) -> Vec<(Box<str>, u64)> {
    let counts = counts.into_iter();
    counts.map(|(name, count)| (name.into(), count)).collect()
}

/// Nothing of somebody without an order.
fn rhythm(orders: &[Purchase<'_>]) -> Option<Rhythm> {
    let (first, last) = (orders.first()?, orders.last()?);
    let mut days: Vec<Day> = orders.iter().map(|order| order.day).collect();
    days.dedup();
    let year = last.day.minus_months(12);
    let lately = || orders.iter().filter(|order| order.day > year);
    let second = days.get(1);
    Some(Rhythm {
        first: first.day,
        last: last.day,
        days: days.len() as u64,
        first_gap: second.map(|day| day.days_since(first.day)),
        first_net: first.net,
        year: (
            lately().count() as u64,
            lately().map(|order| order.net).sum(),
        ),
    })
}
