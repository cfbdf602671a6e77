//! What is the same for every customer: dates, the clock of demand, promotions, advertising levels, campaigns.

use std::ops::Range;

use patron_core::Day;

use crate::draw::{Draw, Purpose, whole};
use crate::parameters::{
    CAMPAIGNS, CARRIER_STRIKE, CHANNELS, HOUR_WEIGHTS, MONTH_FACTORS, OUTAGE, PEAK, PEAK_FACTOR,
    PRICE_RISE, PROMOTIONS, SHOP, ShopLogParameters, WEEKDAY_FACTORS,
};

/// Days after the last future day that may still be printed.
const SPARE_DAYS: usize = 60;
/// Gift buyers first come between these (month, day).
const GIFT_SEASON: [(i8, i8); 2] = [(11, 18), (12, 21)];
const SECONDS_PER_HOUR: f64 = 3_600.0;
pub(crate) const DAYS_PER_YEAR: f64 = 365.25;

/// How a customer's clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persona {
    Ordinary,
    DiscountLover,
    GiftBuyer,
}

const PERSONAS: [Persona; 3] = [
    Persona::Ordinary,
    Persona::DiscountLover,
    Persona::GiftBuyer,
];

/// An instant of the shop: day since its first, second of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) day: usize,
    pub(crate) second: u32,
}

impl Moment {
    /// Returns the same time some minutes earlier, not before the day begins.
    pub(crate) const fn minutes_before(self, minutes: u32) -> Self {
        Self {
            day: self.day,
            second: self.second.saturating_sub(minutes * 60),
        }
    }

    /// Returns seconds since the shop's first midnight.
    pub(crate) const fn seconds(self) -> u64 {
        self.day as u64 * 86_400 + self.second as u64
    }
}

/// A mailing that is sent while the shop is observed.
#[derive(Debug, Clone)]
pub(crate) struct Campaign {
    pub(crate) key: String,
    pub(crate) coupon: String,
    pub(crate) sent_day: usize,
    pub(crate) window: Range<usize>,
    pub(crate) idle_days: usize,
    pub(crate) lift: f64,
    pub(crate) coupon_percent: i64,
}

/// Everything that customers share.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) seed: u64,
    pub(crate) first_day: Day,
    /// Days on record.
    pub(crate) window_days: usize,
    /// Days on record and the twelve months after.
    pub(crate) horizon_days: usize,
    pub(crate) campaigns: Vec<Campaign>,
    /// Advertising level by channel and month, mean about 1.
    pub(crate) spend_levels: Vec<Vec<f64>>,
    /// Share of a channel's arrivals by month, before chance and persona.
    pub(crate) arrivals_by_month: Vec<Vec<f64>>,
    /// Cumulative demand at the start of each day, by persona.
    clocks: [Vec<f64>; 2],
    promotion_percent: Vec<i64>,
    price_rise_day: usize,
    strike: Range<usize>,
    arrivals: Vec<[Vec<f64>; 3]>,
    hours: Vec<f64>,
    dates: Vec<String>,
    months: Vec<usize>,
}

