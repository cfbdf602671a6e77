//! What can happen in a customer's history: the tagged facts that the fold walks over.
//!
//! A history is a slice of [`Fact`]s of one customer in [`Fact::order_key`] order. The fold says for each kind whether it
//! uses it; there is no catch-all, so a new kind cannot be skipped by accident.

use serde::{Deserialize, Serialize};

use crate::calendar::Instant;
use crate::money::Money;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum OrderStatus {
    /// Paid, shipped or completed: counts as a purchase.
    Paid,
    /// Not yet paid.
    Pending,
    /// Cancelled; a purchase only if it was paid after that.
    Cancelled,
    /// Voided by the shop.
    Void,
    /// A test order.
    Test,
    /// Paid, then refunded in full or in part: counts by what is left of its amount.
    Refunded,
}

/// What kind of refund a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RefundKind {
    /// Goods came back.
    Return,
    /// Money back, goods stay.
    RefundOnly,
    /// Exchanged for other goods.
    Exchange,
    /// Compensation.
    Compensation,
}

/// One thing that happened, with its time. Texts are borrowed from wherever the history is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fact<'a> {
    /// An order with its own amount. Where lines of the same order are present too, this amount counts.
    Order {
        /// When it was placed.
        at: Instant,
        /// The shop's id of the order; empty if the source has none (then every such fact is an order of its own).
        order_id: &'a str,
        /// Goods after discounts, before shipping and tax.
        net: Money,
        /// Where it stands.
        status: OrderStatus,
    },
    /// A line of an order. The order's amount is the sum of its lines.
    Line {
        /// When the order was placed.
        at: Instant,
        /// The order it belongs to.
        order_id: &'a str,
        /// Quantity × unit price − discount.
        net: Money,
        /// Units bought, in ten-thousandths (cloth is sold by the metre).
        quantity: i64,
        /// Where its order stands.
        status: OrderStatus,
    },
    /// Money given back.
    Refund {
        /// When; nothing if the source does not say (then its order's date applies).
        at: Option<Instant>,
        /// The order refunded; empty if the source does not say.
        order_id: &'a str,
        /// How much, as a positive amount.
        amount: Money,
        /// What kind.
        kind: RefundKind,
    },
    /// An order changed its status.
    StatusChange {
        /// When.
        at: Instant,
        /// Which order.
        order_id: &'a str,
        /// The status from then on.
        status: OrderStatus,
    },
    /// The customer did something: viewed, opened, clicked, asked.
    Event {
        /// When.
        at: Instant,
        /// What, as the canonical events table names it.
        kind: &'a str,
    },
    /// The customer answered a survey.
    Survey {
        /// When.
        at: Instant,
        /// `nps` or `csat`.
        kind: &'a str,
        /// The answer.
        score: i32,
    },
    /// The customer was in contact with service.
    ServiceContact {
        /// When.
        at: Instant,
        /// What it was about.
        kind: &'a str,
    },
}

impl<'a> Fact<'a> {
    /// Returns when it happened; an undated refund sorts first, since it belongs to its order's date.
    #[must_use]
    pub const fn at(&self) -> Instant {
        match *self {
            Self::Order { at, .. }
            | Self::Line { at, .. }
            | Self::StatusChange { at, .. }
            | Self::Event { at, .. }
            | Self::Survey { at, .. }
            | Self::ServiceContact { at, .. } => at,
            Self::Refund { at, .. } => match at {
                Some(at) => at,
                None => Instant(i64::MIN),
            },
        }
    }

    /// Returns the tag used in the fold protocol.
    #[must_use]
    pub const fn tag(&self) -> &'static str {
        match self {
            Self::Order { .. } => "order",
            Self::Line { .. } => "line",
            Self::Refund { .. } => "refund",
            Self::StatusChange { .. } => "status",
            Self::Event { .. } => "event",
            Self::Survey { .. } => "survey",
            Self::ServiceContact { .. } => "service",
        }
    }

    /// Returns the sort key of a history: time, then order id, then kind, then amount; equal keys are equal facts for
    /// every number patron computes, so the order in which a file lists them cannot matter.
    #[must_use]
    pub fn order_key(&self) -> (Instant, &'a str, u8, i64) {
        match *self {
            Self::Order {
                at, order_id, net, ..
            } => (at, order_id, 0, net.0),
            Self::Line {
                at, order_id, net, ..
            } => (at, order_id, 1, net.0),
            Self::StatusChange {
                at,
                order_id,
                status,
            } => (at, order_id, 2, status as i64),
            Self::Refund {
                order_id, amount, ..
            } => (self.at(), order_id, 3, amount.0),
            Self::Event { at, kind } => (at, kind, 4, 0),
            Self::Survey { at, kind, score } => (at, kind, 5, i64::from(score)),
            Self::ServiceContact { at, kind } => (at, kind, 6, 0),
        }
    }
}
