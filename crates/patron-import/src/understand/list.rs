//! Lists: files of customers, products, refunds, events, answers or spend. Which column is what, and is enough there?

use std::collections::HashMap;

use crate::content::Content;
use crate::error::ImportError;
use crate::field::{Field, plain};
use crate::options::{DateFormat, ImportOptions};
use crate::preset::Preset;
use crate::understand::{Table, columns, marks, notes, phones, plan};
use crate::understanding::{
    AmountRule, DetailPlace, Format, GrainRule, ListRule, Note, PresetReason, Understanding,
    UsedColumn,
};
use crate::words;

/// What a kind of list has.
struct Shape {
    /// Its fields, in the order in which columns are given to them.
    fields: &'static [Field],
    /// Words that are short enough to be something else in other files.
    own_words: &'static [(Field, &'static [&'static str])],
    /// Of each group one field must be there.
    needs: &'static [&'static [Field]],
    /// The date that decides.
    date: Option<Field>,
    /// Where all other columns go.
    rest: Option<Field>,
}

use Field as F;

const OF_PERSON: &[&str] = &[
    "id",
    "profile_id",
    "person//id",
    "external_id",
    "klaviyo_id",
];

const CUSTOMERS: Shape = Shape {
    fields: &[
        F::CustomerId,
        F::Email,
        F::Phone,
        F::Name,
        F::FirstName,
        F::LastName,
        F::CreatedAt,
        F::UpdatedAt,
        F::ConsentEmail,
        F::ConsentSms,
        F::Gender,
        F::BirthDate,
        F::Address,
        F::City,
        F::Region,
        F::Country,
        F::PostalCode,
        F::Company,
        F::AcquisitionChannel,
        F::Interests,
        F::Dislikes,
        F::Tags,
        F::StoreId,
    ],
    own_words: &[(F::CustomerId, OF_PERSON)],
    needs: &[&[F::CustomerId, F::Email, F::Phone]],
    date: None,
    rest: Some(F::Attributes),
};

const REFUNDS: Shape = Shape {
    fields: &[
        F::RefundId,
        F::OrderId,
        F::CustomerId,
        F::Email,
        F::RefundedAt,
        F::Refunded,
        F::Amount,
        F::Currency,
        F::RefundStatus,
        F::Kind,
        F::RefundReason,
        F::ProductCode,
        F::UpdatedAt,
        F::StoreId,
    ],
    own_words: &[
        (F::RefundId, &["id"]),
        (
            F::RefundedAt,
            &["date", "created_at", "time", "日期", "时间"],
        ),
        (
            F::RefundStatus,
            &[
                "status",
                "state",
                "状态",
                "狀態",
                "statut",
                "estado",
                "situação",
                "ステータス",
            ],
        ),
        (F::Kind, &["type"]),
    ],
    needs: &[
        &[F::CustomerId, F::Email, F::OrderId],
        &[F::RefundedAt],
        &[F::Refunded, F::Amount],
    ],
    date: Some(F::RefundedAt),
    rest: None,
};

const PRODUCTS: Shape = Shape {
    fields: &[
        F::ProductCode,
        F::Title,
        F::Category,
        F::UnitPrice,
        F::UnitCost,
        F::Stock,
        F::UpdatedAt,
        F::StoreId,
    ],
    own_words: &[
        (F::ProductCode, &["id", "variant_sku", "handle"]),
        (F::UnitPrice, &["variant_price"]),
        (F::Stock, &["variant_inventory_qty"]),
        (F::Category, &["type", "product_category_name"]),
    ],
    needs: &[&[F::ProductCode]],
    date: None,
    rest: None,
};

const EVENTS: Shape = Shape {
    fields: &[
        F::EventId,
        F::CustomerId,
        F::Email,
        F::AnonymousId,
        F::OccurredAt,
        F::Kind,
        F::ProductCode,
        F::Campaign,
        F::StoreId,
    ],
    own_words: &[
        (F::EventId, &["id"]),
        (F::CustomerId, &["person//id", "profile_id"]),
        (F::Email, &["person//email"]),
        (
            F::OccurredAt,
            &["date", "time", "created_at", "日期", "时间", "時間"],
        ),
        (F::Kind, &["name", "type"]),
    ],
    needs: &[&[F::CustomerId, F::Email, F::AnonymousId], &[F::OccurredAt]],
    date: Some(F::OccurredAt),
    rest: Some(F::Properties),
};

