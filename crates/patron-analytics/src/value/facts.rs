//! What is looked up of each customer before anybody is compared with anybody.

use std::collections::{BTreeMap, BTreeSet};

use patron_core::{Day, MoneySum, ShopCalendar};
use patron_engine::dossier::{Purchase, Refund};
use patron_engine::{Dossier, Visitor};
use patron_fold::{NoOrderReason, Outcome};

use crate::profit::{Accountant, Totals, month_of};
use crate::shop::Shop;

/// Mails below which nothing is said of who opens them.
const FEW_MAILS: u64 = 3;
/// Days after which an order that was not paid is overdue, where the source does not say until when it was to be paid.
const OVERDUE_DAYS: i32 = 14;

/// A customer's.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Where the customer stands in the shop's table.
    pub(super) place: usize,
    /// Orders of the last twelve months.
    pub(super) year: Totals,
    /// Net of the last six months, and of the six before.
    pub(super) halves: [MoneySum; 2],
    /// Purchase days of the last twelve months.
    pub(super) days: u64,
    /// Days from the first order to the last.
    pub(super) span: i32,
    /// Coefficient of variation of the gaps between purchase days; of three purchase days or more.
    pub(super) gap_variation: Option<f64>,
    /// Share of the mails of the last twelve months that were opened.
    pub(super) opened: Option<f64>,
    /// The last answer to how likely a recommendation is, 0 to 10.
    pub(super) nps: Option<f64>,
    /// Categories bought.
    pub(super) categories: u64,
    /// Orders placed, whatever became of them.
    pub(super) placed: u64,
    /// Of these cancelled, nobody else being at fault as far as is known.
    pub(super) cancelled: u64,
    /// Payments that failed, or are overdue.
    pub(super) failed: u64,
    /// Payments taken back by the bank.
    pub(super) chargebacks: u64,
    /// Lines that came back without a fault of the shop, and how many would be usual of these categories.
    pub(super) returned: u64,
    pub(super) usually_returned: f64,
    /// Contacts with customer service; what they cost is no lack of credit.
    pub(super) contacts: u64,
    /// The channel that won the customer, and the half-year of the first order: who is alike.
    pub(super) alike: (String, i32),
}

/// How often lines of each category come back.
#[derive(Debug, Default)]
pub(super) struct Categories {
    /// Lines, and how many of them are estimated to have come back, in millionths: sums that no order of customers moves.
    counts: BTreeMap<String, (u64, u64)>,
}

const MILLION: i128 = 1_000_000;

/// Words of reasons that name a fault of the shop, the goods or the carrier.
const FAULTS: [&str; 18] = [
    "faulty",
    "defect",
    "damage",
    "broken",
    "wrong item",
    "missing",
    "late",
    "delay",
    "not received",
    "out of stock",
    "质量",
    "破损",
    "错发",
    "漏发",
    "缺货",
    "瑕疵",
    "損壞",
    "defekt",
];

/// Words of reasons that name the right to withdraw.
const WITHDRAWALS: [&str; 5] = ["withdraw", "widerruf", "无理由", "無理由", "rétractation"];

pub(super) fn names_fault(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    FAULTS.iter().any(|word| reason.contains(word))
}

/// Whether a refund is of goods that the customer did not want after all: not of a fault, and not within the right to withdraw.
fn counts(refund: &Refund<'_>) -> bool {
    let reason = refund.reason.to_lowercase();
    refund.at.is_some()
        && refund.brings_goods()
        && !names_fault(&reason)
        && !WITHDRAWALS.iter().any(|word| reason.contains(word))
}

/// The lines of an order that came back, as far as can be told: refunds seldom name a line. And of each line its share.
fn came_back(dossier: &Dossier<'_>, order: &Purchase<'_>) -> (u64, u64) {
    let lines = dossier.items_of(order).len().max(1) as u64;
    let counted = || {
        dossier
            .refunds_of(order)
            .iter()
            .filter(|refund| counts(refund))
    };
    let amount: MoneySum = counted().map(|refund| refund.amount).sum();
    let is_all = amount >= order.amount && amount > MoneySum::ZERO;
    let times = if is_all {
        lines
    } else {
        counted().count() as u64
    };
    let millionths = amount.0.min(order.amount.0) * MILLION;
    let share = millionths.checked_div(order.amount.0).unwrap_or(0);
    (times.min(lines), u64::try_from(share).unwrap_or(0))
}

/// Looks how often categories come back.
pub(super) struct Returns<'a> {
    pub(super) accountant: &'a Accountant,
    pub(super) categories: Categories,
}

fn category<'d>(accountant: &'d Accountant, item: &patron_engine::dossier::Item<'d>) -> &'d str {
    if !item.category.is_empty() {
        return item.category;
    }
    let listed = accountant.products.get(item.product);
    listed.map_or("", |product| product.category.as_str())
}

impl Visitor for Returns<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        for order in &dossier.orders {
            let (_, share) = came_back(dossier, order);
            for item in dossier.items_of(order) {
                let name = category(self.accountant, item);
                let counts = &mut self.categories.counts;
                if !counts.contains_key(name) {
                    counts.insert(name.to_owned(), (0, 0));
                }
                if let Some((lines, back)) = counts.get_mut(name) {
                    *lines += 1;
                    *back += share;
                }
            }
        }
    }
}

