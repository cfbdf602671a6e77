//! Generates a shop, customer by customer.

use std::path::{Path, PathBuf};

use patron_core::{Day, Money, MoneySum};

use crate::error::{DemoError, MOST_CUSTOMERS, MOST_YEARS};
use crate::footprints::{answers, events};
use crate::history::{self, History};
use crate::person::{Contact, Person};
use crate::shop::Shop;
use crate::sorter::TimeSorter;
use crate::tables::{
    CUSTOMERS, EVENTS, LINES, MEMBERS, ORDERS, REFUNDS, Row, SURVEYS, Subject, Truth,
    write_customer, write_events, write_lines, write_members, write_order, write_refunds,
    write_shop_tables, write_surveys,
};

/// Customers between two reports of progress.
const PROGRESS_EVERY: u64 = 1_000;
/// Sorting is counted as this share of the work.
const SORTING_SHARE: u64 = 4;
/// Above this many customers a bucket of rows is one day instead of a week.
const MANY_CUSTOMERS: u64 = 1_000_000;

/// What shop to generate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoOptions {
    /// How many customers come to the shop in its years.
    pub customers: u64,
    /// The seed: the same seed gives the same shop on every machine.
    pub seed: u64,
    /// How many years of records, from 2023-01-01 on.
    pub years: u32,
    /// Only `orders.csv`, nothing else: for measuring speed.
    pub orders_only: bool,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            customers: 20_000,
            seed: 1,
            years: 3,
            orders_only: false,
        }
    }
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoFile {
    /// Where it is.
    pub path: PathBuf,
    /// How many rows it has, the header not counted.
    pub rows: u64,
}

/// What was generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoSummary {
    /// How many people, guests and staff among them.
    pub customers: u64,
    /// How many orders, of any status.
    pub orders: u64,
    /// Goods after discounts of all paid orders, refunds deducted.
    pub revenue: MoneySum,
    /// First day on record.
    pub first_day: Day,
    /// Last day on record.
    pub last_day: Day,
    /// The files, those of `truth/` last.
    pub files: Vec<DemoFile>,
}

/// Writes a shop's files into a folder, which is made if it is not there. Files of the same names are replaced.
///
/// Customers are generated one after the other, each from random streams of their own, so a customer is the same in a
/// shop of any size; rows of each file are brought into order of time. Memory stays bounded (about 300 MB for any
/// number of customers, and the largest day of events when there are many millions). `progress` is called with work
/// done and total work.
///
/// # Errors
/// [`DemoError::Customers`] and [`DemoError::Years`] outside the bounds, [`DemoError::Write`] if the disk says no.
pub fn generate(
    folder: &Path,
    options: &DemoOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<DemoSummary, DemoError> {
    if !(1..=MOST_CUSTOMERS).contains(&options.customers) {
        return Err(DemoError::Customers {
            asked: options.customers,
        });
    }
    if !(1..=MOST_YEARS).contains(&options.years) {
        return Err(DemoError::Years {
            asked: options.years,
        });
    }
    refuse_what_is_not_a_demo(folder)?;
    let truth = folder.join("truth");
    let made = if options.orders_only { folder } else { &truth };
    std::fs::create_dir_all(made).map_err(|source| DemoError::Write {
        path: made.to_path_buf(),
        source,
    })?;
    let shop = Shop::new(options.seed, options.years);
    let mut work = Work {
        done: 0,
        total: options.customers + options.customers.div_ceil(SORTING_SHARE),
        report: progress,
    };
    let mut totals = Totals::default();
    let files = if options.orders_only {
        write_orders_only(folder, &shop, options, &mut totals, &mut work)?
    } else {
        write_everything(folder, &shop, options, &mut totals, &mut work)?
    };
    (work.report)(work.total, work.total);
    let last = i32::try_from(shop.window_days).unwrap_or(i32::MAX) - 1;
    Ok(DemoSummary {
        customers: options.customers,
        orders: totals.orders,
        revenue: totals.revenue,
        first_day: shop.first_day,
        last_day: shop.first_day.plus_days(last),
        files: files
            .into_iter()
            .map(|(path, rows)| DemoFile { path, rows })
            .collect(),
    })
}

struct Work<'a> {
    done: u64,
    total: u64,
    report: &'a mut dyn FnMut(u64, u64),
}

impl Work<'_> {
    fn customer_done(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(PROGRESS_EVERY) {
            (self.report)(self.done, self.total);
        }
    }

    /// Tells that a share of the sorting is done.
    fn sorted(&mut self, customers: u64, share: f64) {
        let sorting = (self.total - customers) as f64 * share.min(1.0);
        (self.report)(customers + crate::draw::whole(sorting) as u64, self.total);
    }
}

#[derive(Debug, Default)]
struct Totals {
    orders: u64,
    revenue: MoneySum,
}

impl Totals {
    fn add(&mut self, shop: &Shop, history: &History) {
        for order in history
            .orders
            .iter()
            .filter(|order| order.at.day < shop.window_days)
        {
            self.orders += 1;
            if order.is_paid() {
                let kept = order.net() - order.refunded_before(shop.window_days);
                self.revenue += Money(kept * 100);
            }
        }
    }
}

fn sorter(
    folder: &Path,
    name: &str,
    header: &'static str,
    shop: &Shop,
    customers: u64,
) -> TimeSorter {
    let days_per_bucket = if customers > MANY_CUSTOMERS { 1 } else { 7 };
    TimeSorter::new(folder, name, header, shop.window_days, days_per_bucket)
}

