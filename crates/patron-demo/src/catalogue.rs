//! What the shop sells: 48 products in six categories, with the share of lines that come back.

use serde::Serialize;

/// A category of goods.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Category {
    /// Key in every file.
    pub key: &'static str,
    /// Unit cost as a share of price, percent.
    pub cost_percent: i64,
    /// Probability that an ordinary customer sends a line back.
    pub return_rate: f64,
    /// How often it is chosen.
    pub popularity: f64,
}

/// A product.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Product {
    /// What it is called.
    pub title: &'static str,
    /// Price before the price rise, cents.
    pub price_cents: i64,
}

/// Products per category.
pub const PRODUCTS_PER_CATEGORY: usize = 8;

/// The categories.
pub const CATEGORIES: [Category; 6] = [
    category("tea", 42, 0.004, 1.5),
    category("coffee", 46, 0.004, 1.3),
    category("kitchen", 55, 0.016, 1.0),
    category("ceramics", 50, 0.020, 0.9),
    category("clothing", 48, 0.070, 0.9),
    category("gifts", 45, 0.008, 0.8),
];

const fn category(
    key: &'static str,
    cost_percent: i64,
    return_rate: f64,
    popularity: f64,
) -> Category {
    Category {
        key,
        cost_percent,
        return_rate,
        popularity,
    }
}

const fn product(title: &'static str, price_cents: i64) -> Product {
    Product { title, price_cents }
}

/// The products by category, cheapest first.
pub const PRODUCTS: [[Product; PRODUCTS_PER_CATEGORY]; 6] = [
    [
        product("Peppermint, 20 bags", 490),
        product("Breakfast blend, 100 g", 690),
        product("Earl Grey, 100 g", 790),
        product("Jasmine green 茉莉花茶, 100 g", 990),
        product("Sencha, 100 g", 1290),
        product("Oolong 铁观音, 100 g", 1890),
        product("Darjeeling first flush, 100 g", 2490),
        product("Aged pu-erh 普洱茶饼, 357 g", 5900),
    ],
    [
        product("Filter papers, 100", 450),
        product("House espresso, 250 g", 850),
        product("Decaf, 250 g", 950),
        product("Ethiopia Yirgacheffe, 250 g", 1190),
        product("Colombia Huila, 500 g", 1790),
        product("House espresso, 1 kg", 2790),
        product("Hand grinder", 6900),
        product("Pour-over set", 8900),
    ],
    [
        product("Tea strainer", 590),
        product("Wooden spoon set", 1290),
        product("Kitchen timer", 1690),
        product("Milk pan", 2990),
        product("Chopping board, oak", 3990),
        product("Gooseneck kettle", 5990),
        product("Kitchen scales", 7490),
        product("Cast-iron pot", 12900),
    ],
    [
        product("Espresso cup", 790),
        product("Mug, stoneware", 1290),
        product("Tea bowl 茶碗", 1890),
        product("Cereal bowls, 2", 2490),
        product("Teapot, 0.6 l", 3490),
        product("Plates, 4", 4490),
        product("Teapot, 1.2 l", 5490),
        product("Tea set 功夫茶具", 9900),
    ],
    [
        product("Socks, wool", 1290),
        product("T-shirt, cotton", 2490),
        product("Apron, linen", 2990),
        product("Tea towel shirt", 3490),
        product("Scarf, merino", 4490),
        product("Slippers, felt", 4990),
        product("Cardigan, wool", 8900),
        product("Dressing gown, linen", 11900),
    ],
    [
        product("Greeting cards, 5", 690),
        product("Candle, beeswax", 1490),
        product("Chocolate selection", 1990),
        product("Tasting box, tea", 2490),
        product("Tasting box, coffee", 2990),
        product("Afternoon tea hamper", 4990),
        product("Advent calendar", 5990),
        product("Grand hamper", 11900),
    ],
];

/// Which product of which category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProductRef {
    /// Index into [`CATEGORIES`].
    pub(crate) category: usize,
    /// Index within the category.
    pub(crate) position: usize,
}

impl ProductRef {
    /// Returns the category.
    pub(crate) const fn category(self) -> &'static Category {
        &CATEGORIES[self.category]
    }

    /// Returns the product.
    pub(crate) const fn product(self) -> &'static Product {
        &PRODUCTS[self.category][self.position]
    }

    /// Returns the number used in the product's id.
    pub(crate) const fn number(self) -> usize {
        1 + self.category * PRODUCTS_PER_CATEGORY + self.position
    }

    /// Returns the price in cents, raised or not.
    pub(crate) const fn price_cents(self, rise_percent: i64) -> i64 {
        (self.product().price_cents * (100 + rise_percent) + 50) / 100
    }

    /// Returns the unit cost in cents; suppliers do not follow the shop's price rise.
    pub(crate) const fn unit_cost_cents(self) -> i64 {
        (self.product().price_cents * self.category().cost_percent + 50) / 100
    }

    /// Returns every product.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..CATEGORIES.len()).flat_map(|category| {
            (0..PRODUCTS_PER_CATEGORY).map(move |position| Self { category, position })
        })
    }
}
