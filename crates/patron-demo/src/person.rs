//! Who a customer is: hidden traits, and name and address.

use crate::catalogue::CATEGORIES;
use crate::draw::{Draw, Purpose};
use crate::names::{COMPANY_ENDINGS, LOCALES};
use crate::parameters::{CHANNELS, ChannelParameters, SHOP};
use crate::renewal::Renewal;
use crate::shop::{DAYS_PER_YEAR, Persona, Shop};

/// First customer number.
const FIRST_NUMBER: u64 = 1_000_001;
/// Whales leave more rarely.
const WHALE_EXIT_FACTOR: f64 = 0.4;
const WHALE_LIFETIME_FACTOR: f64 = 2.0;

/// The hidden traits of a customer.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) index: u64,
    pub(crate) channel: usize,
    pub(crate) persona: Persona,
    pub(crate) returner: bool,
    pub(crate) complainer: bool,
    pub(crate) whale: bool,
    pub(crate) staff: bool,
    pub(crate) guest: bool,
    pub(crate) consent: bool,
    pub(crate) purchases_per_year: f64,
    pub(crate) shape: u32,
    pub(crate) exit_after_first_order: f64,
    pub(crate) lifetime_scale_days: f64,
    /// Logarithm of the median goods value of an order.
    pub(crate) ln_order_value: f64,
    pub(crate) satisfaction: f64,
    pub(crate) favourites: [usize; 2],
    pub(crate) first_day: usize,
    /// Share of the first day's demand that came before the first order.
    pub(crate) first_share: f64,
    /// Index into the locales.
    pub(crate) locale: usize,
}

impl Person {
    /// Draws the traits of a customer; they depend on the seed and the index alone.
    pub(crate) fn new(shop: &Shop, index: u64) -> Self {
        let mut draw = Draw::new(shop.seed, index, Purpose::Traits);
        let channel = draw.weighted(CHANNELS.iter().map(|channel| channel.share));
        let parameters = &CHANNELS[channel];
        let persona = persona(&mut draw, parameters);
        let whale = draw.chance(parameters.whale) && persona == Persona::Ordinary;
        let returner = draw.chance(parameters.returner) && !whale && persona != Persona::GiftBuyer;
        let staff = draw.chance(SHOP.staff);
        let complainer = draw.chance(SHOP.complainer) && !whale;
        let guest = draw.chance(SHOP.guest) && !staff && !whale;
        let shape = SHOP.regularity_shapes[draw.weighted(SHOP.regularity_shares.iter().copied())];
        let (rate, value) = rate_and_value(&mut draw, parameters, whale);
        let satisfaction = draw.normal();
        let ln_lifetime =
            SHOP.lifetime_spread * draw.normal() + SHOP.satisfaction_on_lifetime * satisfaction;
        let lifetime_factor = if whale { WHALE_LIFETIME_FACTOR } else { 1.0 };
        let exit_factor = if whale { WHALE_EXIT_FACTOR } else { 1.0 };
        let popularity = CATEGORIES.iter().map(|category| category.popularity);
        let favourites = [draw.weighted(popularity.clone()), draw.weighted(popularity)];
        Self {
            index,
            channel,
            persona,
            returner,
            complainer,
            whale,
            staff,
            guest,
            consent: draw.chance(SHOP.consent) && !guest,
            purchases_per_year: rate,
            shape: if whale { 4 } else { shape },
            exit_after_first_order: exit_factor * parameters.exit_after_first_order,
            lifetime_scale_days: parameters.lifetime_days
                * lifetime_factor
                * libm::exp(ln_lifetime),
            ln_order_value: value,
            satisfaction,
            favourites,
            first_day: shop.arrival_day(channel, persona, draw.unit()),
            first_share: draw.unit(),
            locale: draw.weighted(LOCALES.iter().map(|locale| locale.share)),
        }
    }

    /// Returns the customer number.
    pub(crate) const fn number(&self) -> u64 {
        FIRST_NUMBER + self.index
    }

    /// Returns the purchase process, demand in days at season factor 1.
    pub(crate) const fn renewal(&self) -> Renewal {
        Renewal {
            shape: self.shape,
            rate: self.purchases_per_year / DAYS_PER_YEAR,
        }
    }

