//! The truth of the demo shop, frozen: every number from which it is generated.
//!
//! Measurements in later parts (precision and recall of behaviours, coverage of intervals by channel, error of campaign
//! effects) are made against these numbers. A change here is a "Results changed" entry in CHANGELOG.md and changes the
//! checksums in `tests/it/frozen.rs`.

use serde::Serialize;

/// What the customers of one acquisition channel have in common.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ChannelParameters {
    /// The channel's key in every file.
    pub key: &'static str,
    /// Weight among all customers of the shop's years.
    pub share: f64,
    /// Factor by which its new customers grow from year to year.
    pub growth_per_year: f64,
    /// Median purchases per year of a living customer, at season factor 1.
    pub purchases_per_year: f64,
    /// Probability of never coming back after the first order.
    pub exit_after_first_order: f64,
    /// Scale of the Weibull distribution of further lifetime, days.
    pub lifetime_days: f64,
    /// Median goods value of an order before discounts.
    pub order_value: f64,
    /// Probability of being a discount-lover.
    pub discount_lover: f64,
    /// Probability of being a serial returner.
    pub returner: f64,
    /// Probability of being a December gift buyer.
    pub gift_buyer: f64,
    /// Probability of being a business that buys like a whale.
    pub whale: f64,
    /// Advertising per new customer at an average month's level; 0 where nothing is paid per customer.
    pub acquisition_cost: f64,
}

/// A shop-wide promotion, every year at the same date.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PromotionParameters {
    /// What the shop calls it.
    pub name: &'static str,
    /// Month in which it starts.
    pub month: i8,
    /// Day of the month on which it starts.
    pub day: i8,
    /// How many days it lasts.
    pub days: i32,
    /// Percent off everything.
    pub percent: i64,
}

/// A mailing with a randomised holdout.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CampaignParameters {
    /// The key's first part; the year follows.
    pub name: &'static str,
    /// Which year of the cycle of three it belongs to.
    pub year: i32,
    /// Month of sending.
    pub month: i8,
    /// Day of the month of sending.
    pub day: i8,
    /// Only customers without an order in this many days before are in the audience; 0 for everyone.
    pub idle_days: i32,
    /// True effect: a living customer who is sent the mail buys at (1 + lift) times the rate during the window.
    pub lift: f64,
    /// Percent off with the mail's coupon.
    pub coupon_percent: i64,
}

/// Something dated that hit the whole shop.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ShopLogParameters {
    /// Year of the shop (0 is the first).
    pub year: i32,
    /// Month.
    pub month: i8,
    /// Day of the month.
    pub day: i8,
    /// How many days it lasts; 0 if it stays.
    pub days: i32,
    /// What the log says.
    pub note: &'static str,
}

const fn channel(key: &'static str, first: [f64; 6], traits: [f64; 5]) -> ChannelParameters {
    let [
        share,
        growth_per_year,
        purchases_per_year,
        exit_after_first_order,
        lifetime_days,
        order_value,
    ] = first;
    let [
        discount_lover,
        returner,
        gift_buyer,
        whale,
        acquisition_cost,
    ] = traits;
    ChannelParameters {
        key,
        share,
        growth_per_year,
        purchases_per_year,
        exit_after_first_order,
        lifetime_days,
        order_value,
        discount_lover,
        returner,
        gift_buyer,
        whale,
        acquisition_cost,
    }
}

