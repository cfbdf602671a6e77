//! What was to be expected of a customer in the twelve months after the records end, and what came.

use crate::draw::{Draw, Purpose};
use crate::history::{History, Mailings, Walk};
use crate::order::Order;
use crate::parameters::SHOP;
use crate::person::Person;
use crate::shop::{Persona, Shop};

/// Purchases and their worth over twelve months.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Worth {
    pub(crate) purchases: f64,
    pub(crate) revenue: f64,
    pub(crate) margin: f64,
}

impl Worth {
    /// Adds up orders; what is cancelled, a test or fully refunded counts nothing.
    pub(crate) fn of<'a>(orders: impl Iterator<Item = &'a Order>) -> Self {
        orders.fold(Self::default(), |sum, order| {
            let (revenue, margin) = order.value();
            Self {
                purchases: sum.purchases + f64::from(u8::from(revenue > 0)),
                revenue: sum.revenue + revenue as f64 / 100.0,
                margin: sum.margin + margin as f64 / 100.0,
            }
        })
    }
}

/// The expectation over possible futures and its Monte-Carlo error.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Expectation {
    pub(crate) mean: Worth,
    pub(crate) purchases_standard_error: f64,
    pub(crate) revenue_standard_error: f64,
}

/// Averages possible futures of a customer, given the hidden traits, that they have not left, and the demand passed
/// since their last order. Nothing is sent in the future, and no new trait is drawn.
pub(crate) fn expectation(shop: &Shop, person: &Person, history: &History) -> Expectation {
    if history.left_day < shop.window_days as f64 || person.staff {
        return Expectation::default();
    }
    let mut draw = Draw::new(shop.seed, person.index, Purpose::Futures);
    let count = f64::from(SHOP.futures);
    let (mut sum, mut squares) = (Worth::default(), (0.0, 0.0));
    for _ in 0..SHOP.futures {
        let worth = one_future(shop, person, history, &mut draw);
        sum.purchases += worth.purchases;
        sum.revenue += worth.revenue;
        sum.margin += worth.margin;
        squares.0 += worth.purchases * worth.purchases;
        squares.1 += worth.revenue * worth.revenue;
    }
    let standard_error = |sum: f64, squares: f64| {
        let variance = (squares - sum * sum / count) / (count - 1.0);
        (variance.max(0.0) / count).sqrt()
    };
    Expectation {
        mean: Worth {
            purchases: sum.purchases / count,
            revenue: sum.revenue / count,
            margin: sum.margin / count,
        },
        purchases_standard_error: standard_error(sum.purchases, squares.0),
        revenue_standard_error: standard_error(sum.revenue, squares.1),
    }
}

fn one_future(shop: &Shop, person: &Person, history: &History, draw: &mut Draw) -> Worth {
    let age = (shop.window_days - person.first_day) as f64;
    let mut walk = Walk::new(shop, person, draw, Mailings::none());
    walk.left_day = person.first_day as f64 + walk.lifetime_beyond(age);
    if person.persona == Persona::GiftBuyer {
        walk.come_again_in_december(shop.window_days, shop.horizon_days);
    } else {
        let gap = walk.rest_of_gap(history.demand_since_last);
        walk.buy_on(shop.clock_at(person.persona, shop.window_days), gap);
    }
    Worth::of(walk.orders.iter())
}
