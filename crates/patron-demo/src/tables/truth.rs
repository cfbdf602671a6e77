//! Files of `truth/`: what the records were generated from, and what came after them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Row, Subject};
use crate::error::DemoError;
use crate::futures::{Expectation, Worth, expectation};
use crate::history::{Arm, History, Reason};
use crate::order::{Experience, Order};
use crate::person::Person;
use crate::shop::{Persona, Shop};

const CUSTOMERS: &str = "customer_number,customer_id,email,channel,discount_lover,returner,complainer,gift_buyer,whale,staff,guest,purchases_per_year,regularity_shape,exit_after_first_order,lifetime_scale_days,order_value_median,satisfaction,left_on,left_because,alive_at_end,bad_experiences,orders_on_record,revenue_on_record,expected_purchases,expected_purchases_se,expected_revenue,expected_revenue_se,expected_margin,actual_purchases,actual_revenue,actual_margin";
const FUTURE_ORDERS: &str = "order_id,customer_id,email,ordered_at,status,net,refunded,margin";
const CAMPAIGNS: &str =
    "campaign,sent_on,lift,treated,holdout,treated_living,orders_without_mail,orders_caused";

/// The files of the truth that have a row per customer, in order of customer number.
#[derive(Debug)]
pub(crate) struct Truth {
    customers: Plain,
    future_orders: Plain,
    campaigns: Vec<CampaignTotals>,
}

/// What a campaign did, summed over customers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CampaignTotals {
    /// Customers who were sent the mail.
    pub(crate) treated: u64,
    holdout: u64,
    treated_living: u64,
    orders_without_mail: f64,
    orders_caused: f64,
}

/// The paths and rows of the files, and what each campaign did.
#[derive(Debug)]
pub(crate) struct FinishedTruth {
    pub(crate) files: Vec<(PathBuf, u64)>,
    pub(crate) campaigns: Vec<CampaignTotals>,
}

impl Truth {
    pub(crate) fn create(folder: &Path, shop: &Shop) -> Result<Self, DemoError> {
        Ok(Self {
            customers: Plain::create(folder.join("customers.csv"), CUSTOMERS)?,
            future_orders: Plain::create(folder.join("future_orders.csv"), FUTURE_ORDERS)?,
            campaigns: vec![CampaignTotals::default(); shop.campaigns.len()],
        })
    }

    /// Writes what is true of one customer.
    pub(crate) fn write(&mut self, subject: &Subject<'_>, row: &mut Row) -> Result<(), DemoError> {
        let Subject {
            shop,
            person,
            contact,
            history,
        } = *subject;
        let (past, future) = split(history, shop.window_days);
        row.number(person.number());
        subject.customer_id(row);
        row.text(&contact.email);
        traits(person, row);
        if history.left_day < shop.horizon_days as f64 {
            row.text(shop.date(crate::draw::whole(history.left_day)))
                .text(reason(history.left_because));
        } else {
            row.blank().blank();
        }
        let alive = history.left_day >= shop.window_days as f64;
        let bad = past
            .iter()
            .filter(|order| order.experience.is_some())
            .count();
        let real = past.iter().filter(|order| order.is_paid());
        let kept = real.map(|order| order.net() - order.refunded_before(shop.window_days));
        let (count, revenue) = kept.fold((0, 0), |(count, sum), kept| {
            (count + u64::from(kept > 0), sum + kept)
        });
        row.flag(alive)
            .number(bad as u64)
            .number(count)
            .cents(revenue);
        worth(
            &expectation(shop, person, history),
            &Worth::of(future.iter()),
            row,
        );
        self.customers.push(row)?;
        for order in future {
            self.write_future_order(subject, order, row)?;
        }
        self.count_campaigns(shop, person, history);
        Ok(())
    }

    fn write_future_order(
        &mut self,
        subject: &Subject<'_>,
        order: &Order,
        row: &mut Row,
    ) -> Result<(), DemoError> {
        let refunded = order.refunded_before(usize::MAX);
        let (_, margin) = order.value();
        row.order_id(subject.person.number(), order.sequence);
        subject.customer_id(row);
        row.text(&subject.contact.email)
            .instant(subject.shop, order.at)
            .text(if order.is_paid() { "paid" } else { "not paid" })
            .cents(order.net())
            .cents(refunded)
            .decimal(margin as f64 / 100.0, 2);
        self.future_orders.push(row)
    }