const SURVEYS: Shape = Shape {
    fields: &[
        F::ResponseId,
        F::CustomerId,
        F::Email,
        F::OrderId,
        F::AnsweredAt,
        F::Kind,
        F::Score,
        F::Comment,
        F::UpdatedAt,
        F::StoreId,
    ],
    own_words: &[
        (F::ResponseId, &["id"]),
        (
            F::AnsweredAt,
            &["date", "time", "created_at", "timestamp", "日期", "时间"],
        ),
        (F::Kind, &["type"]),
    ],
    needs: &[
        &[F::CustomerId, F::Email, F::OrderId],
        &[F::AnsweredAt],
        &[F::Score, F::Comment],
    ],
    date: Some(F::AnsweredAt),
    rest: None,
};

const SPEND: Shape = Shape {
    fields: &[
        F::SpentOn,
        F::Channel,
        F::Campaign,
        F::Amount,
        F::Currency,
        F::Purpose,
        F::StoreId,
    ],
    own_words: &[
        (F::SpentOn, &["date", "day", "month", "日期", "时间"]),
        (
            F::Channel,
            &[
                "platform",
                "medium",
                "utm_source",
                "source",
                "network",
                "平台",
            ],
        ),
        (
            F::Amount,
            &[
                "spend",
                "ad_spend",
                "amount_spent",
                "cost",
                "costs",
                "ad_cost",
                "花费",
                "花費",
                "消耗",
                "广告费",
                "廣告費",
                "kosten",
                "coût",
                "gasto",
                "custo",
            ],
        ),
    ],
    needs: &[&[F::SpentOn], &[F::Channel, F::Campaign], &[F::Amount]],
    date: Some(F::SpentOn),
    rest: None,
};

const fn shape(holds: Content) -> Option<&'static Shape> {
    Some(match holds {
        Content::Orders => return None,
        Content::Refunds => &REFUNDS,
        Content::Customers => &CUSTOMERS,
        Content::Products => &PRODUCTS,
        Content::Events => &EVENTS,
        Content::Surveys => &SURVEYS,
        Content::Spend => &SPEND,
    })
}

/// Understands a list.
///
/// # Errors
/// [`ImportError`] if a column that is needed is missing or ambiguous, or dates or amounts can be read in two ways.
pub(super) fn understand(
    table: Table<'_>,
    format: Format,
    holds: Content,
    preset: Option<(&'static Preset, PresetReason)>,
    options: &ImportOptions,
) -> Result<Understanding, ImportError> {
    let used = preset.map(|(preset, _)| preset);
    let shape = shape(holds).unwrap_or(&CUSTOMERS);
    let mut draft = Draft {
        table,
        shape,
        preset: used,
        columns: Vec::new(),
        notes: Vec::new(),
    };
    draft.take_columns(options)?;
    draft.drop_other_status(options);
    draft.check_needs(holds)?;
    if holds == Content::Spend {
        draft.refuse_repeated_spend()?;
    }
    let customer_is_email = draft.let_email_stand_for_the_customer();
    let deciding = draft.columns.len();
    let rest = draft.take_rest();
    let date_format = draft.date_format(options)?;
    let (decimal_mark, decimal_mark_guessed) =
        marks::decimal_mark(table, &draft.number_columns(), options)?;
    let details = draft.details(options);
    let header_currency = super::header_currency(&draft.columns);
    let (phones, note) = phones::rule(table, &draft.columns, used, options);
    draft.notes.extend(note);
    let mut understanding = Understanding {
        file: table.file.to_owned(),
        format,
        encoding: "UTF-8",
        preset: preset.map(|(preset, why)| preset.used(why)),
        headers: table.headers.to_vec(),
        hashed_columns: (0..table.headers.len()).collect(),
        header_currency,
        columns: draft.columns,
        deciding,
        details,
        grain: GrainRule::EachRowIsAnOrder,
        amount: AmountRule::Column(0),
        date_format,
        decimal_mark,
        decimal_mark_guessed,
        currency: options.shop_currency().map(str::to_owned),
        is_exchanged: options.exchange.is_some(),
        notes: draft.notes,
        defaults: Vec::new(),
        rules: used.map(|preset| preset.rules.clone()).unwrap_or_default(),
        customer_is_email,
        customer_is_phone: false,
        phones,
        fill_down: None,
        control: None,
        holds,
        list: Some(ListRule {
            date: shape.date,
            rest: shape.rest.map(|field| (field, rest)),
        }),
    };
    super::say(table, &mut understanding, options, true);
    Ok(understanding)
}

struct Draft<'a> {
    table: Table<'a>,
    shape: &'static Shape,
    preset: Option<&'static Preset>,
    columns: Vec<UsedColumn>,
    notes: Vec<Note>,
}

