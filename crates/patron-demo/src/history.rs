//! What a customer bought, when, under which mailings, and when they left.
//!
//! Between purchases a gamma-distributed amount of *demand* passes on a clock that runs fast in season and on promotion
//! days, faster still for discount-lovers, and at (1 + lift) times its speed after a mailing. A customer leaves after
//! the first order, after a bad experience, or at the end of a Weibull lifetime, whichever comes first.

use crate::draw::{Draw, Purpose};
use crate::order::{Experience, Order};
use crate::parameters::SHOP;
use crate::person::Person;
use crate::shop::{Moment, Persona, Shop};

/// A customer's part in a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arm {
    Treated,
    Holdout,
}

/// Why a customer left for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Lifetime,
    AfterFirstOrder,
    Experience(Experience),
}

/// Everything that happened to a customer, the twelve months after the records end included.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) orders: Vec<Order>,
    /// Day, with a fraction, from which on the customer never buys.
    pub(crate) left_day: f64,
    pub(crate) left_because: Reason,
    /// Part in each campaign, nothing for those outside the audience.
    pub(crate) arms: Vec<Option<Arm>>,
    /// For each campaign: demand passed since the last order when its window began, for customers not long gone.
    pub(crate) passed_at_window: Vec<Option<f64>>,
    /// The campaign whose mail ended consent.
    pub(crate) unsubscribed: Option<usize>,
    /// Demand passed since the last order when the records end.
    pub(crate) demand_since_last: f64,
}

/// Generates the history of a customer.
pub(crate) fn generate(shop: &Shop, person: &Person) -> History {
    let mut draw = Draw::new(shop.seed, person.index, Purpose::History);
    let mailings = Mailings::new(shop, person);
    let mut walk = Walk::new(shop, person, &mut draw, mailings);
    let lifetime = walk.lifetime_beyond(0.0);
    walk.left_day = person.first_day as f64 + lifetime;
    walk.place(Moment {
        day: person.first_day,
        second: shop.second_of(person.first_share),
    });
    walk.exit_after_first_order();
    if person.persona == Persona::GiftBuyer {
        walk.come_again_in_december(person.first_day + 31, shop.horizon_days);
    } else {
        let position = shop.position_at(person.persona, person.first_day, person.first_share);
        let gap = walk.next_gap();
        walk.buy_on(position, gap);
    }
    walk.finish()
}

