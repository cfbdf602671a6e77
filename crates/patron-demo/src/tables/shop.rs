//! Files about the shop as a whole: products, spend, log, campaigns, and the parameters of the truth.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::truth::Plain;
use super::{CampaignTotals, Row};
use crate::catalogue::{CATEGORIES, PRODUCTS, ProductRef};
use crate::draw::to_cents;
use crate::error::DemoError;
use crate::parameters::{
    CAMPAIGNS, CARRIER_STRIKE, CHANNELS, HOUR_WEIGHTS, MONTH_FACTORS, OUTAGE, PEAK, PEAK_FACTOR,
    PRICE_RISE, PROMOTIONS, SHOP, ShopLogParameters, WEEKDAY_FACTORS,
};
use crate::shop::{Moment, Shop};

/// Writes `products.csv`, `spend.csv`, `shop_log.csv`, `campaigns.csv` and `truth/parameters.json`.
pub(crate) fn write_shop_tables(
    folder: &Path,
    shop: &Shop,
    customers: u64,
    totals: &[CampaignTotals],
) -> Result<Vec<(PathBuf, u64)>, DemoError> {
    let mut row = Row::default();
    Ok(vec![
        products(folder, shop, &mut row)?,
        spend(folder, shop, customers, totals, &mut row)?,
        shop_log(folder, shop, &mut row)?,
        campaigns(folder, shop, totals, &mut row)?,
        parameters(folder, shop, customers)?,
    ])
}

fn products(folder: &Path, shop: &Shop, row: &mut Row) -> Result<(PathBuf, u64), DemoError> {
    let header = "product_id,title,category,price,unit_cost,stock";
    let mut table = Plain::create(folder.join("products.csv"), header)?;
    let rise = shop.price_rise_percent(shop.window_days - 1);
    for product in ProductRef::all() {
        let stock = (product.number() * 37) % 120;
        row.text(&format!("P{:03}", product.number()))
            .text(product.product().title)
            .text(product.category().key)
            .cents(product.price_cents(rise))
            .cents(product.unit_cost_cents())
            .number(stock as u64);
        table.push(row)?;
    }
    table.finish()
}

fn spend(
    folder: &Path,
    shop: &Shop,
    customers: u64,
    totals: &[CampaignTotals],
    row: &mut Row,
) -> Result<(PathBuf, u64), DemoError> {
    let mut table = Plain::create(
        folder.join("spend.csv"),
        "date,channel,amount,currency,purpose",
    )?;
    let customers = customers as f64;
    let all_shares: f64 = CHANNELS.iter().map(|channel| channel.share).sum();
    for month in 0..shop.arrivals_by_month[0].len() {
        let first = shop
            .first_day
            .plus_months(u32::try_from(month).unwrap_or(0));
        let date = first.to_string();
        let mut write = |channel: &str, amount: f64, purpose: &str| {
            row.text(&date)
                .text(channel)
                .cents(to_cents(amount))
                .text(SHOP.currency)
                .text(purpose);
            table.push(row)
        };
        for (index, channel) in CHANNELS.iter().enumerate() {
            // arrivals ∝ level^elasticity; what they would be at level 1 is paid for at the level of the month
            let level = shop.spend_levels[index][month];
            let arrivals =
                shop.arrivals_by_month[index][month] * customers * channel.share / all_shares;
            let at_level_one = arrivals / libm::exp(SHOP.advertising_elasticity * libm::log(level));
            if channel.acquisition_cost > 0.0 {
                write(
                    channel.key,
                    channel.acquisition_cost * at_level_one * level,
                    "acquisition",
                )?;
            }
        }
        let sent = shop.campaigns.iter().zip(totals);
        let sent =
            sent.filter(|(campaign, _)| shop.date(campaign.sent_day).starts_with(&date[..7]));
        let mails: u64 = sent.map(|(_, totals)| totals.treated).sum();
        let retention = customers * SHOP.retention_per_customer + mails as f64 * SHOP.mail_cost;
        write("email", retention, "retention")?;
        let season = MONTH_FACTORS[month % 12];
        write(
            "brand",
            customers * SHOP.brand_per_customer * season,
            "brand",
        )?;
    }
    table.finish()
}