    /// Returns the parameters of the channel of acquisition.
    pub(crate) const fn channel(&self) -> &'static ChannelParameters {
        &CHANNELS[self.channel]
    }

    /// Returns the index of this customer's kind in pairs of (ordinary, discount-lover) probabilities.
    pub(crate) fn kind(&self) -> usize {
        usize::from(self.persona == Persona::DiscountLover)
    }
}

fn persona(draw: &mut Draw, channel: &ChannelParameters) -> Persona {
    let share = draw.unit();
    if share < channel.gift_buyer {
        Persona::GiftBuyer
    } else if share < channel.gift_buyer + channel.discount_lover {
        Persona::DiscountLover
    } else {
        Persona::Ordinary
    }
}

/// Draws purchases per year and the logarithm of order value, which go together.
fn rate_and_value(draw: &mut Draw, channel: &ChannelParameters, whale: bool) -> (f64, f64) {
    let correlation = SHOP.rate_value_correlation;
    let z_rate = draw.normal();
    let z_value = correlation * z_rate + (1.0 - correlation * correlation).sqrt() * draw.normal();
    let (rate_factor, value_factor) = if whale {
        (SHOP.whale_rate, SHOP.whale_value)
    } else {
        (1.0, 1.0)
    };
    let rate = channel.purchases_per_year * rate_factor * libm::exp(SHOP.rate_spread * z_rate);
    let value = libm::log(channel.order_value * value_factor) + SHOP.value_spread_between * z_value;
    (rate, value)
}

/// Name, address and how to reach a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) given_name: &'static str,
    pub(crate) family_name: &'static str,
    /// As it is written on a parcel.
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) gender: &'static str,
    pub(crate) birth_date: String,
    pub(crate) address: String,
    pub(crate) postal_code: String,
    pub(crate) city: &'static str,
    pub(crate) region: &'static str,
    pub(crate) country: &'static str,
    pub(crate) company: String,
}

impl Contact {
    /// Draws a name and an address.
    pub(crate) fn new(shop: &Shop, person: &Person) -> Self {
        let mut draw = Draw::new(shop.seed, person.index, Purpose::Contact);
        let locale = &LOCALES[person.locale];
        let female = draw.chance(0.58);
        let given = *draw.pick(if female { locale.female } else { locale.male });
        let family = *draw.pick(locale.family);
        let place = *draw.pick(locale.places);
        let street = *draw.pick(locale.streets);
        let house = draw.between(1, 120);
        let width = locale.phone_digits;
        let line = draw.below(10_usize.pow(u32::try_from(width.min(3)).unwrap_or(0)));
        let postal = draw.between(100, 999);
        let birth = (
            draw.between(1948, 2004),
            draw.between(1, 12),
            draw.between(1, 28),
        );
        let has_birth_date = draw.chance(0.4);
        let has_phone = draw.chance(0.7);
        let ending = *draw.pick(&COMPANY_ENDINGS);
        let name = match locale.family_first {
            true => format!("{}{}", family.0, given.0),
            false => format!("{} {}", given.0, family.0),
        };
        let domain = locale.mail_domain;
        let email = match person.staff {
            true => format!("staff{}@shop.example.com", person.number()),
            false => format!("{}.{}.{}@{domain}", given.1, family.1, person.number()),
        };
        Self {
            given_name: given.0,
            family_name: family.0,
            name,
            email,
            phone: if has_phone {
                format!("{}{line:0width$}", locale.phone_prefix)
            } else {
                String::new()
            },
            gender: if female { "female" } else { "male" },
            birth_date: if has_birth_date {
                format!("{}-{:02}-{:02}", birth.0, birth.1, birth.2)
            } else {
                String::new()
            },
            address: address(locale.country, street, house),
            postal_code: postal_code(locale.country, place.2, postal),
            city: place.0,
            region: place.1,
            country: locale.country,
            company: if person.whale {
                format!("{} {ending}", family.0)
            } else {
                String::new()
            },
        }
    }
}

/// Returns a postal code of the country's form; British ones end in ZZ, which is never assigned.
fn postal_code(country: &str, beginning: &str, digits: i32) -> String {
    match country {
        "GB" => format!("{beginning}{}ZZ", digits % 10),
        "DE" => format!("{beginning}{digits}"),
        _ => format!("{beginning}{:02}", digits % 100),
    }
}

fn address(country: &str, street: &str, house: i32) -> String {
    match country {
        "GB" => format!("{house} {street}"),
        "DE" => format!("{street} {house}"),
        _ => format!("{street}{house}号"),
    }
}
