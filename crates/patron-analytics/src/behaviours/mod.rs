//! `patron behaviours`: signals of how customers behave, each told from the shop's own numbers, for a person to look at; and what
//! people do after something went wrong.
//!
//! | module | question it answers |
//! |---|---|
//! | `rules` | what may a shop set? |
//! | `shop_habits` | what is usual here: delivery, returns, promotion days? |
//! | `people` | what is known of each customer? |
//! | `shares` | who buys only at a discount, complains often, sends back late? |
//! | `returner` | who sends back far more than usual? |
//! | `gifts` | who buys only for a season's gifts? |
//! | `rhythm` | who comes less often, began large, was among the best? |
//! | `let_down` | to whom did something bad happen? |
//! | `after` | what do people do after it? |

mod after;
mod gifts;
mod let_down;
mod people;
mod returner;
mod rhythm;
mod rules;
mod shares;
mod shop_habits;
mod signals;
mod tables;

use patron_engine::Progress;

use crate::conduct::Categories;
use crate::profit::Accountant;
use crate::run::RunError;
use crate::settings::{ResolveError, Settings};
use crate::shop::Shop;
use crate::study::Study;

use after::After;
use people::{Look, Person};
use rules::Rules;
use shop_habits::{Counts, Habits, Looking};
use signals::Behaviour;

/// What is asked besides the shop.
#[derive(Debug, Clone, Default)]
pub struct BehavioursRequest {
    /// Settings given as flags.
    pub flags: Settings,
}

/// Tells behaviours of a shop's customers, and what people do after something went wrong.
///
/// # Errors
/// [`RunError`].
pub fn behaviours(
    shop: &Shop,
    request: &BehavioursRequest,
    progress: &dyn Progress,
) -> Result<Study, RunError> {
    let form = request.flags.behaviours.as_ref();
    let form = form.or(shop.file_settings().behaviours.as_ref());
    let rules = Rules::new(form).map_err(ResolveError::from)?;
    let accountant = shop.accountant(&request.flags)?;
    let looks = shop.visit(progress, || Looking {
        rules: &rules,
        calendar: &shop.settings.calendar,
        as_of: shop.as_of(),
        counts: Counts::default(),
    })?;
    let counts = Counts::merge(looks.into_iter().map(|look| look.counts));
    let habits = counts.habits(&rules);
    let looks = shop.visit(progress, || Look {
        shop,
        products: &accountant.products,
        rules: &rules,
        habits: &habits,
        people: Vec::new(),
        categories: Categories::default(),
        after: After::default(),
        lost: 0,
    })?;
    let (mut people, mut categories, mut afters) = (Vec::new(), Vec::new(), Vec::new());
    let mut lost = 0;
    for mut look in looks {
        people.append(&mut look.people);
        categories.push(look.categories);
        afters.push(look.after);
        lost += look.lost;
    }
    // Sums of numbers with fractions must not depend on who came first.
    people.sort_by_key(|person: &Person| person.place);
    let categories = Categories::merge(categories);
    let found = tables::Found {
        behaviours: all(shop, &people, (&rules, &habits), (&categories, &accountant)),
        shop,
        people: &people,
        habits: &habits,
        accountant: &accountant,
        categories: &categories,
        after: After::merge(afters),
        lost,
    };
    Ok(found.study())
}

fn all(
    shop: &Shop,
    people: &[Person],
    (rules, habits): (&Rules, &Habits),
    (categories, accountant): (&Categories, &Accountant),
) -> Vec<Behaviour> {
    let as_of = shop.as_of();
    let records_since = habits.days.keys().next().copied();
    vec![
        rhythm::large_first_order(people, as_of, rules.large),
        rhythm::falling_frequency(people, as_of),
        rhythm::lapsed_best(people, as_of),
        let_down::let_down(people, habits),
        shares::discount_only(people, habits),
        returner::serial_returner(people, categories, habits),
        shares::late_returner(people, habits),
        shares::frequent_complainer(people, accountant),
        gifts::gift_buyer(people, rules, (records_since, as_of)),
    ]
}