impl Draft<'_> {
    fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|column| column.field == field)
    }

    fn is_taken(&self, index: usize) -> bool {
        self.columns.iter().any(|column| column.index == index)
    }

    fn take(&mut self, field: Field, index: usize) {
        self.columns.push(UsedColumn {
            field,
            index,
            header: self.table.header(index).to_owned(),
            date_format: None,
        });
    }

    /// Gives each field its column: what the user says, then the preset, then the words of the header.
    fn take_columns(&mut self, options: &ImportOptions) -> Result<(), ImportError> {
        let here = |field: &Field| self.shape.fields.contains(field);
        let mapped: Vec<&(Field, String)> = options
            .mapping
            .iter()
            .filter(|(field, _)| here(field))
            .collect();
        for (field, name) in mapped {
            let index = columns::mapped(self.table, *field, name)?;
            self.take(*field, index);
        }
        let preset = self.preset;
        for (key, names) in preset.iter().flat_map(|preset| &preset.columns) {
            if let Some(field) = Field::from_key(key)
                && let Some(index) = columns::named(self.table, names)
                && !self.has(field)
                && !self.is_taken(index)
            {
                self.take(field, index);
            }
        }
        let by_words = !preset.is_some_and(|preset| preset.complete);
        for &field in self.shape.fields.iter().filter(|_| by_words) {
            if !self.has(field) {
                self.take_by_word(field)?;
            }
        }
        Ok(())
    }

    fn take_by_word(&mut self, field: Field) -> Result<(), ImportError> {
        let own = self
            .shape
            .own_words
            .iter()
            .find(|(known, _)| *known == field)
            .map_or(&[][..], |(_, words)| *words);
        let rank = |header: &str| {
            let word = plain(header);
            let own = own.iter().position(|known| plain(known) == word);
            words::column_rank(header, field).or_else(|| own.map(|place| place + 100))
        };
        let ranked = (0..self.table.headers.len())
            .filter(|index| !self.is_taken(*index))
            .filter_map(|index| Some((rank(self.table.header(index))?, index)));
        let ranked: Vec<(usize, usize)> = ranked.collect();
        let Some(&(best, index)) = ranked.iter().min() else {
            return Ok(());
        };
        let equal: Vec<usize> = ranked
            .iter()
            .filter(|(rank, _)| *rank == best)
            .map(|&(_, index)| index)
            .collect();
        if equal.len() > 1 && self.shape.needs.iter().any(|group| group.contains(&field)) {
            return Err(ImportError::AmbiguousColumn {
                file: self.table.file.to_owned(),
                field,
                columns: equal
                    .iter()
                    .map(|&index| columns::named_apart(self.table, index))
                    .collect(),
            });
        }
        self.take(field, index);
        Ok(())
    }

    /// Uses the status of refunds only if some of its words are known, or if it was named: `State` of an address is none.
    fn drop_other_status(&mut self, options: &ImportOptions) {
        let is_given = |field| options.mapping.iter().any(|(given, _)| *given == field);
        let field = Field::RefundStatus;
        let place = self.columns.iter().position(|column| column.field == field);
        let Some(place) = place.filter(|_| !is_given(field)) else {
            return;
        };
        let of_user = |word: &str| {
            let mut known = options.status_words.iter();
            known.any(|(known, _)| known.trim().eq_ignore_ascii_case(word))
        };
        let index = self.columns.get(place).map_or(0, |column| column.index);
        let mut values = self.table.values(index);
        if !values.any(|word| of_user(word) || words::refund_status(word).is_some()) {
            let column = self.columns.remove(place);
            self.notes
                .push(notes::status_ignored(field, &column.header));
        }
    }

    fn check_needs(&self, holds: Content) -> Result<(), ImportError> {
        let missing = self
            .shape
            .needs
            .iter()
            .filter(|group| !group.iter().any(|&field| self.has(field)));
        let missing: Vec<Vec<Field>> = missing.map(|group| group.to_vec()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(ImportError::MissingOfList {
            file: self.table.file.to_owned(),
            holds,
            missing,
            headers: self.table.headers.to_vec(),
        })
    }

    /// Refuses spend that stands once for each attribution window: added up, it would be too much.
    fn refuse_repeated_spend(&self) -> Result<(), ImportError> {
        let says = |header: &String| {
            let header = header.to_lowercase();
            header.contains("attribution") || header.contains("归因") || header.contains("歸因")
        };
        let Some(window) = self.table.headers.iter().position(says) else {
            return Ok(());
        };
        let mut windows: HashMap<Vec<&str>, &str> = HashMap::new();
        for row in self.table.sample {
            let cell = |index: usize| row.get(index).and_then(Option::as_deref).unwrap_or("");
            let day: Vec<&str> = self
                .columns
                .iter()
                .map(|column| cell(column.index))
                .collect();
            if *windows.entry(day).or_insert(cell(window)) != cell(window) {
                return Err(ImportError::SpendRepeated {
                    file: self.table.file.to_owned(),
                    column: self.table.header(window).to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Where no column names the customer's id, the e-mail address stands for it. Returns whether it does.
    fn let_email_stand_for_the_customer(&mut self) -> bool {
        if self.has(Field::CustomerId) {
            return false;
        }
        let email = self
            .columns
            .iter()
            .find(|column| column.field == Field::Email);
        let Some(email) = email.map(|column| column.index) else {
            return false;
        };
        self.take(Field::CustomerId, email);
        true
    }

    /// Takes the columns that are nothing else, where there is a place for them; returns their slots.
    fn take_rest(&mut self) -> Vec<usize> {
        let first = self.columns.len();
        if let Some(field) = self.shape.rest {
            for index in 0..self.table.headers.len() {
                let header = self.table.header(index);
                if !self.is_taken(index) && !header.trim().is_empty() && !plan::is_own(header) {
                    self.take(field, index);
                }
            }
        }
        (first..self.columns.len()).collect()
    }

    fn date_format(&self, options: &ImportOptions) -> Result<DateFormat, ImportError> {
        match self.date_column() {
            Some(column) => marks::date_format(self.table, column, options),
            None => Ok(options.date_format.unwrap_or(DateFormat::YearMonthDay)),
        }
    }

    fn date_column(&self) -> Option<usize> {
        let dates = [
            self.shape.date,
            Some(Field::UpdatedAt),
            Some(Field::CreatedAt),
        ];
        dates.into_iter().flatten().find_map(|field| {
            let column = self.columns.iter().find(|column| column.field == field)?;
            let holds_some = self.table.values(column.index).next().is_some();
            holds_some.then_some(column.index)
        })
    }

    fn number_columns(&self) -> Vec<usize> {
        let of_numbers = |column: &&UsedColumn| {
            matches!(
                column.field,
                Field::Amount
                    | Field::Refunded
                    | Field::UnitPrice
                    | Field::UnitCost
                    | Field::Stock
                    | Field::Score
            )
        };
        let columns = self.columns.iter().filter(of_numbers);
        columns.map(|column| column.index).collect()
    }

    /// What is kept besides the deciding values; the rest comes as one more detail behind them.
    fn details(&self, options: &ImportOptions) -> Vec<DetailPlace> {
        if !options.with_details && self.shape.date != Some(Field::RefundedAt) {
            return Vec::new();
        }
        let rest = self.shape.rest;
        let place = |(slot, column): (usize, &UsedColumn)| {
            let field = column.field;
            let kind = field.detail_kind()?;
            (Some(field) != rest).then_some(DetailPlace { field, kind, slot })
        };
        self.columns.iter().enumerate().filter_map(place).collect()
    }
}
