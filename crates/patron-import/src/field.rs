//! The canonical fields a column can be.

use std::fmt;

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident => $key:literal,)+) => {
        /// What a column of an orders file can hold, named as in the canonical tables.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub enum Field { $($(#[$doc])* $variant,)+ }

        impl Field {
            /// Every field, in the order in which messages list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the canonical name, as `--map` takes it.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)+ }
            }
        }
    };
}

fields! {
    /// Who bought.
    CustomerId => "customer_id",
    /// The shop's id of the order.
    OrderId => "order_id",
    /// When the order was placed.
    OrderedAt => "ordered_at",
    /// Goods after discounts, before shipping and tax, of the order or the line.
    Amount => "net",
    /// Goods before discounts.
    Gross => "gross",
    /// The discount: of the order beside `gross`, of the line beside `unit_price`.
    Discount => "discount",
    /// Units bought.
    Quantity => "quantity",
    /// The price of one unit.
    UnitPrice => "unit_price",
    /// How much of the order was paid back so far.
    Refunded => "refunded",
    /// Where the order stands.
    Status => "status",
    /// The currency of the amounts.
    Currency => "currency",
    /// The shop's code of the article.
    ProductCode => "product_id",
    /// Whether the line sells a gift card.
    GiftCard => "is_gift_card",
    /// The customer's e-mail address.
    Email => "email",
    /// The customer's telephone number.
    Phone => "phone",
    /// The customer's whole name.
    Name => "name",
    /// The customer's first name.
    FirstName => "first_name",
    /// The customer's last name.
    LastName => "last_name",
    /// Whether the customer agreed to e-mail.
    ConsentEmail => "consent_email",
    /// Labels of the order or the customer; read only if rows are excluded by them.
    Tags => "tags",
    /// The flag that the seller put on the order; read only if rows are excluded by it.
    Flag => "flag",
    /// What the seller wrote about the order; read only if rows are excluded by it.
    Memo => "memo",
    /// When the order was last changed in the shop's system.
    UpdatedAt => "updated_at",
    /// The customer's other telephone number, which stands in where the first is empty.
    Landline => "landline",
    /// The whole amount of the order, shipping and tax included: refunds are a share of it. Used where a preset or the
    /// user names it.
    OrderTotal => "order_total",
    /// When the order was cancelled, empty if it was not. Used where a preset or the user names it.
    CancelledAt => "cancelled_at",
    /// When the order was paid. Used beside `cancelled_at`.
    PaidAt => "paid_at",
    /// How the order was paid. Used where a preset knows ways that only try the shop out.
    PaymentMethod => "payment_method",
    /// What the marketplace, not the shop, took off the price.
    PlatformDiscount => "platform_discount",
    /// What the customer paid for delivery.
    Shipping => "shipping",
    /// Tax of the order or the line.
    Tax => "tax",
    /// The code of the coupon that was used.
    CouponCode => "coupon_code",
    /// Through which channel the order was placed: web, till, marketplace.
    Channel => "channel",
    /// What led the customer to the order.
    Source => "source",
    /// Which shop of several.
    StoreId => "store_id",
    /// The subscription of which the order is a part.
    SubscriptionId => "subscription_id",
    /// Until when the order is to be paid.
    PaymentDueAt => "payment_due_at",
    /// When the goods left.
    ShippedAt => "shipped_at",
    /// When the goods arrived.
    DeliveredAt => "delivered_at",
    /// What the article is called.
    Title => "title",
    /// Of what kind the article is.
    Category => "category",
    /// What one unit costs the shop.
    UnitCost => "unit_cost",
    /// Why money went back.
    RefundReason => "reason",
    /// The customer's city.
    City => "city",
    /// The customer's province or state.
    Region => "region",
    /// The customer's country.
    Country => "country",
    /// The customer's postal code.
    PostalCode => "postal_code",
    /// The customer's street address.
    Address => "address",
    /// The customer's company.
    Company => "company",
    /// The customer's gender, as given.
    Gender => "gender",
    /// The customer's day of birth, as given.
    BirthDate => "birth_date",
    /// By which channel the customer was won.
    AcquisitionChannel => "acquisition_channel",
    /// When the customer's account was made.
    CreatedAt => "created_at",
    /// Whether the customer agreed to text messages.
    ConsentSms => "consent_sms",
    /// What the customer likes, as given.
    Interests => "interests",
    /// What the customer does not like, as given.
    Dislikes => "dislikes",
    /// All other columns of a list of customers.
    Attributes => "attributes",
    /// The shop's id of the refund.
    RefundId => "refund_id",
    /// When money went back.
    RefundedAt => "refunded_at",
    /// Where a refund stands: asked for, given, refused.
    RefundStatus => "refund_status",
    /// Of which kind a refund, an event or a question is.
    Kind => "kind",
    /// How many pieces are there.
    Stock => "stock",
    /// The id of the event.
    EventId => "event_id",
    /// The visitor, while nobody knows who it is.
    AnonymousId => "anonymous_id",
    /// When the event happened.
    OccurredAt => "occurred_at",
    /// Which campaign an event belongs to.
    Campaign => "campaign",
    /// All other columns of an event.
    Properties => "properties",
    /// The id of an answer.
    ResponseId => "response_id",
    /// When the answer was given.
    AnsweredAt => "answered_at",
    /// The score of the answer.
    Score => "score",
    /// What the customer wrote.
    Comment => "comment",
    /// The day on which money was spent on advertising.
    SpentOn => "spent_on",
    /// What the money was spent on: to win customers, to keep them, on the brand.
    Purpose => "purpose",
}