    fn count_campaigns(&mut self, shop: &Shop, person: &Person, history: &History) {
        let campaigns = shop
            .campaigns
            .iter()
            .zip(&history.arms)
            .zip(&history.passed_at_window);
        for (((campaign, arm), passed), totals) in campaigns.zip(&mut self.campaigns) {
            match arm {
                Some(Arm::Treated) => totals.treated += 1,
                Some(Arm::Holdout) => totals.holdout += 1,
                None => {}
            }
            let living = history.left_day > campaign.sent_day as f64;
            if *arm != Some(Arm::Treated) || !living || person.persona == Persona::GiftBuyer {
                continue;
            }
            let last = history.left_day.min(campaign.window.end as f64);
            let demand = shop.clock_at_time(person.persona, last)
                - shop.clock_at(person.persona, campaign.window.start);
            let passed = passed.unwrap_or_default();
            let expected = |factor| person.renewal().expected_purchases(passed, demand * factor);
            totals.treated_living += 1;
            totals.orders_without_mail += expected(1.0);
            totals.orders_caused += expected(1.0 + campaign.lift) - expected(1.0);
        }
    }

    /// Ends the files and writes the totals by campaign.
    pub(crate) fn finish(
        self,
        folder: &Path,
        shop: &Shop,
        row: &mut Row,
    ) -> Result<FinishedTruth, DemoError> {
        let mut campaigns = Plain::create(folder.join("campaigns.csv"), CAMPAIGNS)?;
        for (campaign, totals) in shop.campaigns.iter().zip(&self.campaigns) {
            row.text(&campaign.key)
                .text(shop.date(campaign.sent_day))
                .decimal(campaign.lift, 2)
                .number(totals.treated)
                .number(totals.holdout)
                .number(totals.treated_living)
                .decimal(totals.orders_without_mail, 3)
                .decimal(totals.orders_caused, 3);
            campaigns.push(row)?;
        }
        let files = vec![
            self.customers.finish()?,
            self.future_orders.finish()?,
            campaigns.finish()?,
        ];
        Ok(FinishedTruth {
            files,
            campaigns: self.campaigns,
        })
    }
}

/// Returns the orders on record and those after.
pub(crate) fn split(history: &History, window_days: usize) -> (&[Order], &[Order]) {
    let count = history
        .orders
        .partition_point(|order| order.at.day < window_days);
    history.orders.split_at(count)
}

fn traits(person: &Person, row: &mut Row) {
    row.text(person.channel().key)
        .flag(person.persona == Persona::DiscountLover)
        .flag(person.returner)
        .flag(person.complainer)
        .flag(person.persona == Persona::GiftBuyer)
        .flag(person.whale)
        .flag(person.staff)
        .flag(person.guest)
        .decimal(person.purchases_per_year, 4)
        .number(u64::from(person.shape))
        .decimal(person.exit_after_first_order, 3)
        .decimal(person.lifetime_scale_days, 1)
        .decimal(libm::exp(person.ln_order_value), 2)
        .decimal(person.satisfaction, 3);
}

fn worth(expected: &Expectation, actual: &Worth, row: &mut Row) {
    row.decimal(expected.mean.purchases, 4)
        .decimal(expected.purchases_standard_error, 4)
        .decimal(expected.mean.revenue, 2)
        .decimal(expected.revenue_standard_error, 2)
        .decimal(expected.mean.margin, 2)
        .decimal(actual.purchases, 0)
        .decimal(actual.revenue, 2)
        .decimal(actual.margin, 2);
}

const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Lifetime => "lifetime",
        Reason::AfterFirstOrder => "after first order",
        Reason::Experience(Experience::Late) => "late delivery",
        Reason::Experience(Experience::Faulty) => "faulty goods",
        Reason::Experience(Experience::OutOfStock) => "out of stock",
    }
}

/// A CSV file written as it comes.
#[derive(Debug)]
pub(super) struct Plain {
    path: PathBuf,
    out: BufWriter<File>,
    rows: u64,
}

impl Plain {
    pub(super) fn create(path: PathBuf, header: &str) -> Result<Self, DemoError> {
        let written = File::create(&path).and_then(|file| {
            let mut out = BufWriter::with_capacity(1 << 18, file);
            writeln!(out, "{header}").map(|()| out)
        });
        match written {
            Ok(out) => Ok(Self { path, out, rows: 0 }),
            Err(source) => Err(DemoError::Write { path, source }),
        }
    }

    pub(super) fn push(&mut self, row: &mut Row) -> Result<(), DemoError> {
        self.rows += 1;
        let written = self.out.write_all(row.take().bytes());
        written.map_err(|source| DemoError::Write {
            path: self.path.clone(),
            source,
        })
    }

    pub(super) fn finish(mut self) -> Result<(PathBuf, u64), DemoError> {
        match self.out.flush() {
            Ok(()) => Ok((self.path, self.rows)),
            Err(source) => Err(DemoError::Write {
                path: self.path,
                source,
            }),
        }
    }
}
