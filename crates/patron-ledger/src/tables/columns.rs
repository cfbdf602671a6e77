//! The columns of each table, in their order. `personal` ones have no bounds in the catalogue.

use super::{Column, ColumnKind};

const fn column(name: &'static str, kind: ColumnKind) -> Column {
    Column {
        name,
        kind,
        required: false,
        personal: false,
    }
}

const fn text(name: &'static str) -> Column {
    column(name, ColumnKind::Text)
}

const fn key(name: &'static str) -> Column {
    Column {
        required: true,
        ..text(name)
    }
}

const fn personal(name: &'static str) -> Column {
    Column {
        personal: true,
        ..text(name)
    }
}

const fn decimal(name: &'static str) -> Column {
    column(name, ColumnKind::Decimal)
}

const fn instant(name: &'static str) -> Column {
    column(name, ColumnKind::Instant)
}

const fn required(column: Column) -> Column {
    Column {
        required: true,
        ..column
    }
}

pub(super) const ORIGIN: [Column; 5] = [
    required(column("import_id", ColumnKind::BigInteger)),
    required(column("row_hash", ColumnKind::BigInteger)),
    instant("version_at"),
    text("origin_file"),
    column("origin_line", ColumnKind::BigInteger),
];

pub(super) const ORDERS: &[Column] = &[
    key("order_id"),
    key("customer_id"),
    key("person_id"),
    required(instant("ordered_at")),
    text("status"),
    decimal("gross"),
    decimal("discount"),
    decimal("platform_discount"),
    decimal("shipping"),
    decimal("tax"),
    decimal("net"),
    decimal("refunded"),
    decimal("quantity"),
    text("currency"),
    text("coupon_code"),
    text("channel"),
    text("source"),
    text("store_id"),
    text("account_id"),
    text("subscription_id"),
    instant("payment_due_at"),
    instant("shipped_at"),
    instant("delivered_at"),
    instant("updated_at"),
    text("tags"),
    text("flag"),
    personal("memo"),
    column("content_hash", ColumnKind::BigInteger),
];

pub(super) const ORDER_LINES: &[Column] = &[
    key("order_id"),
    required(column("line", ColumnKind::BigInteger)),
    key("customer_id"),
    key("person_id"),
    required(instant("ordered_at")),
    text("product_id"),
    text("title"),
    text("category"),
    decimal("quantity"),
    decimal("unit_price"),
    decimal("discount"),
    decimal("net"),
    decimal("refunded"),
    decimal("unit_cost"),
    text("currency"),
    text("status"),
    column("is_gift_card", ColumnKind::Boolean),
    text("store_id"),
    instant("updated_at"),
    decimal("gross"),
    decimal("platform_discount"),
    decimal("shipping"),
    decimal("tax"),
    text("coupon_code"),
    text("channel"),
    text("source"),
    text("subscription_id"),
    instant("payment_due_at"),
    instant("shipped_at"),
    instant("delivered_at"),
    text("tags"),
    text("flag"),
    personal("memo"),
    column("content_hash", ColumnKind::BigInteger),
];

pub(super) const REFUNDS: &[Column] = &[
    key("refund_id"),
    text("order_id"),
    key("customer_id"),
    key("person_id"),
    instant("refunded_at"),
    text("product_id"),
    decimal("amount"),
    text("currency"),
    text("kind"),
    text("reason"),
    column("is_line", ColumnKind::Boolean),
    text("store_id"),
    column("content_hash", ColumnKind::BigInteger),
];

pub(super) const CUSTOMERS: &[Column] = &[
    key("customer_id"),
    key("person_id"),
    personal("email"),
    personal("phone"),
    personal("name"),
    personal("first_name"),
    personal("last_name"),
    personal("birth_date"),
    text("gender"),
    personal("address"),
    personal("postal_code"),
    text("city"),
    text("region"),
    text("country"),
    personal("company"),
    text("acquisition_channel"),
    instant("created_at"),
    personal("consents"),
    personal("interests"),
    personal("dislikes"),
    personal("attributes"),
    personal("tags"),
    text("store_id"),
    instant("updated_at"),
];

pub(super) const PRODUCTS: &[Column] = &[
    key("product_id"),
    text("title"),
    text("category"),
    decimal("price"),
    decimal("unit_cost"),
    decimal("stock"),
    text("store_id"),
];

pub(super) const EVENTS: &[Column] = &[
    key("event_id"),
    text("customer_id"),
    text("anonymous_id"),
    text("person_id"),
    required(instant("occurred_at")),
    text("kind"),
    text("product_id"),
    text("campaign"),
    personal("properties"),
    text("store_id"),
];

pub(super) const SURVEYS: &[Column] = &[
    key("response_id"),
    key("customer_id"),
    key("person_id"),
    required(instant("answered_at")),
    text("kind"),
    decimal("score"),
    personal("comment"),
    text("store_id"),
];

pub(super) const SPEND: &[Column] = &[
    required(column("date", ColumnKind::Date)),
    key("channel"),
    text("purpose"),
    text("campaign"),
    decimal("amount"),
    text("currency"),
    text("store_id"),
];

pub(super) const SHOP_LOG: &[Column] = &[
    required(column("date", ColumnKind::Date)),
    key("note"),
    text("store_id"),
];

pub(super) const SET_ASIDE: &[Column] = &[
    key("row_key"),
    text("order_id"),
    key("customer_id"),
    key("person_id"),
    instant("at"),
    key("class"),
    text("product_id"),
    decimal("amount"),
    text("status"),
    column("is_line", ColumnKind::Boolean),
    column("content_hash", ColumnKind::BigInteger),
];

pub(super) const IMPORTS: &[Column] = &[
    key("name"),
    key("sha256"),
    required(column("bytes", ColumnKind::BigInteger)),
    required(instant("imported_at")),
    text("preset"),
    required(column("rows_in", ColumnKind::BigInteger)),
    required(column("rows_new", ColumnKind::BigInteger)),
    required(column("rows_superseding", ColumnKind::BigInteger)),
    required(column("rows_unchanged", ColumnKind::BigInteger)),
    required(column("rows_set_aside", ColumnKind::BigInteger)),
    key("details"),
];