/// Acquisition channels. In the order referral, organic, e-mail partner, paid search, marketplace, social their
/// customers come back less and less.
pub const CHANNELS: [ChannelParameters; 6] = [
    // share growth purchases/year exit life value | lover returner gift whale cost
    channel(
        "referral",
        [0.10, 1.20, 6.2, 0.15, 680.0, 54.0],
        [0.05, 0.02, 0.04, 0.006, 9.0],
    ),
    channel(
        "organic_search",
        [0.28, 1.15, 5.4, 0.22, 580.0, 52.0],
        [0.07, 0.03, 0.07, 0.004, 0.0],
    ),
    channel(
        "email_partner",
        [0.08, 1.05, 4.8, 0.25, 520.0, 50.0],
        [0.14, 0.03, 0.05, 0.002, 7.0],
    ),
    channel(
        "paid_search",
        [0.24, 1.20, 4.4, 0.30, 470.0, 51.0],
        [0.10, 0.04, 0.09, 0.003, 14.0],
    ),
    channel(
        "marketplace",
        [0.14, 1.10, 3.7, 0.38, 400.0, 46.0],
        [0.13, 0.05, 0.10, 0.002, 5.0],
    ),
    channel(
        "social",
        [0.16, 1.55, 3.2, 0.45, 320.0, 44.0],
        [0.20, 0.06, 0.08, 0.001, 11.0],
    ),
];

/// Demand by calendar month.
pub const MONTH_FACTORS: [f64; 12] = [
    0.92, 0.88, 0.95, 0.97, 1.00, 0.95, 0.86, 0.85, 1.00, 1.06, 1.32, 1.28,
];

/// Demand by day of the week, Monday first.
pub const WEEKDAY_FACTORS: [f64; 7] = [1.04, 0.98, 0.96, 0.97, 0.95, 1.00, 1.10];

/// Share of the day's orders by hour.
pub const HOUR_WEIGHTS: [f64; 24] = [
    1.2, 0.6, 0.4, 0.3, 0.3, 0.5, 1.0, 2.0, 3.2, 4.2, 5.0, 5.4, 5.6, 5.2, 5.0, 4.8, 5.0, 5.4, 6.2,
    7.4, 8.4, 8.6, 6.4, 3.4,
];

/// The November peak, besides its month's factor.
pub const PEAK: PromotionParameters = promotion("november peak", 11, 20, 11, 0);

/// Demand during the November peak.
pub const PEAK_FACTOR: f64 = 1.35;

const fn promotion(
    name: &'static str,
    month: i8,
    day: i8,
    days: i32,
    percent: i64,
) -> PromotionParameters {
    PromotionParameters {
        name,
        month,
        day,
        days,
        percent,
    }
}

/// Shop-wide promotions.
pub const PROMOTIONS: [PromotionParameters; 9] = [
    promotion("winter sale", 1, 3, 7, 20),
    promotion("women's day", 3, 7, 3, 10),
    promotion("may days", 5, 1, 4, 15),
    promotion("mid-year", 6, 16, 3, 15),
    promotion("summer sale", 8, 1, 5, 20),
    promotion("harvest", 9, 15, 3, 10),
    promotion("singles' day", 11, 10, 2, 20),
    promotion("black friday", 11, 24, 5, 25),
    promotion("between the years", 12, 27, 5, 20),
];

const fn campaign(
    name: &'static str,
    date: (i32, i8, i8),
    idle_days: i32,
    lift: f64,
    coupon_percent: i64,
) -> CampaignParameters {
    let (year, month, day) = date;
    CampaignParameters {
        name,
        year,
        month,
        day,
        idle_days,
        lift,
        coupon_percent,
    }
}

/// Mailings of a cycle of three years. One does nothing and one does harm.
pub const CAMPAIGNS: [CampaignParameters; 12] = [
    campaign("spring", (0, 4, 4), 0, 0.25, 10),
    campaign("summer", (0, 7, 4), 0, 0.00, 10),
    campaign("winback", (0, 9, 19), 120, 0.80, 15),
    campaign("winter", (0, 12, 5), 0, 0.15, 10),
    campaign("spring", (1, 4, 4), 0, 0.20, 10),
    campaign("summer", (1, 7, 4), 0, 0.10, 10),
    campaign("winback", (1, 9, 19), 120, 1.00, 15),
    campaign("winter", (1, 12, 5), 0, 0.20, 10),
    campaign("spring", (2, 4, 4), 0, 0.30, 10),
    campaign("summer", (2, 7, 4), 0, -0.10, 10),
    campaign("winback", (2, 9, 19), 120, 0.60, 15),
    campaign("winter", (2, 12, 5), 0, 0.25, 10),
];

