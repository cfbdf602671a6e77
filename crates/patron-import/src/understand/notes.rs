//! What is said to the user: every default and every guess.

use crate::field::Field;
use crate::options::{DateFormat, DecimalMark, ImportOptions};
use crate::preset;
use crate::understand::{Table, plan};
use crate::understanding::{
    AmountRule, GrainRule, LineDiscount, Note, PresetReason, Understanding, UsedColumn,
};
use crate::value::date::{self, ParsedTime};
use crate::words;

/// So many orders without anyone coming back are more than chance.
const MANY_ORDERS: usize = 500;
/// Status words of the sample that are listed, at most.
const LISTED_WORDS: usize = 10;

fn note(key: &'static str, params: &[(&'static str, &str)], text: String) -> Note {
    let params = params
        .iter()
        .map(|&(name, value)| (name, value.to_owned()))
        .collect();
    Note::new(key, params, text)
}

/// Says how lines of overlapping files are told apart where nothing names the article.
pub(super) fn lines_without_article() -> Note {
    note(
        "lines_without_article",
        &[],
        "the lines name no article: where a later file has other lines of an order, these replace the earlier ones \
         (`--map product_id=COLUMN` names the column)"
            .to_owned(),
    )
}

/// Says that rows cannot be excluded by something that the file has no column for.
pub(super) fn exclusion_without_column(field: Field) -> Note {
    note(
        "exclusion_without_column",
        &[("field", field.key())],
        format!(
            "rows are to be excluded by `{field}`, but no column is recognised as that: none is excluded by it \
             (`--map {field}=COLUMN` names one)"
        ),
    )
}

/// Says how a list was understood.
pub(super) fn about_list(
    table: Table<'_>,
    understanding: &Understanding,
    options: &ImportOptions,
) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let holds = understanding.holds;
    notes.push(note(
        "list",
        &[("holds", holds.key())],
        format!("the file holds {holds}"),
    ));
    notes.extend(preset_used(understanding));
    notes.push(columns(&understanding.columns));
    notes.extend(dates(table, understanding, options));
    notes.extend(decimals(understanding, options));
    notes.extend(aliases(table, understanding));
    notes.extend(currency_of_header(understanding));
    notes
}

/// Says which columns are nothing that is known.
pub(super) fn rest(table: Table<'_>, understanding: &Understanding) -> Option<Note> {
    let is_used = |index: &usize| {
        let columns = &mut understanding.columns.iter();
        columns.any(|column| column.index == *index)
    };
    let unused = (0..table.headers.len()).filter(|index| !is_used(index));
    let unused = unused.map(|index| table.header(index));
    let unused: Vec<&str> = unused
        .filter(|header| !header.trim().is_empty() && !plan::is_own(header))
        .collect();
    (!unused.is_empty()).then(|| columns_not_kept(&unused))
}

/// Says which columns have no place.
fn columns_not_kept(headers: &[&str]) -> Note {
    let list = headers.join("`, `");
    note(
        "columns_not_kept",
        &[("columns", &list)],
        format!("columns that are not kept: `{list}`"),
    )
}

/// Says how the table as a whole was understood.
pub(super) fn about(
    table: Table<'_>,
    understanding: &Understanding,
    options: &ImportOptions,
) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    notes.extend(preset_used(understanding));
    let own = understanding
        .preset
        .as_ref()
        .and_then(|used| preset::find(&used.name));
    for said in own.iter().flat_map(|preset| &preset.notes) {
        notes.push(note(&said.key, &[], said.text.clone()));
    }
    notes.push(columns(&understanding.columns));
    notes.push(grain(understanding.grain));
    notes.extend(dates(table, understanding, options));
    notes.extend(decimals(understanding, options));
    notes.extend(statuses(table, understanding, options));
    notes.extend(aliases(table, understanding));
    notes.extend(customer_per_order(table, understanding));
    notes.extend(currency_of_header(understanding));
    if understanding.deciding_slot(Field::Refunded).is_some() {
        notes.push(note(
            "refunds_undated",
            &[],
            "refunded amounts have no date: they count at their order's date".to_owned(),
        ));
    }
    notes
}

