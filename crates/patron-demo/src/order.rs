//! What is in an order, and what became of it.

use crate::catalogue::{CATEGORIES, PRODUCTS, ProductRef};
use crate::draw::{Draw, to_cents};
use crate::parameters::SHOP;
use crate::person::Person;
use crate::shop::{Moment, Shop};

const MOST_LINES: usize = 10;
/// A basket is full when less than this is left of what the customer meant to spend.
const SMALL_CHANGE_CENTS: i64 = 500;
/// How often a line comes from one of the customer's two favourite categories.
const FAVOURITE: f64 = 0.6;
const FREE_SHIPPING_CENTS: i64 = 5_000;
const SHIPPING_CENTS: i64 = 490;
const TAX_PERCENT: i64 = 20;
/// What is paid for a late parcel, at most, and how often.
const COMPENSATION_CENTS: i64 = 500;
const COMPENSATED: f64 = 0.15;
/// What a complaint without the shop's fault is bought off with, at most.
const APPEASEMENT_CENTS: i64 = 800;
/// Faulty goods: how often they come back (else the money is returned and the goods stay).
const FAULTY_COMES_BACK: f64 = 0.6;

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Paid,
    /// Not yet paid when the records end; paid afterwards.
    Pending,
    CancelledByCustomer,
    OutOfStock,
    Test,
}

/// Something that went wrong and was the shop's or the carrier's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Experience {
    Late = 0,
    Faulty = 1,
    OutOfStock = 2,
}

/// Why there is a discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Discount {
    None,
    Promotion,
    Coupon,
    Campaign(usize),
}

/// A line of an order. Amounts are cents.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) product: ProductRef,
    pub(crate) quantity: i64,
    pub(crate) unit_price: i64,
    pub(crate) discount: i64,
    pub(crate) came_back: bool,
}

impl Line {
    pub(crate) const fn gross(&self) -> i64 {
        self.quantity * self.unit_price
    }

    pub(crate) const fn net(&self) -> i64 {
        self.gross() - self.discount
    }
}

/// Money given back.
#[derive(Debug, Clone)]
pub(crate) struct Refund {
    pub(crate) at: Moment,
    pub(crate) cents: i64,
    pub(crate) kind: &'static str,
    pub(crate) reason: &'static str,
}

/// An order with its consequences.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) sequence: usize,
    pub(crate) at: Moment,
    pub(crate) outcome: Outcome,
    pub(crate) lines: Vec<Line>,
    pub(crate) discount: Discount,
    pub(crate) shipping: i64,
    pub(crate) shipped: Option<Moment>,
    pub(crate) delivered: Option<Moment>,
    pub(crate) experience: Option<Experience>,
    /// The customer complains though nothing went wrong.
    pub(crate) complaint: bool,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) channel: &'static str,
    pub(crate) source: &'static str,
}

impl Order {
    /// Draws an order placed at a moment; `campaign` is the mailing whose window the customer is in.
    pub(crate) fn draw(
        draw: &mut Draw,
        shop: &Shop,
        person: &Person,
        at: Moment,
        sequence: usize,
        campaign: Option<usize>,
    ) -> Self {
        let (discount, percent) = choose_discount(draw, shop, person, at, campaign);
        let lines = fill_basket(draw, shop, person, at, percent);
        let net: i64 = lines.iter().map(Line::net).sum();
        let shipping = if net >= FREE_SHIPPING_CENTS {
            0
        } else {
            SHIPPING_CENTS
        };
        let (channel, source) = touch(draw, person, sequence, campaign.is_some());
        let mut order = Self {
            sequence,
            at,
            outcome: Outcome::Paid,
            lines,
            discount,
            shipping,
            shipped: None,
            delivered: None,
            experience: None,
            complaint: false,
            refunds: Vec::new(),
            channel,
            source,
        };
        order.fulfil(draw, shop, person);
        order
    }

    pub(crate) fn gross(&self) -> i64 {
        self.lines.iter().map(Line::gross).sum()
    }

    pub(crate) fn discount_cents(&self) -> i64 {
        self.lines.iter().map(|line| line.discount).sum()
    }

    /// Goods after discounts, before shipping and tax.
    pub(crate) fn net(&self) -> i64 {
        self.gross() - self.discount_cents()
    }

