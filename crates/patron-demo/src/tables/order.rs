//! Rows of `orders.csv`, `order_lines.csv` and `refunds.csv`.

use super::{Row, Subject};
use crate::error::DemoError;
use crate::order::{Discount, Order, Outcome};
use crate::parameters::SHOP;
use crate::shop::Moment;
use crate::sorter::TimeSorter;

/// Header of `orders.csv`: the canonical columns, then contact columns as most shops' exports have them.
pub(crate) const ORDERS: &str = "order_id,customer_id,ordered_at,status,gross,discount,platform_discount,shipping,tax,net,refunded,currency,coupon_code,channel,source,store_id,account_id,subscription_id,payment_due_at,shipped_at,delivered_at,updated_at,email,phone,name,consent_email";
/// Header of `order_lines.csv`.
pub(crate) const LINES: &str = "order_id,line,customer_id,ordered_at,product_id,category,quantity,unit_price,discount,unit_cost,is_gift_card";
/// Header of `refunds.csv`.
pub(crate) const REFUNDS: &str = "refund_id,order_id,customer_id,refunded_at,amount,kind,reason";

const BUSINESS_PAYS_AFTER_DAYS: usize = 30;

/// Writes an order as it stands when the records end.
pub(crate) fn write_order(
    subject: &Subject<'_>,
    order: &Order,
    row: &mut Row,
    table: &mut TimeSorter,
) -> Result<(), DemoError> {
    let Subject {
        shop,
        person,
        contact,
        ..
    } = *subject;
    row.order_id(person.number(), order.sequence);
    subject.customer_id(row);
    let refunded = order.refunded_before(shop.window_days);
    row.instant(shop, order.at)
        .text(status(order, refunded))
        .cents(order.gross())
        .cents(order.discount_cents())
        .cents(0)
        .cents(order.shipping)
        .cents(order.tax())
        .cents(order.net())
        .cents(refunded)
        .text(SHOP.currency)
        .text(coupon_code(subject, order))
        .text(order.channel)
        .text(order.source)
        .text("main");
    if person.whale {
        row.id(b'A', person.number(), 1).blank();
        row.instant(
            shop,
            Moment {
                day: order.at.day + BUSINESS_PAYS_AFTER_DAYS,
                second: 0,
            },
        );
    } else {
        row.blank().blank().blank();
    }
    row.known_instant(shop, order.shipped)
        .known_instant(shop, order.delivered)
        .instant(shop, updated_at(subject, order))
        .text(&contact.email)
        .text(&contact.phone)
        .text(&contact.name)
        .flag(subject.consent());
    table.push(order.at.seconds(), row.take().bytes())
}

fn status(order: &Order, refunded: i64) -> &'static str {
    match order.outcome {
        Outcome::Test => "test",
        Outcome::CancelledByCustomer | Outcome::OutOfStock => "cancelled",
        Outcome::Pending => "pending",
        Outcome::Paid if refunded >= order.net() => "refunded",
        Outcome::Paid => "paid",
    }
}

fn coupon_code<'a>(subject: &Subject<'a>, order: &Order) -> &'a str {
    match order.discount {
        Discount::None | Discount::Promotion => "",
        Discount::Coupon => "TEATIME",
        Discount::Campaign(index) => &subject.shop.campaigns[index].coupon,
    }
}

/// The latest thing known about the order when the records end.
fn updated_at(subject: &Subject<'_>, order: &Order) -> Moment {
    let decided = match order.outcome {
        Outcome::CancelledByCustomer | Outcome::OutOfStock => Moment {
            day: order.at.day,
            second: (order.at.second + 3_600).min(86_399),
        },
        _ => order.at,
    };
    let later = order.refunds.iter().map(|refund| refund.at);
    let later = later.chain(order.shipped).chain(order.delivered);
    let known = later.filter(|at| at.day < subject.shop.window_days);
    known.max().unwrap_or(decided).max(decided)
}

/// Writes the lines of an order.
pub(crate) fn write_lines(
    subject: &Subject<'_>,
    order: &Order,
    row: &mut Row,
    table: &mut TimeSorter,
) -> Result<(), DemoError> {
    for (number, line) in (1..).zip(&order.lines) {
        row.order_id(subject.person.number(), order.sequence)
            .number(number);
        subject.customer_id(row);
        row.instant(subject.shop, order.at)
            .text(&format!("P{:03}", line.product.number()))
            .text(line.product.category().key)
            .number(line.quantity.unsigned_abs())
            .cents(line.unit_price)
            .cents(line.discount)
            .cents(line.product.unit_cost_cents())
            .flag(false);
        table.push(order.at.seconds(), row.take().bytes())?;
    }
    Ok(())
}

/// Writes the refunds of an order that are known when the records end.
pub(crate) fn write_refunds(
    subject: &Subject<'_>,
    order: &Order,
    row: &mut Row,
    table: &mut TimeSorter,
) -> Result<(), DemoError> {
    let known = order
        .refunds
        .iter()
        .filter(|refund| refund.at.day < subject.shop.window_days);
    for (number, refund) in (1..).zip(known) {
        row.text(&format!(
            "R{}-{}-{number}",
            subject.person.number(),
            order.sequence
        ))
        .order_id(subject.person.number(), order.sequence);
        subject.customer_id(row);
        row.instant(subject.shop, refund.at)
            .cents(refund.cents)
            .text(refund.kind)
            .text(refund.reason);
        table.push(refund.at.seconds(), row.take().bytes())?;
    }
    Ok(())
}