const fn logged(date: (i32, i8, i8), days: i32, note: &'static str) -> ShopLogParameters {
    let (year, month, day) = date;
    ShopLogParameters {
        year,
        month,
        day,
        days,
        note,
    }
}

/// A day without orders.
pub const OUTAGE: ShopLogParameters = logged((1, 3, 12), 1, "outage: checkout down all day");
/// From this day on everything costs more and demand is lower.
pub const PRICE_RISE: ShopLogParameters = logged((1, 9, 2), 0, "price rise: all products +6 %");
/// Days on which parcels are sent but come late.
pub const CARRIER_STRIKE: ShopLogParameters =
    logged((2, 2, 10), 12, "carrier strike: parcels late");

/// Everything that is not by channel, date or campaign.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ShopParameters {
    /// First year of the shop.
    pub first_year: i16,
    /// Currency of every amount.
    pub currency: &'static str,
    /// Standard deviation of the logarithm of the purchase rate within a channel.
    pub rate_spread: f64,
    /// Correlation of log rate and log order value between customers.
    pub rate_value_correlation: f64,
    /// Standard deviation of the logarithm of a customer's typical order value.
    pub value_spread_between: f64,
    /// Standard deviation of the logarithm of order value within a customer.
    pub value_spread_within: f64,
    /// Shapes of the gamma distribution of the time between purchases.
    pub regularity_shapes: [u32; 3],
    /// Share of customers with each shape.
    pub regularity_shares: [f64; 3],
    /// Shape of the Weibull distribution of lifetime: below 1, leaving gets rarer with age.
    pub lifetime_shape: f64,
    /// Standard deviation of the logarithm of the lifetime scale within a channel.
    pub lifetime_spread: f64,
    /// Effect of one unit of satisfaction on the log of the lifetime scale.
    pub satisfaction_on_lifetime: f64,
    /// Demand after the price rise.
    pub price_rise_demand: f64,
    /// Percent of the price rise.
    pub price_rise_percent: i64,
    /// Rate on promotion days, ordinary customers.
    pub promotion_demand: f64,
    /// Rate on promotion days, discount-lovers.
    pub lover_promotion_demand: f64,
    /// Rate on other days, discount-lovers.
    pub lover_other_demand: f64,
    /// Arrival of discount-lovers on promotion days, as a factor.
    pub lover_promotion_arrival: f64,
    /// Probability that an order on a promotion day has its discount, ordinary customers and discount-lovers.
    pub promotion_use: [f64; 2],
    /// Probability of a coupon on other days, ordinary customers and discount-lovers.
    pub coupon_use: [f64; 2],
    /// Percent off with a coupon from outside campaigns.
    pub coupon_percent: i64,
    /// Probability of using a campaign's coupon in its window, ordinary customers and discount-lovers.
    pub campaign_coupon_use: [f64; 2],
    /// Rate of a whale against its channel's.
    pub whale_rate: f64,
    /// Order value of a whale against its channel's.
    pub whale_value: f64,
    /// Probability that a gift buyer comes again in a later December.
    pub gift_again: f64,
    /// Probability that a serial returner sends a line back.
    pub returner_line: f64,
    /// Share of customers who complain without the shop's fault.
    pub complainer: f64,
    /// Probability that such a customer complains about an order, and that it is paid for.
    pub complains: [f64; 2],
    /// Probability that a parcel is late, in ordinary times and during the strike.
    pub late: [f64; 2],
    /// Probability that something in an order is faulty.
    pub faulty: f64,
    /// Probability that an order is cancelled because goods are out of stock.
    pub out_of_stock: f64,
    /// Probability of leaving for good after a late, a faulty, an out-of-stock order (besides other reasons).
    pub leave_after: [f64; 3],
    /// Satisfaction lost with each bad experience.
    pub satisfaction_lost: f64,
    /// Probability that the customer cancels.
    pub cancelled: f64,
    /// Probability that an order of the last days is not yet paid.
    pub pending: f64,
    /// Share of accounts that belong to staff and place test orders.
    pub staff: f64,
    /// Share of customers who order as guests, with an e-mail address only.
    pub guest: f64,
    /// Share of customers who allow e-mail.
    pub consent: f64,
    /// Share of a campaign's audience that is held out.
    pub holdout: f64,
    /// Days after sending in which a campaign works.
    pub campaign_window_days: i32,
    /// Probability that a mail is opened by a living and by a lost customer.
    pub mail_open: [f64; 2],
    /// Probability that an opened mail is clicked.
    pub mail_click: f64,
    /// Probability that a mail bounces.
    pub mail_bounce: f64,
    /// Probability that a mail ends consent.
    pub mail_unsubscribe: f64,
    /// Probability that a delivered order is followed by an invitation to a survey.
    pub survey_invited: f64,
    /// Logit of answering at satisfaction 0, and its slope: answers come more from the satisfied.
    pub survey_answer: [f64; 2],
    /// Added to the logit of answering after a bad experience in that order.
    pub survey_answer_upset: f64,
    /// Mean score at satisfaction 0, its slope, and the standard deviation around it.
    pub survey_score: [f64; 3],
    /// How new customers follow advertising: arrivals ∝ (spend level)^elasticity.
    pub advertising_elasticity: f64,
    /// Standard deviation of the logarithm of a month's spend level.
    pub advertising_spread: f64,
    /// Cost of a mail.
    pub mail_cost: f64,
    /// Monthly cost of keeping customers, per customer of the whole shop.
    pub retention_per_customer: f64,
    /// Monthly cost of advertising the brand, per customer of the whole shop.
    pub brand_per_customer: f64,
    /// How many possible futures the expectations in the truth are averaged over.
    pub futures: u32,
}

