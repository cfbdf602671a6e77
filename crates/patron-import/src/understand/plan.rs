//! Which columns make up customer, order, time, amount and grain.

use crate::container::table::{LINE, MERGED};
use crate::error::ImportError;
use crate::field::Field;
use crate::options::{ExcludeRules, Grain, ImportOptions};
use crate::preset::{Preset, PresetGrain};
use crate::understand::columns::Columns;
use crate::understand::{Table, marks, notes, phones};
use crate::understanding::{AmountRule, GrainRule, LineDiscount, Note, UsedColumn};
use crate::words;

/// Fields that are used as they are, where they are there.
const OPTIONAL: [Field; 6] = [
    Field::Phone,
    Field::Name,
    Field::FirstName,
    Field::LastName,
    Field::ConsentEmail,
    Field::GiftCard,
];

/// What is used, and how.
pub(super) struct Plan {
    pub(super) columns: Vec<UsedColumn>,
    pub(super) amount: AmountRule,
    pub(super) grain: GrainRule,
    pub(super) customer_is_email: bool,
    pub(super) customer_is_phone: bool,
    pub(super) notes: Vec<Note>,
}

/// Columns with one meaning each, before an amount rule is chosen.
struct Draft<'a> {
    table: Table<'a>,
    found: &'a Columns,
    columns: Vec<UsedColumn>,
    notes: Vec<Note>,
}

impl Plan {
    pub(super) fn make(
        table: Table<'_>,
        found: &Columns,
        preset: Option<&Preset>,
        options: &ImportOptions,
    ) -> Result<Self, ImportError> {
        let mut draft = Draft {
            table,
            found,
            columns: Vec::new(),
            notes: Vec::new(),
        };
        let email = found.first(Field::Email);
        let customer = found.only(table, Field::CustomerId)?;
        let may_stand = preset.is_none_or(|preset| !preset.rules.phone_is_nobodys);
        let phone = found.first(Field::Phone).or(found.first(Field::Landline));
        let phone = phone.filter(|_| may_stand);
        let person = customer.or(email).or(phone);
        let dates = found.only(table, Field::OrderedAt)?;
        let order = found.only(table, Field::OrderId)?;
        let customer_is_email = customer.is_none() && email.is_some()
            || preset.is_some_and(|preset| preset.rules.customer_is_email);
        let customer_is_phone = customer.or(email).is_none() && phone.is_some();
        let amount_field = draft.amount_source()?;
        let needed = [person.is_none(), dates.is_none(), amount_field.is_none()];
        let missing = missing_fields(needed);
        if let Some(error) = needed_by_preset(table, preset, &missing) {
            return Err(error);
        }
        let Some(source) = amount_field.filter(|_| missing.is_empty()) else {
            return Err(missing_columns(table, found, &missing));
        };
        draft.take(Field::CustomerId, person);
        draft.take(Field::OrderedAt, dates);
        draft.take(Field::OrderId, order);
        draft.take(Field::Email, email);
        let by_code = preset.is_some_and(|preset| preset.rules.use_product_code());
        if by_code || options.several_files {
            draft.take(Field::ProductCode, found.first(Field::ProductCode));
        }
        if order.is_some() {
            draft.take(Field::UpdatedAt, found.first(Field::UpdatedAt));
        }
        draft.take_exclusions(&options.exclude);
        draft.take_status()?;
        draft.take(Field::Currency, found.only(table, Field::Currency)?);
        let refunded = found.only(table, Field::Refunded)?;
        draft.take_numbers(Field::Refunded, refunded);
        draft.take_rest();
        let amount = draft.take_amount(source);
        let quantity = draft.quantity_or_price();
        let grain = grain_rule(order.is_some(), quantity, preset, options);
        draft.note_article(grain, options);
        notes::customer(
            &mut draft.notes,
            (customer_is_email, customer_is_phone),
            customer.and(email).is_some(),
        );
        Ok(Self {
            columns: draft.columns,
            amount,
            grain,
            customer_is_email,
            customer_is_phone,
            notes: draft.notes,
        })
    }