    pub(crate) fn tax(&self) -> i64 {
        ((self.net() + self.shipping) * TAX_PERCENT + 50) / 100
    }

    /// Money given back before a day begins.
    pub(crate) fn refunded_before(&self, day: usize) -> i64 {
        let known = self.refunds.iter().filter(|refund| refund.at.day < day);
        known.map(|refund| refund.cents).sum()
    }

    /// Returns whether it is (or becomes) a real, paid order.
    pub(crate) const fn is_paid(&self) -> bool {
        matches!(self.outcome, Outcome::Paid | Outcome::Pending)
    }

    /// What the shop keeps of it in the end, and what of that is margin over the goods' cost.
    pub(crate) fn value(&self) -> (i64, i64) {
        if !self.is_paid() {
            return (0, 0);
        }
        let revenue = self.net() - self.refunds.iter().map(|refund| refund.cents).sum::<i64>();
        let sold = self.lines.iter().filter(|line| !line.came_back);
        let cost: i64 = sold
            .map(|line| line.quantity * line.product.unit_cost_cents())
            .sum();
        (revenue, revenue - cost)
    }

    /// Draws whether it is paid, sent, late, faulty, returned.
    fn fulfil(&mut self, draw: &mut Draw, shop: &Shop, person: &Person) {
        let (cancels, out_of_stock) = (draw.chance(SHOP.cancelled), draw.chance(SHOP.out_of_stock));
        let pending = draw.chance(SHOP.pending);
        self.outcome = if person.staff {
            Outcome::Test
        } else if out_of_stock {
            self.experience = Some(Experience::OutOfStock);
            Outcome::OutOfStock
        } else if cancels {
            Outcome::CancelledByCustomer
        } else if pending && self.at.day < shop.window_days && self.at.day + 2 >= shop.window_days {
            Outcome::Pending
        } else {
            Outcome::Paid
        };
        if !self.is_paid() {
            return;
        }
        let shipped_day = self.at.day + usize::try_from(draw.between(1, 2)).unwrap_or(1);
        let late = draw.chance(SHOP.late[usize::from(shop.on_strike(shipped_day))]);
        let underway = if late {
            draw.between(8, 15)
        } else {
            draw.between(1, 4)
        };
        let delivered = Moment {
            day: shipped_day + usize::try_from(underway).unwrap_or(1),
            second: 36_000 + 60 * u32::try_from(draw.between(0, 480)).unwrap_or(0),
        };
        self.shipped = Some(Moment {
            day: shipped_day,
            second: 32_400 + 60 * u32::try_from(draw.between(0, 420)).unwrap_or(0),
        });
        self.delivered = Some(delivered);
        let faulty = draw.chance(SHOP.faulty);
        if faulty {
            self.experience = Some(Experience::Faulty);
            let line = draw.below(self.lines.len());
            self.refund_line(draw, line, delivered, "faulty");
        } else if late {
            self.experience = Some(Experience::Late);
        }
        self.send_back(draw, person, delivered);
        let left = self.net() - self.refunded_before(usize::MAX);
        let compensation = ("compensation", "late");
        if late && draw.chance(COMPENSATED) {
            self.give_back(draw, delivered, COMPENSATION_CENTS.min(left), compensation);
        } else if person.complainer && self.experience.is_none() {
            self.complain(draw, delivered, APPEASEMENT_CENTS.min(left));
        }
    }

    fn complain(&mut self, draw: &mut Draw, delivered: Moment, cents: i64) {
        let [complains, paid] = SHOP.complains;
        self.complaint = draw.chance(complains);
        if self.complaint && draw.chance(paid) {
            self.give_back(draw, delivered, cents, ("compensation", "complaint"));
        }
    }

    fn send_back(&mut self, draw: &mut Draw, person: &Person, delivered: Moment) {
        for line in 0..self.lines.len() {
            let usual = self.lines[line].product.category().return_rate;
            let rate = if person.returner {
                SHOP.returner_line.max(usual)
            } else {
                usual
            };
            if draw.chance(rate) && !self.lines[line].came_back {
                let clothing = CATEGORIES[self.lines[line].product.category].key == "clothing";
                let reason = match (clothing, draw.chance(0.5)) {
                    (true, true) => "wrong size",
                    (_, true) => "not as expected",
                    (_, false) => "changed mind",
                };
                self.refund_line(draw, line, delivered, reason);
            }
        }
    }