fn preset_used(understanding: &Understanding) -> Option<Note> {
    let used = understanding.preset.as_ref()?;
    let why = match used.why {
        PresetReason::Asked => "as asked",
        PresetReason::Header => "all its columns are there",
        PresetReason::Layout => "its lines have that shape",
    };
    Some(note(
        "preset",
        &[("preset", &used.name), ("why", why)],
        format!("read with preset `{}`: {why}", used.name),
    ))
}

fn columns(columns: &[UsedColumn]) -> Note {
    let list: Vec<String> = columns
        .iter()
        .map(|column| format!("{} = `{}`", column.field, column.header))
        .collect();
    let list = list.join(", ");
    note(
        "columns",
        &[("columns", &list)],
        format!("columns used: {list}"),
    )
}

fn grain(rule: GrainRule) -> Note {
    let (key, text) = match rule {
        GrainRule::EachRowIsAnOrder => (
            "each_row_is_an_order",
            "there is no order id: each row is one order",
        ),
        GrainRule::Lines => (
            "rows_are_lines",
            "each row is an order line; lines with one order id form one order",
        ),
        GrainRule::Orders | GrainRule::OrdersUnlessRepeated => {
            ("rows_are_orders", "each row is one order")
        }
    };
    note(key, &[], text.to_owned())
}

fn dates(table: Table<'_>, understanding: &Understanding, options: &ImportOptions) -> Vec<Note> {
    let mut notes = Vec::new();
    let format = understanding.date_format;
    if options.date_format.is_none() && format != DateFormat::YearMonthDay {
        let order = match format {
            DateFormat::DayMonthYear => "day, month, year",
            DateFormat::MonthDayYear => "month, day, year",
            DateFormat::SheetDay => "days as a spreadsheet counts them",
            _ => "with the month as a word",
        };
        notes.push(note(
            "date_format",
            &[("format", format.key())],
            format!("dates are read as {order}: some can be read in no other way"),
        ));
    }
    let column = understanding
        .columns
        .iter()
        .find(|column| {
            let list = understanding.list.as_ref();
            let date = list.map_or(Some(Field::OrderedAt), |list| list.date);
            Some(column.field) == date
        })
        .map(|column| column.index);
    let Some(column) = column else { return notes };
    let local = table
        .values(column)
        .any(|value| matches!(date::parse(value, format), Some(ParsedTime::Local(_))));
    if local {
        let zone = options.calendar.name();
        notes.push(note(
            "local_times",
            &[("zone", zone)],
            format!(
                "dates have no offset from UTC: they are taken in the shop's time zone, {zone}"
            ),
        ));
    }
    notes
}

fn decimals(understanding: &Understanding, options: &ImportOptions) -> Option<Note> {
    if understanding.decimal_mark_guessed {
        return Some(note(
            "decimal_mark_guessed",
            &[],
            "amounts such as `1,234` are read with a thousands mark (a guess; `--decimal-mark comma` reads them with decimals)".to_owned(),
        ));
    }
    (understanding.decimal_mark == DecimalMark::Comma && options.decimal_mark.is_none()).then(
        || {
            note(
                "decimal_comma",
                &[],
                "amounts are read with a decimal comma: some can be read in no other way"
                    .to_owned(),
            )
        },
    )
}

fn statuses(
    table: Table<'_>,
    understanding: &Understanding,
    options: &ImportOptions,
) -> Option<Note> {
    let slot = understanding.deciding_slot(Field::Status)?;
    let column = understanding.columns.get(slot)?.index;
    let mut unknown: Vec<&str> = table
        .values(column)
        .filter(|word| words::status(word).is_none())
        .filter(|word| !options.status_words.iter().any(|(known, _)| known == word))
        .collect();
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() {
        return None;
    }
    unknown.truncate(LISTED_WORDS);
    let list = format!("`{}`", unknown.join("`, `"));
    Some(note(
        "statuses_unknown",
        &[("words", &list)],
        format!("status words that are not known count as paid: {list}"),
    ))
}

