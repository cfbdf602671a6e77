//! `patron groups`: customers by any attribute, by what they are worth; and in what the best differ from the rest.

mod tables;

use std::collections::BTreeMap;

use patron_engine::dossier::{Item, Purchase};
use patron_engine::{Dossier, Progress, Visitor};

use crate::profit::{Accountant, Basis, Totals};
use crate::run::RunError;
use crate::settings::Settings;
use crate::shop::Shop;
use crate::study::Study;

/// The attributes by which customers are grouped, in the order in which they are told.
const ATTRIBUTES: [&str; 11] = [
    "channel",
    "first_product",
    "first_category",
    "first_discount",
    "first_month",
    "country",
    "region",
    "city",
    "gender",
    "segment",
    "lifecycle",
];

/// What is asked besides the shop.
#[derive(Debug, Clone, Default)]
pub struct GroupsRequest {
    /// Settings given as flags.
    pub flags: Settings,
    /// Customers below which a group is told among the others of its attribute.
    pub fewest: u64,
}

/// Customers by attribute and value: where they stand in the shop's table.
type Groups = BTreeMap<(&'static str, String), Vec<usize>>;

struct Sort<'a> {
    shop: &'a Shop,
    accountant: &'a Accountant,
    groups: Groups,
    worth: Vec<(usize, Totals)>,
}

impl Visitor for Sort<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        let (Some(first), Some(place)) =
            (dossier.orders.first(), self.shop.place_of(dossier.customer))
        else {
            return;
        };
        let mut totals = Totals::default();
        for order in &dossier.orders {
            totals.take(order, &self.accountant.of(dossier, order));
        }
        totals.take_customer(dossier);
        for (attribute, value) in ATTRIBUTES
            .into_iter()
            .zip(self.values(dossier, first, place))
        {
            if !value.is_empty() {
                let group = self.groups.entry((attribute, value)).or_default();
                group.push(place);
            }
        }
        self.worth.push((place, totals));
    }
}

impl Sort<'_> {
    /// The values of all attributes; empty where nothing is known.
    fn values(&self, dossier: &Dossier<'_>, first: &Purchase<'_>, place: usize) -> [String; 11] {
        let person = &dossier.person;
        let item = dearest(dossier.items_of(first));
        let product = item.map_or("", |item| item.product);
        let listed = || Some(self.accountant.products.get(product)?.category.as_str());
        let category = item.map_or("", |item| item.category);
        let category = if category.is_empty() {
            listed().unwrap_or_default()
        } else {
            category
        };
        let discount = if first.discount > patron_core::MoneySum::ZERO {
            "discounted"
        } else {
            "full price"
        };
        let (year, month, _) = first.day.ymd();
        [
            dossier.acquisition_channel().to_owned(),
            product.to_owned(),
            category.to_owned(),
            discount.to_owned(),
            format!("{year:04}-{month:02}"),
            person.country.to_owned(),
            person.region.to_owned(),
            person.city.to_owned(),
            person.gender.to_owned(),
            self.shop.segments.primary_key(place).to_owned(),
            self.shop.stage_of(place).to_owned(),
        ]
    }
}

/// The article on which most was spent; of equal ones the first by its code.
fn dearest<'i, 'a>(items: &'i [Item<'a>]) -> Option<&'i Item<'a>> {
    let price = |item: &Item<'_>| {
        let price = i128::from(item.unit_price.unwrap_or(0));
        price * i128::from(item.quantity)
    };
    let by_price = |a: &&Item<'_>, b: &&Item<'_>| (price(a), b.product).cmp(&(price(b), a.product));
    items.iter().max_by(by_price)
}

/// Groups customers by every attribute that is known of them.
///
/// # Errors
/// [`RunError`].
pub fn groups(
    shop: &Shop,
    request: &GroupsRequest,
    progress: &dyn Progress,
) -> Result<Study, RunError> {
    let accountant = shop.accountant(&request.flags)?;
    let parts = shop.visit(progress, || Sort {
        shop,
        accountant: &accountant,
        groups: Groups::new(),
        worth: Vec::new(),
    })?;
    let (mut groups, mut worth) = (Groups::new(), Vec::new());
    for mut part in parts {
        worth.append(&mut part.worth);
        for (group, mut places) in part.groups {
            groups.entry(group).or_default().append(&mut places);
        }
    }
    groups
        .values_mut()
        .for_each(|places| places.sort_unstable());
    worth.sort_by_key(|(place, _)| *place);
    let mut all = Totals::default();
    worth.iter().for_each(|(_, totals)| all.add(totals));
    let found = tables::Found {
        shop,
        basis: Basis::of(&all),
        groups,
        worth,
        fewest: request.fewest,
    };
    Ok(found.study())
}