fn write_orders_only(
    folder: &Path,
    shop: &Shop,
    options: &DemoOptions,
    totals: &mut Totals,
    work: &mut Work<'_>,
) -> Result<Vec<(PathBuf, u64)>, DemoError> {
    let mut orders = sorter(folder, "orders.csv", ORDERS, shop, options.customers);
    let mut row = Row::default();
    for index in 0..options.customers {
        let person = Person::new(shop, index);
        let (history, contact) = (
            history::generate(shop, &person),
            Contact::new(shop, &person),
        );
        let subject = Subject {
            shop,
            person: &person,
            contact: &contact,
            history: &history,
        };
        for order in history
            .orders
            .iter()
            .filter(|order| order.at.day < shop.window_days)
        {
            write_order(&subject, order, &mut row, &mut orders)?;
        }
        totals.add(shop, &history);
        work.customer_done();
    }
    let mut ticks = 0_u32;
    let buckets = shop.window_days as f64 / 7.0;
    let file = orders.finish(|| {
        ticks += 1;
        work.sorted(options.customers, f64::from(ticks) / buckets);
    })?;
    Ok(vec![file])
}

/// The files that have rows by customer.
#[derive(Debug)]
struct Tables {
    orders: TimeSorter,
    lines: TimeSorter,
    refunds: TimeSorter,
    customers: TimeSorter,
    events: TimeSorter,
    surveys: TimeSorter,
    members: TimeSorter,
    truth: Truth,
}

impl Tables {
    fn create(folder: &Path, shop: &Shop, customers: u64) -> Result<Self, DemoError> {
        let table = |name, header| sorter(folder, name, header, shop, customers);
        Ok(Self {
            orders: table("orders.csv", ORDERS),
            lines: table("order_lines.csv", LINES),
            refunds: table("refunds.csv", REFUNDS),
            customers: table("customers.csv", CUSTOMERS),
            events: table("events.csv", EVENTS),
            surveys: table("surveys.csv", SURVEYS),
            members: table("campaign_members.csv", MEMBERS),
            truth: Truth::create(&folder.join("truth"), shop)?,
        })
    }

    fn write(&mut self, subject: &Subject<'_>, row: &mut Row) -> Result<(), DemoError> {
        let Subject {
            shop,
            person,
            history,
            ..
        } = *subject;
        for order in history
            .orders
            .iter()
            .filter(|order| order.at.day < shop.window_days)
        {
            write_order(subject, order, row, &mut self.orders)?;
            write_lines(subject, order, row, &mut self.lines)?;
            write_refunds(subject, order, row, &mut self.refunds)?;
        }
        write_customer(subject, row, &mut self.customers)?;
        write_events(
            subject,
            &events(shop, person, history),
            row,
            &mut self.events,
        )?;
        write_surveys(
            subject,
            &answers(shop, person, history),
            row,
            &mut self.surveys,
        )?;
        write_members(subject, row, &mut self.members)?;
        self.truth.write(subject, row)
    }

    fn finish(
        self,
        folder: &Path,
        shop: &Shop,
        customers: u64,
        work: &mut Work<'_>,
    ) -> Result<Vec<(PathBuf, u64)>, DemoError> {
        let sorters = [
            self.orders,
            self.lines,
            self.refunds,
            self.customers,
            self.events,
            self.surveys,
            self.members,
        ];
        let count = sorters.len() as f64;
        let mut files = Vec::new();
        for (done, sorter) in sorters.into_iter().enumerate() {
            files.push(sorter.finish(|| ())?);
            work.sorted(customers, (done + 1) as f64 / count);
        }
        let truth = self
            .truth
            .finish(&folder.join("truth"), shop, &mut Row::default())?;
        files.extend(write_shop_tables(
            folder,
            shop,
            customers,
            &truth.campaigns,
        )?);
        files.extend(truth.files);
        Ok(files)
    }
}

fn write_everything(
    folder: &Path,
    shop: &Shop,
    options: &DemoOptions,
    totals: &mut Totals,
    work: &mut Work<'_>,
) -> Result<Vec<(PathBuf, u64)>, DemoError> {
    let mut tables = Tables::create(folder, shop, options.customers)?;
    let mut row = Row::default();
    for index in 0..options.customers {
        let person = Person::new(shop, index);
        let (history, contact) = (
            history::generate(shop, &person),
            Contact::new(shop, &person),
        );
        totals.add(shop, &history);
        let subject = Subject {
            shop,
            person: &person,
            contact: &contact,
            history: &history,
        };
        tables.write(&subject, &mut row)?;
        work.customer_done();
    }
    tables.finish(folder, shop, options.customers, work)
}

/// Everything that a demo writes into its folder.
const WRITTEN: [&str; 12] = [
    "orders.csv",
    "order_lines.csv",
    "refunds.csv",
    "customers.csv",
    "products.csv",
    "events.csv",
    "surveys.csv",
    "spend.csv",
    "shop_log.csv",
    "campaigns.csv",
    "campaign_members.csv",
    "truth",
];

/// A demo replaces an earlier demo, known by its truth, and nothing else: a shop's own `orders.csv` has the same name.
fn refuse_what_is_not_a_demo(folder: &Path) -> Result<(), DemoError> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    let is_demo = folder.join("truth").join("parameters.json").is_file();
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    match names
        .into_iter()
        .find(|name| !is_demo || !WRITTEN.contains(&name.as_str()))
    {
        None => Ok(()),
        Some(foreign) => Err(DemoError::NotADemo {
            folder: folder.to_path_buf(),
            foreign,
        }),
    }
}