fn shop_log(folder: &Path, shop: &Shop, row: &mut Row) -> Result<(PathBuf, u64), DemoError> {
    let mut notes: Vec<(usize, String)> = Vec::new();
    let years = shop.horizon_years() - 1;
    for year in 0..years {
        for promotion in &PROMOTIONS {
            if let Some(day) = shop.day_index(year, promotion.month, promotion.day) {
                let note = format!(
                    "sale: {}, {} % for {} days",
                    promotion.name, promotion.percent, promotion.days
                );
                notes.push((day, note));
            }
        }
    }
    for log in [OUTAGE, PRICE_RISE, CARRIER_STRIKE] {
        let year = usize::try_from(log.year).unwrap_or(0);
        if let Some(day) = shop.day_index(year, log.month, log.day) {
            notes.push((day, log.note.to_owned()));
            if log.days > 1 {
                let end = day + usize::try_from(log.days).unwrap_or(0) - 1;
                notes.push((end, format!("end of {}", log.note)));
            }
        }
    }
    notes.sort();
    let mut table = Plain::create(folder.join("shop_log.csv"), "date,note")?;
    for (day, note) in notes.iter().filter(|(day, _)| *day < shop.window_days) {
        row.text(shop.date(*day)).text(note);
        table.push(row)?;
    }
    table.finish()
}

fn campaigns(
    folder: &Path,
    shop: &Shop,
    totals: &[CampaignTotals],
    row: &mut Row,
) -> Result<(PathBuf, u64), DemoError> {
    let header = "campaign,sent_at,channel,audience,holdout_share,window_days,coupon_code,coupon_percent,cost";
    let mut table = Plain::create(folder.join("campaigns.csv"), header)?;
    for (campaign, totals) in shop.campaigns.iter().zip(totals) {
        let sent = Moment {
            day: campaign.sent_day,
            second: 0,
        };
        let audience = match campaign.idle_days {
            0 => "consent to e-mail".to_owned(),
            days => format!("consent to e-mail, no order for {days} days"),
        };
        row.text(&campaign.key)
            .instant(shop, sent)
            .text("email")
            .text(&audience)
            .decimal(SHOP.holdout, 2)
            .number(campaign.window.len() as u64)
            .text(&campaign.coupon)
            .number(campaign.coupon_percent.unsigned_abs())
            .cents(to_cents(totals.treated as f64 * SHOP.mail_cost));
        table.push(row)?;
    }
    table.finish()
}

fn parameters(folder: &Path, shop: &Shop, customers: u64) -> Result<(PathBuf, u64), DemoError> {
    let log: [ShopLogParameters; 3] = [OUTAGE, PRICE_RISE, CARRIER_STRIKE];
    let truth = json!({
        "seed": shop.seed,
        "customers": customers,
        "first_day": shop.date(0),
        "last_day": shop.date(shop.window_days - 1),
        "last_future_day": shop.date(shop.horizon_days - 1),
        "shop": SHOP,
        "channels": CHANNELS,
        "month_factors": MONTH_FACTORS,
        "weekday_factors": WEEKDAY_FACTORS,
        "hour_weights": HOUR_WEIGHTS,
        "november_peak": { "days": PEAK, "factor": PEAK_FACTOR },
        "promotions": PROMOTIONS,
        "campaigns": CAMPAIGNS,
        "log": log,
        "categories": CATEGORIES,
        "products": PRODUCTS,
        "advertising_levels": shop.spend_levels,
    });
    let path = folder.join("truth").join("parameters.json");
    let written = serde_json::to_vec_pretty(&truth)
        .map_err(std::io::Error::other)
        .and_then(|bytes| std::fs::write(&path, bytes));
    match written {
        Ok(()) => Ok((path, 1)),
        Err(source) => Err(DemoError::Write { path, source }),
    }
}