/// A walk along one customer's time.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    shop: &'a Shop,
    person: &'a Person,
    draw: &'a mut Draw,
    mailings: Mailings,
    pub(crate) orders: Vec<Order>,
    pub(crate) left_day: f64,
    left_because: Reason,
    /// Clock position of the last order before the records end.
    last_position: f64,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        shop: &'a Shop,
        person: &'a Person,
        draw: &'a mut Draw,
        mailings: Mailings,
    ) -> Self {
        Self {
            shop,
            person,
            draw,
            mailings,
            orders: Vec::new(),
            left_day: f64::INFINITY,
            left_because: Reason::Lifetime,
            last_position: 0.0,
        }
    }

    /// Draws a Weibull lifetime given that it exceeds an age, in days; gift buyers have none.
    pub(crate) fn lifetime_beyond(&mut self, age_days: f64) -> f64 {
        let surplus = self.draw.exponential();
        if self.person.persona == Persona::GiftBuyer {
            return f64::INFINITY;
        }
        let scale = self.person.lifetime_scale_days;
        let passed = libm::pow(age_days / scale, SHOP.lifetime_shape);
        scale * libm::pow(passed + surplus, 1.0 / SHOP.lifetime_shape)
    }

    /// Draws the demand until the next purchase.
    fn next_gap(&mut self) -> f64 {
        self.draw.erlang(self.person.shape) / self.person.renewal().rate
    }

    /// Draws the demand left until the next purchase when some has passed: the number of phases of the Erlang
    /// distribution already over is Poisson, given that not all are.
    pub(crate) fn rest_of_gap(&mut self, passed: f64) -> f64 {
        let renewal = self.person.renewal();
        let over = self.draw.weighted(renewal.phases_over(passed));
        let left = renewal
            .shape
            .saturating_sub(u32::try_from(over).unwrap_or(0));
        let rest: f64 = (0..left).map(|_| self.draw.exponential()).sum();
        rest / renewal.phase_rate()
    }

    fn exit_after_first_order(&mut self) {
        let leaves = self.draw.chance(self.person.exit_after_first_order);
        if leaves && self.person.persona != Persona::GiftBuyer {
            self.leave(Reason::AfterFirstOrder);
        }
    }

    /// Places orders from a clock position on, the first after a given demand, until the customer leaves or time ends.
    pub(crate) fn buy_on(&mut self, mut position: f64, mut gap: f64) {
        loop {
            let last_day = self.orders.last().map_or(0, |order| order.at.day);
            let next = self
                .mailings
                .advance(self.shop, self.person, (position, gap), last_day);
            if position
                < self
                    .shop
                    .clock_at(self.person.persona, self.shop.window_days)
            {
                self.last_position = position;
            }
            let Some(at) = self.shop.moment_at(self.person.persona, next) else {
                return;
            };
            if at.day as f64 >= self.left_day {
                return;
            }
            self.place(at);
            position = next;
            gap = self.next_gap();
        }
    }

    /// Places the yearly orders of a gift buyer between two days.
    pub(crate) fn come_again_in_december(&mut self, from_day: usize, to_day: usize) {
        for year in 0..self.shop.horizon_years() {
            let comes = self.draw.chance(SHOP.gift_again);
            let offset = usize::try_from(self.draw.between(0, 28)).unwrap_or(0);
            let second = self.shop.second_of(self.draw.unit());
            let Some(day) = self.shop.day_index(year, 11, 22).map(|day| day + offset) else {
                continue;
            };
            if comes && (from_day..to_day).contains(&day) && (day as f64) < self.left_day {
                self.place(Moment { day, second });
            }
        }
    }

    fn place(&mut self, at: Moment) {
        let campaign = self.mailings.window_at(self.shop, at.day);
        let sequence = self.orders.len() + 1;
        let order = Order::draw(self.draw, self.shop, self.person, at, sequence, campaign);
        let experience = order.experience;
        self.orders.push(order);
        let Some(experience) = experience else {
            return;
        };
        if self.draw.chance(SHOP.leave_after[experience as usize]) {
            self.leave(Reason::Experience(experience));
        }
    }

    fn leave(&mut self, reason: Reason) {
        let today = self.orders.last().map_or(0.0, |order| order.at.day as f64);
        if today < self.left_day {
            self.left_day = today;
            self.left_because = reason;
        }
    }

    fn finish(mut self) -> History {
        self.mailings
            .decide_rest(self.shop, self.person, &self.orders);
        let end = self
            .shop
            .clock_at(self.person.persona, self.shop.window_days);
        let demand_since_last =
            self.mailings
                .demand_between(self.shop, self.person, self.last_position, end);
        History {
            orders: self.orders,
            left_day: self.left_day,
            left_because: self.left_because,
            arms: self
                .mailings
                .decided
                .iter()
                .map(|decided| decided.flatten())
                .collect(),
            unsubscribed: self.mailings.unsubscribed,
            passed_at_window: self.mailings.passed,
            demand_since_last,
        }
    }
}

/// A customer's luck with each campaign, and what became of it.
#[derive(Debug)]
pub(crate) struct Mailings {
    consent: bool,
    /// Drawn beforehand: would this customer be held out, would this mail end consent?
    luck: Vec<(bool, bool)>,
    /// Whether the campaign has been decided for this customer, and which part they have.
    decided: Vec<Option<Option<Arm>>>,
    passed: Vec<Option<f64>>,
    unsubscribed: Option<usize>,
}

impl Mailings {
    fn new(shop: &Shop, person: &Person) -> Self {
        let mut draw = Draw::new(shop.seed, person.index, Purpose::Campaigns);
        let count = shop.campaigns.len();
        Self {
            consent: person.consent && !person.staff,
            luck: (0..count)
                .map(|_| {
                    (
                        draw.chance(SHOP.holdout),
                        draw.chance(SHOP.mail_unsubscribe),
                    )
                })
                .collect(),
            decided: vec![None; count],
            passed: vec![None; count],
            unsubscribed: None,
        }
    }

