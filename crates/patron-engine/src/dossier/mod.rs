//! A customer's whole file, order by order: what the fold made of the facts, with what rows say besides.
//!
//! [`Gathered::visit`](crate::Gathered::visit) shows every customer's to a [`Visitor`]. Which orders count, and what they are
//! worth, is the fold's word alone; a dossier adds discounts, articles with their costs, refunds with their reasons, events,
//! answers, and what lists say of the customer.

mod build;
mod visit;

use std::ops::Range;

use patron_core::{Day, Instant, MoneySum, OrderStatus};
use patron_fold::{NoOrderReason, Outcome};

pub use visit::Visitor;

/// An order: of those in [`Dossier::orders`] each is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase<'a> {
    /// The shop's id; empty if the source has none.
    pub order_id: &'a str,
    /// When it was placed.
    pub at: Instant,
    /// The local date of that.
    pub day: Day,
    /// Its amount before refunds: goods after discounts.
    pub amount: MoneySum,
    /// The same less the refunds known by the as-of day; what every value of a customer is made of.
    pub net: MoneySum,
    /// What came back as goods (returns and exchanges, and refunds of which nobody says what they are), at most the amount.
    pub returned: MoneySum,
    /// Goods before discounts, where the source says.
    pub gross: Option<MoneySum>,
    /// What the shop took off: as the order says, else the sum over its articles.
    pub discount: MoneySum,
    /// What a marketplace took off.
    pub platform_discount: MoneySum,
    /// What the customer paid for delivery, where the source says.
    pub shipping: Option<MoneySum>,
    /// Tax, where the source says.
    pub tax: Option<MoneySum>,
    /// The coupon's code; empty where none is named.
    pub coupon: &'a str,
    /// Through which channel it was placed; empty where none is named.
    pub channel: &'a str,
    /// What led the customer to it; empty where nothing is named.
    pub source: &'a str,
    /// Until when it was to be paid.
    pub payment_due_at: Option<Instant>,
    /// When the goods left.
    pub shipped_at: Option<Instant>,
    /// When the goods arrived.
    pub delivered_at: Option<Instant>,
    items: Range<usize>,
    refunds: Range<usize>,
}

/// An order that is no purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed<'a> {
    /// What is known of it, as of a purchase.
    pub order: Purchase<'a>,
    /// Its status by the day.
    pub status: OrderStatus,
    /// Why it is none.
    pub reason: NoOrderReason,
}

/// An article of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Item<'a> {
    /// The order's id.
    pub order_id: &'a str,
    /// The shop's code.
    pub product: &'a str,
    /// Of what kind; empty where the line does not say.
    pub category: &'a str,
    /// Units in ten-thousandths; one where the line does not say.
    pub quantity: i64,
    /// What one unit cost the shop, in ten-thousandths, where the line says.
    pub unit_cost: Option<i64>,
    /// What one unit sold for, in ten-thousandths, where the line says.
    pub unit_price: Option<i64>,
    /// What was taken off the line, in ten-thousandths.
    pub discount: i64,
}

/// Money given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refund<'a> {
    /// The order's id; empty where none is named.
    pub order_id: &'a str,
    /// When; nothing of what was given back at an unknown time.
    pub at: Option<Instant>,
    /// How much, positive.
    pub amount: MoneySum,
    /// `return`, `refund-only`, `exchange`, `compensation`, as the source has it; empty where it does not say.
    pub kind: &'a str,
    /// Why; empty where nobody says.
    pub reason: &'a str,
    /// The article; empty where none is named.
    pub product: &'a str,
}

/// Something the customer did, or that was sent to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// When.
    pub at: Instant,
    /// What: `view`, `cart`, `ticket`, `payment_failed`, `mail_open` …
    pub kind: &'a str,
    /// The article; empty where none is named.
    pub product: &'a str,
    /// The campaign; empty where none is named.
    pub campaign: &'a str,
    /// All else, as JSON; of service contacts only.
    pub properties: &'a str,
}

/// An answer to a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// When.
    pub at: Instant,
    /// `nps` or `csat`.
    pub kind: &'a str,
    /// The score in ten-thousandths.
    pub score: i64,
}

/// What lists say of a customer; empty where they say nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Person<'a> {
    /// By which channel the customer was won.
    pub acquisition_channel: &'a str,
    /// The country.
    pub country: &'a str,
    /// The province or state.
    pub region: &'a str,
    /// The city.
    pub city: &'a str,
    /// The gender, as given.
    pub gender: &'a str,
    /// When the account was made.
    pub created_at: Option<Instant>,
}

/// A customer's file as of a day.
#[derive(Debug)]
pub struct Dossier<'a> {
    /// Whose.
    pub customer: &'a str,
    /// What the fold made of it.
    pub outcome: Outcome,
    /// Valid orders, by time.
    pub orders: Vec<Purchase<'a>>,
    /// Orders placed by the day that are no purchases, by time.
    pub missed: Vec<Missed<'a>>,
    /// Refunds known by the day that belong to no order of the customer, if such count.
    pub unlinked: MoneySum,
    /// Those of them with which goods came back.
    pub unlinked_goods: MoneySum,
    /// Events up to the day, by time.
    pub events: Vec<Event<'a>>,
    /// Answers up to the day, by time.
    pub answers: Vec<Answer<'a>>,
    /// What lists say.
    pub person: Person<'a>,
    items: Vec<Item<'a>>,
    refunds: Vec<Refund<'a>>,
}

impl<'a> Dossier<'a> {
    /// Returns by which channel the customer was won: as lists say, else as the first order does (its channel, else what led to
    /// it); empty where nobody says.
    #[must_use]
    pub fn acquisition_channel(&self) -> &'a str {
        let first = self.orders.first();
        let said = [
            self.person.acquisition_channel,
            first.map_or("", |order| order.channel),
            first.map_or("", |order| order.source),
        ];
        let mut said = said.into_iter().filter(|channel| !channel.is_empty());
        said.next().unwrap_or_default()
    }

    /// Returns the articles of an order of this dossier; none where no line is known.
    #[must_use]
    pub fn items_of(&self, order: &Purchase<'_>) -> &[Item<'a>] {
        self.items.get(order.items.clone()).unwrap_or_default()
    }

    /// Returns the refunds of an order of this dossier that are known by the day, by time; undated ones first.
    #[must_use]
    pub fn refunds_of(&self, order: &Purchase<'_>) -> &[Refund<'a>] {
        self.refunds.get(order.refunds.clone()).unwrap_or_default()
    }

    /// Returns all refunds known by the day, whatever became of their orders, by order.
    #[must_use]
    pub fn refunds(&self) -> &[Refund<'a>] {
        &self.refunds
    }
}

impl Refund<'_> {
    /// Whether goods came back: with returns and exchanges, and where nobody says what it was.
    #[must_use]
    pub fn brings_goods(&self) -> bool {
        !matches!(
            self.kind,
            "refund-only" | "refund_only" | "compensation" | "goodwill"
        )
    }
}

impl Event<'_> {
    /// Whether the customer turned to customer service.
    #[must_use]
    pub fn is_service_contact(&self) -> bool {
        matches!(
            self.kind,
            "ticket" | "service" | "chat" | "call" | "complaint"
        )
    }
}