/// Asks whether the customer is one, where no customer comes twice although there are many orders.
fn customer_per_order(table: Table<'_>, understanding: &Understanding) -> Option<Note> {
    let of_field = |field| {
        let slot = understanding.deciding_slot(field)?;
        let column = understanding.columns.get(slot)?;
        let mut values: Vec<&str> = table.values(column.index).collect();
        let rows = values.len();
        values.sort_unstable();
        values.dedup();
        Some((rows, values.len(), column.header.as_str()))
    };
    let (rows, customers, header) = of_field(Field::CustomerId)?;
    let (_, orders, _) = of_field(Field::OrderId)?;
    (orders >= MANY_ORDERS && customers == orders && rows >= orders).then(|| {
        note(
            "customer_per_order",
            &[("column", header), ("orders", &orders.to_string())],
            format!(
                "none of the first {orders} orders is a second one of its customer: check that `{header}` is the person and not made anew for each order (`--map customer_id=COLUMN` names another)"
            ),
        )
    })
}

/// Says that addresses are the marketplace's own, where some are.
fn aliases(table: Table<'_>, understanding: &Understanding) -> Option<Note> {
    let slot = understanding.deciding_slot(Field::Email)?;
    let column = understanding.columns.get(slot)?.index;
    let alias = table.values(column).find(|address| {
        address
            .rsplit_once('@')
            .is_some_and(|(_, domain)| words::is_alias_domain(domain))
    })?;
    let domain = alias.rsplit_once('@').map_or("", |(_, domain)| domain);
    Some(note(
        "alias_addresses",
        &[("domain", domain)],
        format!(
            "addresses at `{domain}` are a marketplace's aliases: they tell its buyers apart, and are not taken along as e-mail addresses"
        ),
    ))
}

fn currency_of_header(understanding: &Understanding) -> Option<Note> {
    let currency = understanding.header_currency.as_ref()?;
    Some(note(
        "currency_of_header",
        &[("currency", currency)],
        format!("amounts are in {currency}, as the header of their column says"),
    ))
}

/// Says who the customer is, where that is not simply the id.
pub(super) fn customer(
    notes: &mut Vec<Note>,
    (is_email, is_phone): (bool, bool),
    email_beside_id: bool,
) {
    if is_phone {
        notes.push(note(
            "customer_is_phone",
            &[],
            "there is no customer id and no e-mail address: customers are told apart by telephone number"
                .to_owned(),
        ));
    }
    if is_email {
        notes.push(note(
            "customer_is_email",
            &[],
            "there is no customer id: customers are told apart by e-mail address, in lower case"
                .to_owned(),
        ));
    }
    if email_beside_id {
        notes.push(note(
            "email_for_guests",
            &[],
            "where the customer id is empty, the e-mail address in lower case stands for it"
                .to_owned(),
        ));
    }
}

/// Says that nothing tells of which country telephone numbers are.
pub(super) fn phones_as_they_stand() -> Note {
    note(
        "phones_as_they_stand",
        &[],
        "customers without an id or an e-mail address are told apart by the digits of their telephone numbers as they stand, \
         since nothing says of which country these are (a guess; `--phone-country DE` makes them international)"
            .to_owned(),
    )
}

pub(super) fn no_header(headers: &[String]) -> Note {
    let list = format!("`{}`", headers.join("`, `"));
    note(
        "no_header",
        &[("columns", &list)],
        format!("the file has no header: its columns are taken to be {list}"),
    )
}

pub(super) fn status_ignored(field: Field, header: &str) -> Note {
    note(
        "status_ignored",
        &[("column", header)],
        format!(
            "column `{header}` holds no status word that is known and is not used (`--map {field}={header}` uses it)"
        ),
    )
}