    fn places(&self, fields: &[Field]) -> Vec<usize> {
        self.columns
            .iter()
            .filter(|column| fields.contains(&column.field))
            .map(|column| column.index)
            .collect()
    }

    /// Returns the column of the order's date.
    pub(super) fn date_column(&self) -> usize {
        self.places(&[Field::OrderedAt])
            .first()
            .copied()
            .unwrap_or(0)
    }

    /// Returns the columns that hold amounts, prices or quantities.
    pub(super) fn number_columns(&self) -> Vec<usize> {
        self.places(&[
            Field::Amount,
            Field::Gross,
            Field::Discount,
            Field::Quantity,
            Field::UnitPrice,
            Field::Refunded,
            Field::OrderTotal,
        ])
    }
}

/// From what an amount is made; numbers are columns of the file.
#[derive(Debug, Clone, Copy)]
enum AmountSource {
    Column(usize),
    GrossLessDiscount(usize, usize),
    QuantityTimesPrice(usize, usize),
}

impl Draft<'_> {
    fn take(&mut self, field: Field, index: Option<usize>) -> Option<usize> {
        let index = index?;
        self.columns.push(UsedColumn {
            field,
            index,
            header: self.table.header(index).to_owned(),
            date_format: None,
        });
        Some(self.columns.len() - 1)
    }

    /// Uses a column that only adds to what is known if it holds numbers, or was named: `Refunded` may say yes and no.
    fn take_numbers(&mut self, field: Field, index: Option<usize>) {
        let Some(index) = index else { return };
        if self.found.is_given(field) || marks::holds_numbers(self.table, index) {
            self.take(field, Some(index));
        } else {
            self.notes
                .push(notes::numbers_ignored(field, self.table.header(index)));
        }
    }

    /// Says so if lines of overlapping files cannot be told apart by their articles.
    fn note_article(&mut self, grain: GrainRule, options: &ImportOptions) {
        let names_article = self.found.first(Field::ProductCode).is_some();
        if options.several_files && grain == GrainRule::Lines && !names_article {
            self.notes.push(notes::lines_without_article());
        }
    }

    /// Uses the columns by which rows are excluded, and only these; says so if there is none.
    fn take_exclusions(&mut self, rules: &ExcludeRules) {
        for (field, words) in [
            (Field::Tags, &rules.tags),
            (Field::Flag, &rules.flags),
            (Field::Memo, &rules.memos),
        ] {
            if words.is_empty() {
                continue;
            }
            let found = self.found.first(field);
            if self.take(field, found).is_none() {
                self.notes.push(notes::exclusion_without_column(field));
            }
        }
    }

    /// Uses the customer's details, and columns that mean something only where the preset or the user names them.
    fn take_rest(&mut self) {
        for field in OPTIONAL {
            self.take(field, self.found.first(field));
        }
        for field in [
            Field::OrderTotal,
            Field::CancelledAt,
            Field::PaidAt,
            Field::PaymentMethod,
        ] {
            let given = self.found.is_given(field);
            self.take(field, self.found.first(field).filter(|_| given));
        }
        let phone = self.found.first(Field::Phone);
        let landline = self.found.first(Field::Landline);
        self.take(Field::Landline, landline.filter(|_| landline != phone));
        if phones::ask_for_country(self.table, &self.columns) {
            let taken: Vec<usize> = self.columns.iter().map(|column| column.index).collect();
            let country = self.found.detail(self.table, Field::Country, &taken);
            self.take(Field::Country, country.map(|column| column.index));
        }
    }

    /// Uses the status column only if some of its words are known, or if it was named: `State` of an address is none.
    fn take_status(&mut self) -> Result<(), ImportError> {
        let Some(index) = self.found.only(self.table, Field::Status)? else {
            return Ok(());
        };
        let known = self
            .table
            .values(index)
            .any(|word| words::status(word).is_some());
        if known || self.found.is_given(Field::Status) {
            self.take(Field::Status, Some(index));
        } else {
            self.notes.push(notes::status_ignored(
                Field::Status,
                self.table.header(index),
            ));
        }
        Ok(())
    }

    fn amount_source(&mut self) -> Result<Option<AmountSource>, ImportError> {
        let (table, found) = (self.table, self.found);
        let quantity = found.first(Field::Quantity);
        let price = found.first(Field::UnitPrice);
        let line = quantity.zip(price);
        if let (Some(_), Some(amount)) = (line, found.first(Field::Amount)) {
            let header = table.header(amount);
            if !found.is_given(Field::Amount) && words::is_order_level(header) {
                self.notes.push(notes::order_level_amount(header));
                return self.quantity_times_price();
            }
        }
        if let Some(amount) = found.only(table, Field::Amount)? {
            return Ok(Some(AmountSource::Column(amount)));
        }
        if let Some(gross) = found.only(table, Field::Gross)? {
            return Ok(Some(match found.only(table, Field::Discount)? {
                Some(discount) => AmountSource::GrossLessDiscount(gross, discount),
                None => AmountSource::Column(gross),
            }));
        }
        match (quantity, price) {
            (Some(_), Some(_)) => self.quantity_times_price(),
            // A price without a quantity is what was paid.
            (None, Some(_)) => Ok(found
                .only(table, Field::UnitPrice)?
                .map(AmountSource::Column)),
            _ => Ok(None),
        }
    }

    fn quantity_times_price(&self) -> Result<Option<AmountSource>, ImportError> {
        let quantity = self.found.only(self.table, Field::Quantity)?;
        let price = self.found.only(self.table, Field::UnitPrice)?;
        Ok(quantity
            .zip(price)
            .map(|(quantity, price)| AmountSource::QuantityTimesPrice(quantity, price)))
    }

    fn take_amount(&mut self, source: AmountSource) -> AmountRule {
        let quantity = self.found.first(Field::Quantity);
        let price = self.found.first(Field::UnitPrice);
        let rule = match source {
            AmountSource::Column(amount) => {
                let slot = self.take(Field::Amount, Some(amount));
                self.take_numbers(Field::Quantity, quantity);
                self.take_numbers(Field::UnitPrice, price.filter(|&price| price != amount));
                AmountRule::Column(slot.unwrap_or(0))
            }
            AmountSource::GrossLessDiscount(gross, discount) => {
                let gross = self.take(Field::Gross, Some(gross)).unwrap_or(0);
                let discount = self.take(Field::Discount, Some(discount)).unwrap_or(0);
                self.take_numbers(Field::Quantity, quantity);
                AmountRule::GrossLessDiscount { gross, discount }
            }
            AmountSource::QuantityTimesPrice(quantity, price) => {
                let quantity = self.take(Field::Quantity, Some(quantity)).unwrap_or(0);
                let unit_price = self.take(Field::UnitPrice, Some(price)).unwrap_or(0);
                AmountRule::QuantityTimesPrice {
                    quantity,
                    unit_price,
                    discount: self.line_discount(),
                }
            }
        };
        let canonical = self.found.is_canonical(self.table, Field::Amount);
        self.notes
            .push(notes::amount(&self.columns, rule, canonical));
        rule
    }

    fn line_discount(&mut self) -> Option<LineDiscount> {
        let index = self.found.first(Field::Discount)?;
        let is_rate = marks::is_rate(self.table, index);
        let slot = self.take(Field::Discount, Some(index))?;
        Some(match (is_rate, marks::is_percent(self.table, index)) {
            (false, _) => LineDiscount::Amount(slot),
            (true, false) => LineDiscount::Rate(slot),
            (true, true) => LineDiscount::Percent(slot),
        })
    }

    fn quantity_or_price(&self) -> bool {
        self.columns
            .iter()
            .any(|column| matches!(column.field, Field::Quantity | Field::UnitPrice))
    }
}