impl Shop {
    /// Prepares a shop of a number of years.
    pub(crate) fn new(seed: u64, years: u32) -> Self {
        let first_year = SHOP.first_year;
        let year = |offset: u32| first_year + i16::try_from(offset).unwrap_or(i16::MAX / 2);
        let day = |offset| Day::from_ymd(year(offset), 1, 1).unwrap_or(Day(0));
        let first_day = day(0);
        let length = |offset| usize::try_from(day(offset).days_since(first_day)).unwrap_or(0);
        let (window_days, horizon_days) = (length(years), length(years + 1));
        let calendar = Calendar::new(first_day, horizon_days + SPARE_DAYS);
        let promotion_percent = promotions(&calendar);
        let outage = calendar.range_of(&OUTAGE);
        let spend_levels = spend_levels(seed, years);
        let price_rise_day = calendar.range_of(&PRICE_RISE).start;
        let demand = |persona| -> Vec<f64> {
            (0..horizon_days)
                .map(|day| {
                    let raised = if day >= price_rise_day {
                        SHOP.price_rise_demand
                    } else {
                        1.0
                    };
                    let open = if outage.contains(&day) { 0.0 } else { 1.0 };
                    let promoted = promotion_percent[day] > 0;
                    open * raised * calendar.season(day) * promotion_demand(persona, promoted)
                })
                .collect()
        };
        let clocks = [Persona::Ordinary, Persona::DiscountLover].map(|p| cumulate(&demand(p)));
        let mut shop = Self {
            seed,
            first_day,
            window_days,
            horizon_days,
            campaigns: campaigns(&calendar, years),
            spend_levels,
            arrivals_by_month: Vec::new(),
            clocks,
            promotion_percent,
            price_rise_day,
            strike: calendar.range_of(&CARRIER_STRIKE),
            arrivals: Vec::new(),
            hours: cumulate(&HOUR_WEIGHTS),
            dates: calendar.days.iter().map(|date| date.text.clone()).collect(),
            months: calendar.days.iter().map(|date| date.month_index).collect(),
        };
        shop.prepare_arrivals(&calendar, &outage);
        shop
    }

    fn prepare_arrivals(&mut self, calendar: &Calendar, outage: &Range<usize>) {
        let months = self.months[self.window_days - 1] + 1;
        for (index, channel) in CHANNELS.iter().enumerate() {
            let weight = |day: usize, persona: Persona| {
                let growth =
                    libm::exp(libm::log(channel.growth_per_year) * day as f64 / DAYS_PER_YEAR);
                let level = self.spend_levels[index][self.months[day]];
                let advertised = libm::exp(libm::log(level) * SHOP.advertising_elasticity);
                let promoted = match (self.promotion_percent[day] > 0, persona) {
                    (true, Persona::DiscountLover) => SHOP.lover_promotion_arrival,
                    (true, _) => SHOP.promotion_demand,
                    (false, _) => 1.0,
                };
                let open = f64::from(u8::from(!outage.contains(&day)));
                let gift = persona != Persona::GiftBuyer || calendar.in_gift_season(day);
                open * f64::from(u8::from(gift))
                    * growth
                    * advertised
                    * promoted
                    * calendar.season(day)
            };
            let weights = |persona| -> Vec<f64> {
                (0..self.window_days)
                    .map(|day| weight(day, persona))
                    .collect()
            };
            let mut by_month = vec![0.0; months];
            let ordinary = weights(Persona::Ordinary);
            let total: f64 = ordinary.iter().sum();
            for (day, weight) in ordinary.iter().enumerate() {
                by_month[self.months[day]] += weight / total;
            }
            self.arrivals_by_month.push(by_month);
            self.arrivals
                .push(PERSONAS.map(|persona| cumulate(&weights(persona))));
        }
    }

    /// Returns the demand a persona's clock has accumulated when a day begins.
    pub(crate) fn clock_at(&self, persona: Persona, day: usize) -> f64 {
        let clock = self.clock(persona);
        clock[day.min(clock.len() - 1)]
    }

    /// Returns when a persona's clock reaches a position, unless that is beyond the horizon.
    pub(crate) fn moment_at(&self, persona: Persona, position: f64) -> Option<Moment> {
        let clock = self.clock(persona);
        let after = clock.partition_point(|&at| at <= position);
        let day = after.checked_sub(1).filter(|_| after < clock.len())?;
        let share = (position - clock[day]) / (clock[after] - clock[day]);
        Some(Moment {
            day,
            second: self.second_of(share),
        })
    }

    /// Returns the demand a persona's clock has accumulated at a time in days.
    pub(crate) fn clock_at_time(&self, persona: Persona, days: f64) -> f64 {
        let day = whole(days).min(self.horizon_days - 1);
        self.position_at(persona, day, (days - day as f64).min(1.0))
    }