/// The shop.
pub const SHOP: ShopParameters = ShopParameters {
    first_year: 2023,
    currency: "EUR",
    rate_spread: 0.58,
    rate_value_correlation: 0.30,
    value_spread_between: 0.30,
    value_spread_within: 0.40,
    regularity_shapes: [1, 2, 4],
    regularity_shares: [0.45, 0.30, 0.25],
    lifetime_shape: 0.80,
    lifetime_spread: 0.50,
    satisfaction_on_lifetime: 0.25,
    price_rise_demand: 0.96,
    price_rise_percent: 6,
    promotion_demand: 1.5,
    lover_promotion_demand: 6.0,
    lover_other_demand: 0.25,
    lover_promotion_arrival: 6.0,
    promotion_use: [0.80, 0.97],
    coupon_use: [0.05, 0.65],
    coupon_percent: 10,
    campaign_coupon_use: [0.35, 0.90],
    whale_rate: 2.6,
    whale_value: 5.0,
    gift_again: 0.15,
    returner_line: 0.36,
    complainer: 0.02,
    complains: [0.60, 0.30],
    late: [0.04, 0.40],
    faulty: 0.018,
    out_of_stock: 0.008,
    leave_after: [0.12, 0.25, 0.10],
    satisfaction_lost: 1.2,
    cancelled: 0.008,
    pending: 0.10,
    staff: 0.0004,
    guest: 0.04,
    consent: 0.72,
    holdout: 0.20,
    campaign_window_days: 14,
    mail_open: [0.34, 0.12],
    mail_click: 0.14,
    mail_bounce: 0.012,
    mail_unsubscribe: 0.004,
    survey_invited: 0.50,
    survey_answer: [-1.1, 0.45],
    survey_answer_upset: 0.9,
    survey_score: [8.0, 1.1, 1.2],
    advertising_elasticity: 0.4,
    advertising_spread: 0.25,
    mail_cost: 0.03,
    retention_per_customer: 0.012,
    brand_per_customer: 0.015,
    futures: 32,
};