fn grain_rule(
    has_order_id: bool,
    quantity_or_price: bool,
    preset: Option<&Preset>,
    options: &ImportOptions,
) -> GrainRule {
    let given = options.grain.or_else(|| {
        preset?.grain.map(|grain| match grain {
            PresetGrain::Order => Grain::Order,
            PresetGrain::Line => Grain::Line,
        })
    });
    match (has_order_id, given) {
        (false, _) => GrainRule::EachRowIsAnOrder,
        (true, Some(Grain::Line)) => GrainRule::Lines,
        (true, Some(Grain::Order)) => GrainRule::Orders,
        (true, None) if quantity_or_price => GrainRule::Lines,
        (true, None) => GrainRule::OrdersUnlessRepeated,
    }
}

/// Returns what is missing of person, day and amount.
fn missing_fields(is_missing: [bool; 3]) -> Vec<Field> {
    [Field::CustomerId, Field::OrderedAt, Field::Amount]
        .into_iter()
        .zip(is_missing)
        .filter_map(|(field, is_missing)| is_missing.then_some(field))
        .collect()
}

/// Returns the preset's own words for a column without which it cannot be used.
fn needed_by_preset(
    table: Table<'_>,
    preset: Option<&Preset>,
    missing: &[Field],
) -> Option<ImportError> {
    let preset = preset?;
    let refusal = missing.iter().find_map(|&field| preset.need(field))?;
    Some(ImportError::PresetRefused {
        file: table.file.to_owned(),
        preset: preset.name.clone(),
        because: refusal.because.clone(),
        mend: refusal.mend.clone(),
    })
}