impl Categories {
    pub(super) fn merge(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for (name, (lines, back)) in parts.into_iter().flat_map(|part| part.counts) {
            let known = all.counts.entry(name).or_default();
            known.0 += lines;
            known.1 += back;
        }
        all
    }

    /// The share of a category's lines that come back.
    fn rate(&self, name: &str) -> f64 {
        let known = self.counts.get(name).filter(|(lines, _)| *lines > 0);
        known.map_or(0.0, |(lines, back)| {
            *back as f64 / MILLION as f64 / *lines as f64
        })
    }
}

/// Looks everything else up.
pub(super) struct Look<'a> {
    pub(super) shop: &'a Shop,
    pub(super) accountant: &'a Accountant,
    pub(super) categories: &'a Categories,
    pub(super) since: Since,
    pub(super) people: Vec<Facts>,
}

/// The days after which the last twelve months, the last six, and the six before begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    pub(super) as_of: Day,
    pub(super) year: Day,
    pub(super) half: Day,
}

impl Since {
    pub(super) fn new(as_of: Day) -> Self {
        Self {
            as_of,
            year: as_of.minus_months(12),
            half: as_of.minus_months(6),
        }
    }
}

impl Visitor for Look<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        let (Outcome::Customer(profile), Some(place), Some(first)) = (
            &dossier.outcome,
            self.shop.place_of(dossier.customer),
            dossier.orders.first(),
        ) else {
            return;
        };
        let mut facts = Facts {
            place,
            year: Totals::default(),
            halves: [MoneySum::ZERO; 2],
            days: 0,
            span: profile.last_day.days_since(profile.first_day),
            gap_variation: profile.gap_variation,
            opened: opened(dossier, self.calendar(), self.since.year),
            nps: nps(dossier),
            categories: 0,
            placed: (dossier.orders.len() + dossier.missed.len()) as u64,
            cancelled: 0,
            failed: 0,
            chargebacks: 0,
            returned: 0,
            usually_returned: 0.0,
            contacts: 0,
            alike: (
                dossier.acquisition_channel().to_owned(),
                month_of(first.day).div_euclid(6),
            ),
        };
        self.orders(dossier, &mut facts);
        self.conduct(dossier, &mut facts);
        self.people.push(facts);
    }
}

impl Look<'_> {
    const fn calendar(&self) -> &ShopCalendar {
        &self.shop.settings.calendar
    }

    fn orders(&self, dossier: &Dossier<'_>, facts: &mut Facts) {
        let mut categories = BTreeSet::new();
        let mut days = BTreeSet::new();
        for order in &dossier.orders {
            for item in dossier.items_of(order) {
                let name = category(self.accountant, item);
                categories.insert(name);
                facts.usually_returned += self.categories.rate(name);
            }
            facts.returned += came_back(dossier, order).0;
            if order.day <= self.since.year {
                continue;
            }
            facts.year.take(order, &self.accountant.of(dossier, order));
            days.insert(order.day);
            let [recent, before] = &mut facts.halves;
            let half = if order.day > self.since.half {
                recent
            } else {
                before
            };
            *half += order.net;
        }
        categories.remove("");
        facts.categories = categories.len() as u64;
        facts.days = days.len() as u64;
    }

    /// What says whether the customer pays and keeps to what was agreed.
    fn conduct(&self, dossier: &Dossier<'_>, facts: &mut Facts) {
        let contacts = || {
            dossier
                .events
                .iter()
                .filter(|event| event.is_service_contact())
        };
        facts.contacts = contacts().count() as u64;
        for missed in &dossier.missed {
            match missed.reason {
                NoOrderReason::CancelledOrVoid => {
                    // Who wrote about it within the month may have been told that it cannot be sent.
                    let about = |day: Day| (0..31).contains(&day.days_since(missed.order.day));
                    let explained = contacts().any(|event| about(self.calendar().day_of(event.at)));
                    facts.cancelled += u64::from(!explained);
                }
                NoOrderReason::NotPaid => {
                    let age = self.since.as_of.days_since(missed.order.day);
                    facts.failed += u64::from(age > OVERDUE_DAYS);
                }
                _ => {}
            }
        }
        for event in &dossier.events {
            match event.kind {
                "payment_failed" => facts.failed += 1,
                "chargeback" | "dispute" => facts.chargebacks += 1,
                _ => {}
            }
        }
    }
}

/// The share of mails after a day that were opened; nothing of few.
fn opened(dossier: &Dossier<'_>, calendar: &ShopCalendar, after: Day) -> Option<f64> {
    let of = |kind: &str| {
        let events = dossier.events.iter();
        let of_kind = events.filter(|event| event.kind == kind);
        of_kind
            .filter(|event| calendar.day_of(event.at) > after)
            .count() as u64
    };
    let sent = of("mail_sent");
    (sent >= FEW_MAILS).then(|| of("mail_open").min(sent) as f64 / sent as f64)
}

/// The last answer to how likely a recommendation is.
fn nps(dossier: &Dossier<'_>) -> Option<f64> {
    let mut answers = dossier.answers.iter().rev();
    let last = answers.find(|answer| answer.kind == "nps")?;
    Some(last.score as f64 / 10_000.0).filter(|score| (0.0..=10.0).contains(score))
}