    /// Returns the clock's position at a moment drawn as (day, share of the day's demand).
    pub(crate) fn position_at(&self, persona: Persona, day: usize, share: f64) -> f64 {
        let clock = self.clock(persona);
        clock[day] + share * (clock[day + 1] - clock[day])
    }

    fn clock(&self, persona: Persona) -> &[f64] {
        &self.clocks[usize::from(persona == Persona::DiscountLover)]
    }

    /// Returns the second of the day by which a share of the day's orders has come in.
    pub(crate) fn second_of(&self, share: f64) -> u32 {
        let total = self.hours[HOUR_WEIGHTS.len()];
        let after = self.hours.partition_point(|&at| at <= share * total);
        let hour = after.saturating_sub(1).min(HOUR_WEIGHTS.len() - 1);
        let within = (share * total - self.hours[hour]) / HOUR_WEIGHTS[hour];
        let second = whole((hour as f64 + within.clamp(0.0, 1.0)) * SECONDS_PER_HOUR);
        u32::try_from(second.min(86_399)).unwrap_or(0)
    }

    /// Draws the day on which a customer first orders.
    pub(crate) fn arrival_day(&self, channel: usize, persona: Persona, share: f64) -> usize {
        let cumulative = &self.arrivals[channel][persona as usize];
        let target = share * cumulative[self.window_days];
        let after = cumulative.partition_point(|&at| at <= target);
        after.saturating_sub(1).min(self.window_days - 1)
    }

    /// Returns the percent off everything on a day, 0 without a promotion.
    pub(crate) fn promotion_percent(&self, day: usize) -> i64 {
        self.promotion_percent[day]
    }

    /// Returns the percent by which prices of a day are above those at the start.
    pub(crate) const fn price_rise_percent(&self, day: usize) -> i64 {
        if day >= self.price_rise_day {
            SHOP.price_rise_percent
        } else {
            0
        }
    }

    /// Returns whether parcels sent on a day come late because the carrier is on strike.
    pub(crate) fn on_strike(&self, day: usize) -> bool {
        self.strike.contains(&day)
    }

    /// Returns a day as `2024-05-01`.
    pub(crate) fn date(&self, day: usize) -> &str {
        self.dates.get(day).map_or("", String::as_str)
    }

    /// Returns which day of the shop a date is; nothing before its first day.
    pub(crate) fn day_index(&self, year: usize, month: i8, day: i8) -> Option<usize> {
        let year = SHOP.first_year + i16::try_from(year).ok()?;
        let date = Day::from_ymd(year, month, day)?;
        usize::try_from(date.days_since(self.first_day)).ok()
    }

    /// Returns the number of years that days of the horizon reach into.
    pub(crate) fn horizon_years(&self) -> usize {
        self.months[self.horizon_days - 1] / 12 + 1
    }
}

#[derive(Debug)]
struct Date {
    text: String,
    month: i8,
    day: i8,
    /// Months since the shop's first.
    month_index: usize,
    weekday: usize,
}

/// The dates of the horizon.
#[derive(Debug)]
struct Calendar {
    first_day: Day,
    days: Vec<Date>,
}

impl Calendar {
    fn new(first_day: Day, days: usize) -> Self {
        let (first_year, ..) = first_day.ymd();
        let days = (0..i32::try_from(days).unwrap_or(0))
            .map(|offset| {
                let date = first_day.plus_days(offset);
                let (year, month, day) = date.ymd();
                let years = usize::try_from(year - first_year).unwrap_or(0);
                Date {
                    text: format!("{year:04}-{month:02}-{day:02}"),
                    month,
                    day,
                    month_index: years * 12 + usize::try_from(month - 1).unwrap_or(0),
                    // 1970-01-01 was a Thursday, the fourth day of the week
                    weekday: usize::try_from((date.0 + 3).rem_euclid(7)).unwrap_or(0),
                }
            })
            .collect();
        Self { first_day, days }
    }