    /// Nobody writes any more: after the records end there are no campaigns.
    pub(crate) const fn none() -> Self {
        Self {
            consent: false,
            luck: Vec::new(),
            decided: Vec::new(),
            passed: Vec::new(),
            unsubscribed: None,
        }
    }

    /// Decides a customer's part when a campaign is sent, from the day of the last order before.
    fn decide(&mut self, shop: &Shop, index: usize, last_day: usize) -> Option<Arm> {
        if let Some(arm) = self.decided[index] {
            return arm;
        }
        let campaign = &shop.campaigns[index];
        let (held_out, unsubscribes) = self.luck[index];
        let idle = campaign.sent_day.saturating_sub(last_day);
        let arm = match (self.consent && self.unsubscribed.is_none()) && idle >= campaign.idle_days
        {
            true if held_out => Some(Arm::Holdout),
            true => Some(Arm::Treated),
            false => None,
        };
        if arm == Some(Arm::Treated) && unsubscribes {
            self.unsubscribed = Some(index);
        }
        self.decided[index] = Some(arm);
        arm
    }

    /// Returns the clock position after some demand has passed, deciding each campaign met on the way.
    fn advance(
        &mut self,
        shop: &Shop,
        person: &Person,
        (mut position, mut demand): (f64, f64),
        last_day: usize,
    ) -> f64 {
        let gap = demand;
        for index in 0..self.luck.len() {
            let campaign = &shop.campaigns[index];
            let start = shop.clock_at(person.persona, campaign.window.start);
            let end = shop.clock_at(person.persona, campaign.window.end);
            if end <= position || campaign.sent_day < person.first_day + 1 {
                continue;
            }
            let before = (start - position).max(0.0);
            if demand < before {
                break;
            }
            let arm = self.decide(shop, index, last_day);
            demand -= before;
            position = position.max(start);
            if self.passed[index].is_none() {
                self.passed[index] = Some(gap - demand);
            }
            let factor = if arm == Some(Arm::Treated) {
                1.0 + campaign.lift
            } else {
                1.0
            };
            if demand < (end - position) * factor {
                return position + demand / factor;
            }
            demand -= (end - position) * factor;
            position = end;
        }
        position + demand
    }

    /// Returns the demand that passes between two clock positions, mailings counted.
    fn demand_between(&self, shop: &Shop, person: &Person, from: f64, to: f64) -> f64 {
        let extra = shop
            .campaigns
            .iter()
            .zip(&self.decided)
            .map(|(campaign, decided)| {
                let start = shop
                    .clock_at(person.persona, campaign.window.start)
                    .max(from);
                let end = shop.clock_at(person.persona, campaign.window.end).min(to);
                let treated = *decided == Some(Some(Arm::Treated));
                if treated {
                    (end - start).max(0.0) * campaign.lift
                } else {
                    0.0
                }
            });
        (to - from).max(0.0) + extra.sum::<f64>()
    }

    /// Returns the campaign in whose window a treated customer is on a day.
    fn window_at(&self, shop: &Shop, day: usize) -> Option<usize> {
        let mut windows = shop.campaigns.iter().zip(&self.decided);
        windows.position(|(campaign, decided)| {
            *decided == Some(Some(Arm::Treated)) && campaign.window.contains(&day)
        })
    }

    /// Decides the campaigns that the walk did not reach: mail goes to those who have left, too.
    fn decide_rest(&mut self, shop: &Shop, person: &Person, orders: &[Order]) {
        for index in 0..self.luck.len() {
            let sent = shop.campaigns[index].sent_day;
            if self.decided[index].is_none() && sent > person.first_day {
                let before = orders
                    .iter()
                    .map(|order| order.at.day)
                    .filter(|&day| day < sent);
                let last_day = before.max().unwrap_or(person.first_day);
                self.decide(shop, index, last_day);
            }
        }
    }
}