fn missing_columns(table: Table<'_>, found: &Columns, missing: &[Field]) -> ImportError {
    let headless = table
        .headers
        .iter()
        .any(|header| marks::is_date(header) || patron_core::Money::parse(header).is_ok());
    ImportError::MissingColumns {
        file: table.file.to_owned(),
        missing: missing
            .iter()
            .map(|&field| (field, candidates(table, found, field)))
            .collect(),
        headers: table
            .headers
            .iter()
            .filter(|header| !is_own(header))
            .cloned()
            .collect(),
        headless,
    }
}

/// Returns the headers of the columns that are nothing else and could be a field by what they hold.
fn candidates(table: Table<'_>, found: &Columns, field: Field) -> Vec<String> {
    let holds = |test: fn(&str) -> bool, index: usize| {
        let mut any = false;
        let all = table.values(index).all(|value| {
            any = true;
            test(value)
        });
        any && all
    };
    let is_number = |value: &str| patron_core::Money::parse(value).is_ok();
    let could_be = |index: usize| match field {
        Field::OrderedAt => holds(marks::is_date, index),
        Field::Amount => holds(is_number, index) && !holds(marks::is_date, index),
        _ => {
            let header = table.header(index);
            looks_like_a_person(header) && !words::is_unstable_key(header)
        }
    };
    (0..table.headers.len())
        .filter(|&index| !found.is_taken(index) && !is_own(table.header(index)))
        .filter(|&index| could_be(index))
        .map(|index| table.header(index).to_owned())
        .collect()
}

/// Returns true for a column that patron added to a table which it made itself.
pub(super) fn is_own(header: &str) -> bool {
    header == LINE || header == MERGED
}

fn looks_like_a_person(header: &str) -> bool {
    let lower = header.to_lowercase();
    // `Id` and `accountID`, but not `paid`.
    let ends_with_id = lower == "id"
        || ["_id", " id", "-id"].iter().any(|end| lower.ends_with(end))
        || ["Id", "ID"].iter().any(|end| header.ends_with(end));
    ends_with_id
        || [
            "cust", "client", "buyer", "user", "member", "name", "mail", "phone", "account", "客",
            "会员", "會員", "买家", "買家", "用户", "用戶",
        ]
        .iter()
        .any(|word| lower.contains(word))
}