    fn season(&self, day: usize) -> f64 {
        let date = &self.days[day];
        let peak = date.month == PEAK.month
            && (PEAK.day..PEAK.day + i8::try_from(PEAK.days).unwrap_or(0)).contains(&date.day);
        let peak = if peak { PEAK_FACTOR } else { 1.0 };
        MONTH_FACTORS[date.month_index % 12] * WEEKDAY_FACTORS[date.weekday] * peak
    }

    fn in_gift_season(&self, day: usize) -> bool {
        let date = &self.days[day];
        (GIFT_SEASON[0]..=GIFT_SEASON[1]).contains(&(date.month, date.day))
    }

    fn index_of(&self, year: i32, month: i8, day: i8) -> usize {
        let (first_year, ..) = self.first_day.ymd();
        let date = i16::try_from(year)
            .ok()
            .and_then(|year| Day::from_ymd(first_year + year, month, day));
        date.and_then(|date| usize::try_from(date.days_since(self.first_day)).ok())
            .unwrap_or(usize::MAX)
    }

    fn range_of(&self, log: &ShopLogParameters) -> Range<usize> {
        let start = self.index_of(log.year, log.month, log.day);
        start..start.saturating_add(usize::try_from(log.days).unwrap_or(0))
    }
}

fn promotion_demand(persona: Persona, promoted: bool) -> f64 {
    match (persona, promoted) {
        (Persona::DiscountLover, true) => SHOP.lover_promotion_demand,
        (Persona::DiscountLover, false) => SHOP.lover_other_demand,
        (_, true) => SHOP.promotion_demand,
        (_, false) => 1.0,
    }
}

fn promotions(calendar: &Calendar) -> Vec<i64> {
    let mut percent = vec![0; calendar.days.len()];
    for (index, date) in calendar.days.iter().enumerate() {
        for promotion in &PROMOTIONS {
            if (date.month, date.day) == (promotion.month, promotion.day) {
                let end = index + usize::try_from(promotion.days).unwrap_or(0);
                let end = end.min(percent.len());
                percent[index..end].fill(promotion.percent);
            }
        }
    }
    percent
}

fn campaigns(calendar: &Calendar, years: u32) -> Vec<Campaign> {
    let years = i32::try_from(years).unwrap_or(0);
    let year_and_parameters =
        (0..years).flat_map(|year| CAMPAIGNS.iter().map(move |campaign| (year, campaign)));
    year_and_parameters
        .filter(|(year, campaign)| campaign.year == year % 3)
        .map(|(year, campaign)| {
            let sent_day = calendar.index_of(year, campaign.month, campaign.day);
            let days = usize::try_from(SHOP.campaign_window_days).unwrap_or(0);
            let label = i32::from(SHOP.first_year) + year;
            Campaign {
                key: format!("{}-{label}", campaign.name),
                coupon: format!("{}{label}", campaign.name.to_ascii_uppercase()),
                sent_day,
                window: sent_day..sent_day + days,
                idle_days: usize::try_from(campaign.idle_days).unwrap_or(0),
                lift: campaign.lift,
                coupon_percent: campaign.coupon_percent,
            }
        })
        .collect()
}

fn spend_levels(seed: u64, years: u32) -> Vec<Vec<f64>> {
    let mut draw = Draw::new(seed, 0, Purpose::Shop);
    let months = usize::try_from(years + 2).unwrap_or(0) * 12;
    let mut level = |paid: bool| {
        let z = draw.normal() * SHOP.advertising_spread;
        if paid { libm::exp(z) } else { 1.0 }
    };
    CHANNELS
        .iter()
        .map(|channel| {
            (0..months)
                .map(|_| level(channel.acquisition_cost > 0.0))
                .collect()
        })
        .collect()
}

/// Returns 0 and the running sums.
fn cumulate(weights: &[f64]) -> Vec<f64> {
    let mut sums = Vec::with_capacity(weights.len() + 1);
    let mut sum = 0.0;
    sums.push(sum);
    for weight in weights {
        sum += weight;
        sums.push(sum);
    }
    sums
}