pub(super) fn numbers_ignored(field: Field, header: &str) -> Note {
    note(
        "numbers_ignored",
        &[("field", field.key()), ("column", header)],
        format!("column `{header}` holds no numbers and is not used as `{field}`"),
    )
}

/// Says that a column which the user named is not read, since nothing is kept.
pub(super) fn detail_not_kept(field: Field, header: &str) -> Note {
    note(
        "detail_not_kept",
        &[("field", field.key()), ("column", header)],
        format!(
            "`{field}` decides no number and is kept in the ledger only: column `{header}` is not read here"
        ),
    )
}

/// Says that a discount is kept nowhere as an amount because it is a share.
pub(super) fn rate_is_no_detail(header: &str) -> Note {
    note(
        "detail_is_a_share",
        &[("column", header)],
        format!("column `{header}` holds shares, not amounts, and is not kept as `discount`"),
    )
}

/// Says that a column is not kept because it holds no points in time.
pub(super) fn dates_ignored(field: Field, header: &str) -> Note {
    note(
        "dates_ignored",
        &[("field", field.key()), ("column", header)],
        format!("column `{header}` holds no dates and is not kept as `{field}`"),
    )
}

/// Says that the times of change cannot be read.
pub(super) fn changes_not_read(header: &str) -> Note {
    note(
        "changes_not_read",
        &[("column", header)],
        format!(
            "column `{header}`, when an order was changed, holds no dates that can be read in one way only: of two versions of an order the one read last counts"
        ),
    )
}

/// Says which of several columns is kept.
pub(super) fn first_of_several(field: Field, header: &str, others: &[&str]) -> Note {
    let others = others.join("`, `");
    note(
        "detail_first_of_several",
        &[
            ("field", field.key()),
            ("column", header),
            ("others", &others),
        ],
        format!(
            "column `{header}` is kept as `{field}`, not `{others}` (`--map {field}=COLUMN` names another)"
        ),
    )
}

pub(super) fn order_level_amount(header: &str) -> Note {
    note(
        "amount_of_the_order",
        &[("column", header)],
        format!(
            "column `{header}` is taken for the whole order's amount and not used, since there are quantity and unit price (`--map \"net={header}\"` uses it)"
        ),
    )
}

/// Says where the amount comes from.
pub(super) fn amount(columns: &[UsedColumn], rule: AmountRule, canonical: bool) -> Note {
    let header = |slot: usize| {
        columns
            .get(slot)
            .map_or("", |column| column.header.as_str())
    };
    match rule {
        AmountRule::Column(slot) => {
            let name = header(slot);
            let text = if canonical {
                format!("the amount is `{name}`")
            } else {
                format!(
                    "the amount is `{name}` as it stands: whether it includes shipping and tax is not known"
                )
            };
            let key = if canonical {
                "amount_column"
            } else {
                "amount_as_it_stands"
            };
            note(key, &[("column", name)], text)
        }
        AmountRule::GrossLessDiscount { gross, discount } => note(
            "gross_less_discount",
            &[("gross", header(gross)), ("discount", header(discount))],
            format!(
                "the amount is `{}` less `{}`",
                header(gross),
                header(discount)
            ),
        ),
        AmountRule::QuantityTimesPrice {
            quantity,
            unit_price,
            discount,
        } => {
            let less = match discount {
                None => String::new(),
                Some(LineDiscount::Amount(slot)) => format!(", less `{}`", header(slot)),
                Some(LineDiscount::Rate(slot)) => {
                    format!(", less `{}` read as a share of it", header(slot))
                }
                Some(LineDiscount::Percent(slot)) => {
                    format!(", less `{}` read as percent of it", header(slot))
                }
            };
            let text = format!(
                "the amount is `{}` × `{}`{less}",
                header(quantity),
                header(unit_price)
            );
            note("quantity_times_price", &[("less", &less)], text)
        }
    }
}