    fn refund_line(
        &mut self,
        draw: &mut Draw,
        index: usize,
        delivered: Moment,
        reason: &'static str,
    ) {
        let stays = reason == "faulty" && !draw.chance(FAULTY_COMES_BACK);
        let before = self.refunded_before(usize::MAX);
        let cents = self.lines[index].net().min(self.net() - before);
        self.lines[index].came_back = !stays;
        let kind = if stays { "refund-only" } else { "return" };
        self.give_back(draw, delivered, cents, (kind, reason));
    }

    fn give_back(
        &mut self,
        draw: &mut Draw,
        delivered: Moment,
        cents: i64,
        (kind, reason): (&'static str, &'static str),
    ) {
        let wait = usize::try_from(draw.between(3, 20)).unwrap_or(3);
        let at = Moment {
            day: delivered.day + wait,
            second: 32_400 + 60 * u32::try_from(draw.between(0, 480)).unwrap_or(0),
        };
        if cents > 0 {
            self.refunds.push(Refund {
                at,
                cents,
                kind,
                reason,
            });
        }
    }
}

/// Draws which discount applies, and how many percent it is.
fn choose_discount(
    draw: &mut Draw,
    shop: &Shop,
    person: &Person,
    at: Moment,
    campaign: Option<usize>,
) -> (Discount, i64) {
    let kind = person.kind();
    let (uses_promotion, uses_coupon, uses_campaign) = (
        draw.chance(SHOP.promotion_use[kind]),
        draw.chance(SHOP.coupon_use[kind]),
        draw.chance(SHOP.campaign_coupon_use[kind]),
    );
    let promotion = shop.promotion_percent(at.day);
    if promotion > 0 && uses_promotion {
        return (Discount::Promotion, promotion);
    }
    if let Some(index) = campaign.filter(|_| uses_campaign) {
        return (
            Discount::Campaign(index),
            shop.campaigns[index].coupon_percent,
        );
    }
    if uses_coupon {
        return (Discount::Coupon, SHOP.coupon_percent);
    }
    (Discount::None, 0)
}

/// Draws lines until the customer has spent what they meant to spend.
fn fill_basket(
    draw: &mut Draw,
    shop: &Shop,
    person: &Person,
    at: Moment,
    percent: i64,
) -> Vec<Line> {
    let rise_percent = shop.price_rise_percent(at.day);
    let spread = SHOP.value_spread_within * draw.normal();
    let mut left = to_cents(libm::exp(person.ln_order_value + spread));
    let mut lines: Vec<Line> = Vec::new();
    while lines.len() < MOST_LINES && (lines.is_empty() || left > SMALL_CHANGE_CENTS) {
        let product = choose_product(draw, person, left);
        let unit_price = product.price_cents(rise_percent);
        let several = if draw.chance(0.12) { 2 } else { 1 };
        let lot = if person.whale {
            left / (6 * unit_price)
        } else {
            0
        };
        let quantity = lot.max(several);
        let gross = quantity * unit_price;
        lines.push(Line {
            product,
            quantity,
            unit_price,
            discount: (gross * percent + 50) / 100,
            came_back: false,
        });
        left -= gross;
    }
    lines
}

/// Draws a product that what is left can buy, or the cheapest of its category.
fn choose_product(draw: &mut Draw, person: &Person, left_cents: i64) -> ProductRef {
    let category = if draw.chance(FAVOURITE) {
        *draw.pick(&person.favourites)
    } else {
        draw.weighted(CATEGORIES.iter().map(|category| category.popularity))
    };
    let affordable =
        PRODUCTS[category].partition_point(|product| product.price_cents <= left_cents);
    ProductRef {
        category,
        position: draw.below(affordable.max(1)),
    }
}

/// Draws through which channel and on what device the order came.
fn touch(
    draw: &mut Draw,
    person: &Person,
    sequence: usize,
    mailed: bool,
) -> (&'static str, &'static str) {
    let acquired = person.channel().key;
    let (own, mail) = (draw.unit(), draw.chance(0.6));
    let source = if draw.chance(0.35) { "app" } else { "web" };
    let channel = if sequence == 1 || own < 0.30 {
        acquired
    } else if mailed && mail {
        "email"
    } else {
        "direct"
    };
    (channel, source)
}