/// Of what kind the values of a detail are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DetailKind {
    /// Text, trimmed.
    Text,
    /// A decimal number.
    Number,
    /// A point in time.
    Instant,
}

impl Field {
    /// Returns of what kind the field's values are where it is kept with facts as a detail; nothing for what decides the
    /// numbers of a run and is kept by itself.
    #[must_use]
    pub const fn detail_kind(self) -> Option<DetailKind> {
        match self {
            Self::Gross
            | Self::Discount
            | Self::Quantity
            | Self::UnitPrice
            | Self::PlatformDiscount
            | Self::Shipping
            | Self::Tax
            | Self::UnitCost
            | Self::Stock
            | Self::Score => Some(DetailKind::Number),
            Self::PaymentDueAt | Self::ShippedAt | Self::DeliveredAt | Self::CreatedAt => {
                Some(DetailKind::Instant)
            }
            Self::ProductCode
            | Self::GiftCard
            | Self::Currency
            | Self::Tags
            | Self::Flag
            | Self::Memo => Some(DetailKind::Text),
            Self::RefundStatus => None,
            _ if self.is_only_detail() || self.is_of_lists() => Some(DetailKind::Text),
            _ => None,
        }
    }

    /// Returns true for a field that only files of something else than orders have.
    pub(crate) const fn is_of_lists(self) -> bool {
        matches!(
            self,
            Self::CreatedAt
                | Self::ConsentSms
                | Self::Interests
                | Self::Dislikes
                | Self::Attributes
                | Self::RefundId
                | Self::RefundedAt
                | Self::RefundStatus
                | Self::Kind
                | Self::Stock
                | Self::EventId
                | Self::AnonymousId
                | Self::OccurredAt
                | Self::Campaign
                | Self::Properties
                | Self::ResponseId
                | Self::AnsweredAt
                | Self::Score
                | Self::Comment
                | Self::SpentOn
                | Self::Purpose
        )
    }

    /// Returns true for a field that decides no number of a run: its column is used only where details are asked for.
    pub(crate) const fn is_only_detail(self) -> bool {
        matches!(
            self,
            Self::PlatformDiscount
                | Self::Shipping
                | Self::Tax
                | Self::CouponCode
                | Self::Channel
                | Self::Source
                | Self::StoreId
                | Self::SubscriptionId
                | Self::PaymentDueAt
                | Self::ShippedAt
                | Self::DeliveredAt
                | Self::Title
                | Self::Category
                | Self::UnitCost
                | Self::RefundReason
                | Self::City
                | Self::Region
                | Self::Country
                | Self::PostalCode
                | Self::Address
                | Self::Company
                | Self::Gender
                | Self::BirthDate
                | Self::AcquisitionChannel
        )
    }

    /// Returns the field of a canonical name or of one of the short names people type (`date`, `amount`, `customer`, …);
    /// case, blanks and underscores do not matter.
    #[must_use]
    pub fn from_key(name: &str) -> Option<Self> {
        let wanted = plain(name);
        let short = match wanted.as_str() {
            "amount" | "total" | "revenue" => Some(Self::Amount),
            "date" | "orderdate" | "time" => Some(Self::OrderedAt),
            "customer" => Some(Self::CustomerId),
            "order" | "invoice" => Some(Self::OrderId),
            "price" => Some(Self::UnitPrice),
            "product" | "productcode" | "sku" => Some(Self::ProductCode),
            "giftcard" => Some(Self::GiftCard),
            "consent" => Some(Self::ConsentEmail),
            _ => None,
        };
        short.or_else(|| {
            Self::ALL
                .iter()
                .copied()
                .find(|field| plain(field.key()) == wanted)
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Returns a header or field name reduced to its letters and digits, in lower case: `Customer ID` and `customer_id`
/// are the same word.
pub(crate) fn plain(name: &str) -> String {
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_canonical_name_finds_its_field() {
        for &field in Field::ALL {
            assert_eq!(Field::from_key(&field.key().to_uppercase()), Some(field));
        }
        assert_eq!(Field::from_key("Amount"), Some(Field::Amount));
        assert_eq!(Field::from_key("colour"), None);
    }
}
