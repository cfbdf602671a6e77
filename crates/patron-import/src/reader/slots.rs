//! Where each field's cell is, looked up once.

use crate::field::Field;
use crate::preset::RowRules;
use crate::understanding::{AmountRule, GrainRule, Understanding};

/// Places in `Understanding::columns`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slots {
    pub(super) customer: usize,
    pub(super) at: usize,
    pub(super) order: Option<usize>,
    pub(super) quantity: Option<usize>,
    pub(super) price: Option<usize>,
    pub(super) refunded: Option<usize>,
    pub(super) status: Option<usize>,
    pub(super) currency: Option<usize>,
    pub(super) product: Option<usize>,
    pub(super) gift_card: Option<usize>,
    pub(super) email: Option<usize>,
    pub(super) phone: Option<usize>,
    pub(super) name: Option<usize>,
    pub(super) first_name: Option<usize>,
    pub(super) last_name: Option<usize>,
    pub(super) consent: Option<usize>,
    pub(super) tags: Option<usize>,
    pub(super) flag: Option<usize>,
    pub(super) memo: Option<usize>,
    pub(super) updated_at: Option<usize>,
    pub(super) landline: Option<usize>,
    pub(super) country: Option<usize>,
    pub(super) amount: Option<usize>,
    pub(super) order_total: Option<usize>,
    pub(super) cancelled_at: Option<usize>,
    pub(super) paid_at: Option<usize>,
    pub(super) payment_method: Option<usize>,
    /// Some column or rule may say that a row is no purchase: a status, a code, a document.
    pub(super) says_what_it_is: bool,
    /// Quantity and price say whether a row is goods bought; where a row is a whole order they only inform.
    pub(super) judge_quantity: bool,
}

impl Slots {
    pub(super) fn new(understanding: &Understanding) -> Self {
        let slot = |field| understanding.deciding_slot(field);
        let by_quantity = matches!(understanding.amount, AmountRule::QuantityTimesPrice { .. });
        Self {
            customer: slot(Field::CustomerId).unwrap_or(usize::MAX),
            at: slot(Field::OrderedAt).unwrap_or(usize::MAX),
            order: slot(Field::OrderId),
            quantity: slot(Field::Quantity),
            price: slot(Field::UnitPrice),
            refunded: slot(Field::Refunded),
            status: slot(Field::Status),
            currency: slot(Field::Currency),
            product: slot(Field::ProductCode),
            gift_card: slot(Field::GiftCard),
            email: slot(Field::Email),
            phone: slot(Field::Phone),
            name: slot(Field::Name),
            first_name: slot(Field::FirstName),
            last_name: slot(Field::LastName),
            consent: slot(Field::ConsentEmail),
            tags: slot(Field::Tags),
            flag: slot(Field::Flag),
            memo: slot(Field::Memo),
            updated_at: slot(Field::UpdatedAt),
            landline: slot(Field::Landline),
            country: slot(Field::Country),
            amount: slot(Field::Amount),
            order_total: slot(Field::OrderTotal),
            cancelled_at: slot(Field::CancelledAt),
            paid_at: slot(Field::PaidAt),
            payment_method: slot(Field::PaymentMethod),
            says_what_it_is: understanding.rules != RowRules::default()
                || [
                    Field::Status,
                    Field::CancelledAt,
                    Field::PaymentMethod,
                    Field::ProductCode,
                    Field::GiftCard,
                ]
                .into_iter()
                .any(|field| slot(field).is_some()),
            judge_quantity: by_quantity || understanding.grain == GrainRule::Lines,
        }
    }

    /// Whether any column says what became of an order: its status, or what it is excluded by.
    pub(super) const fn says_fate(&self) -> bool {
        self.status.is_some() || self.is_excluded_by_words()
    }

    pub(super) const fn is_excluded_by_words(&self) -> bool {
        self.tags.is_some() || self.flag.is_some() || self.memo.is_some()
    }

    pub(super) const fn has_contact(&self) -> bool {
        self.email.is_some()
            || self.phone.is_some()
            || self.landline.is_some()
            || self.name.is_some()
            || self.first_name.is_some()
            || self.last_name.is_some()
            || self.consent.is_some()
    }
}
