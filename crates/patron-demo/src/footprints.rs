//! Which events and survey answers went with a customer's history: views, carts, mail, service contacts, NPS.

use crate::catalogue::{CATEGORIES, PRODUCTS_PER_CATEGORY, ProductRef};
use crate::draw::{Draw, Purpose, logistic};
use crate::history::{Arm, History};
use crate::names::LOCALES;
use crate::order::{Experience, Order, Outcome};
use crate::parameters::SHOP;
use crate::person::Person;
use crate::shop::{Moment, Shop};

/// Visits without an order, per order.
const IDLE_VISITS_PER_ORDER: f64 = 1.2;
const CART_LEFT: f64 = 0.25;
const PAYMENT_FAILS: f64 = 0.012;
const BACK_IN_STOCK_REQUESTED: f64 = 0.012;
const TICKET_AFTER: [f64; 3] = [0.45, 0.60, 0.50];
const TICKET_OTHERWISE: f64 = 0.025;
/// Days between two invitations to a survey, at least.
const SURVEY_PAUSE_DAYS: usize = 180;
const COMMENTED: f64 = 0.3;

/// One thing a customer did or was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) at: Moment,
    pub(crate) kind: &'static str,
    pub(crate) product: Option<ProductRef>,
    pub(crate) campaign: Option<usize>,
    /// A JSON object, or nothing.
    pub(crate) properties: &'static str,
}

const fn event(at: Moment, kind: &'static str) -> Event {
    Event {
        at,
        kind,
        product: None,
        campaign: None,
        properties: "",
    }
}

/// Returns the events of a customer in no particular order.
pub(crate) fn events(shop: &Shop, person: &Person, history: &History) -> Vec<Event> {
    let mut draw = Draw::new(shop.seed, person.index, Purpose::Events);
    let mut events = Vec::new();
    for order in &history.orders {
        around_order(&mut draw, order, &mut events);
        tickets(&mut draw, order, &mut events);
    }
    idle_visits(&mut draw, shop, person, history, &mut events);
    for (index, arm) in history.arms.iter().enumerate() {
        if *arm == Some(Arm::Treated) {
            mail(&mut draw, shop, history, index, &mut events);
        }
    }
    events.retain(|event| event.at.day < shop.window_days);
    events
}

fn around_order(draw: &mut Draw, order: &Order, events: &mut Vec<Event>) {
    let ahead = u32::try_from(draw.between(4, 40)).unwrap_or(4);
    for line in order.lines.iter().take(2) {
        events.push(Event {
            product: Some(line.product),
            ..event(order.at.minutes_before(ahead), "view")
        });
    }
    if let Some(line) = order.lines.first() {
        events.push(Event {
            product: Some(line.product),
            ..event(order.at.minutes_before(3), "cart")
        });
    }
    if draw.chance(PAYMENT_FAILS) {
        events.push(event(order.at.minutes_before(1), "payment_failed"));
    }
}

fn tickets(draw: &mut Draw, order: &Order, events: &mut Vec<Event>) {
    let (upset, usual) = (draw.unit(), draw.unit());
    let wait = usize::try_from(draw.between(0, 2)).unwrap_or(0);
    let second = 32_400 + 60 * u32::try_from(draw.between(0, 480)).unwrap_or(0);
    let anchor = match (order.experience, order.shipped, order.delivered) {
        (Some(Experience::Late), Some(shipped), _) => shipped.day + 5,
        (_, _, Some(delivered)) => delivered.day,
        _ => order.at.day + 1,
    };
    let properties = match order.experience {
        Some(experience) if upset < TICKET_AFTER[experience as usize] => match experience {
            Experience::Late => r#"{"topic":"late delivery"}"#,
            Experience::Faulty => r#"{"topic":"faulty goods"}"#,
            Experience::OutOfStock => r#"{"topic":"out of stock"}"#,
        },
        None if order.complaint => r#"{"topic":"complaint"}"#,
        None if usual < TICKET_OTHERWISE && order.outcome == Outcome::Paid => {
            r#"{"topic":"question"}"#
        }
        _ => return,
    };
    let at = Moment {
        day: anchor + wait,
        second,
    };
    events.push(Event {
        properties,
        ..event(at, "ticket")
    });
}

fn idle_visits(
    draw: &mut Draw,
    shop: &Shop,
    person: &Person,
    history: &History,
    events: &mut Vec<Event>,
) {
    let last = history.left_day.min(shop.window_days as f64);
    let span = (last - person.first_day as f64).max(14.0);
    let orders = history.orders.len() as f64;
    let mut passed = draw.exponential() / (IDLE_VISITS_PER_ORDER * orders);
    while passed < 1.0 {
        let at = Moment {
            day: person.first_day + crate::draw::whole(passed * span),
            second: shop.second_of(draw.unit()),
        };
        let product = visited_product(draw, person);
        let kinds: &[&'static str] = if draw.chance(BACK_IN_STOCK_REQUESTED) {
            &["view", "back_in_stock_request"]
        } else if draw.chance(CART_LEFT) {
            &["view", "cart"]
        } else {
            &["view"]
        };
        for (step, kind) in (1..).zip(kinds) {
            let second = at.second + 60 * step;
            let at = Moment {
                second: second.min(86_399),
                ..at
            };
            events.push(Event {
                product: Some(product),
                ..event(at, kind)
            });
        }
        passed += draw.exponential() / (IDLE_VISITS_PER_ORDER * orders);
    }
}

fn visited_product(draw: &mut Draw, person: &Person) -> ProductRef {
    let category = if draw.chance(0.7) {
        *draw.pick(&person.favourites)
    } else {
        draw.below(CATEGORIES.len())
    };
    ProductRef {
        category,
        position: draw.below(PRODUCTS_PER_CATEGORY),
    }
}

/// Mail goes out in the first half hour of its day, so that its whole day is in the window.
fn mail(draw: &mut Draw, shop: &Shop, history: &History, index: usize, events: &mut Vec<Event>) {
    let day = shop.campaigns[index].sent_day;
    let mut push = |kind, day, second| {
        events.push(Event {
            campaign: Some(index),
            ..event(Moment { day, second }, kind)
        });
    };
    push(
        "mail_sent",
        day,
        u32::try_from(draw.between(0, 1_799)).unwrap_or(0),
    );
    let left = usize::from(history.left_day < day as f64);
    let (bounces, opens, clicks) = (
        draw.chance(SHOP.mail_bounce),
        draw.chance(SHOP.mail_open[left]),
        draw.chance(SHOP.mail_click),
    );
    let wait = crate::draw::whole(draw.exponential().min(6.0));
    let second = 1_800 + shop.second_of(draw.unit()) * 9 / 10;
    if bounces {
        push("mail_bounce", day, 1_800);
        return;
    }
    if opens {
        push("mail_open", day + wait, second);
        if clicks {
            push("mail_click", day + wait, second + 45);
        }
    }
    if history.unsubscribed == Some(index) {
        push("mail_unsubscribe", day + wait, second + 90);
    }
}

/// An answer to the question whether one would recommend the shop.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) at: Moment,
    pub(crate) order: usize,
    pub(crate) score: u8,
    pub(crate) comment: &'static str,
}

/// Returns a customer's survey answers: invitations follow deliveries, and the satisfied (and, after a bad experience,
/// the upset) answer more often than the others.
pub(crate) fn answers(shop: &Shop, person: &Person, history: &History) -> Vec<Answer> {
    let mut draw = Draw::new(shop.seed, person.index, Purpose::Surveys);
    let mut satisfaction = person.satisfaction;
    let mut invited_before = 0;
    let mut answers = Vec::new();
    for order in &history.orders {
        if order.experience.is_some() {
            satisfaction -= SHOP.satisfaction_lost;
        }
        let (invited, luck) = (draw.chance(SHOP.survey_invited), draw.unit());
        let [score_mean, score_slope, score_spread] = SHOP.survey_score;
        let score = score_mean + score_slope * satisfaction + score_spread * draw.normal();
        let (commented, wait) = (draw.chance(COMMENTED), draw.between(1, 6));
        let second = shop.second_of(draw.unit());
        let choice = draw.unit();
        let Some(delivered) = order
            .delivered
            .filter(|at| invited && at.day >= invited_before)
        else {
            continue;
        };
        invited_before = delivered.day + SURVEY_PAUSE_DAYS;
        let [answer_base, answer_slope] = SHOP.survey_answer;
        let upset = if order.experience.is_some() {
            SHOP.survey_answer_upset
        } else {
            0.0
        };
        let at = Moment {
            day: delivered.day + usize::try_from(wait).unwrap_or(1),
            second,
        };
        let answered = luck < logistic(answer_base + answer_slope * satisfaction + upset);
        if answered && at.day < shop.window_days {
            answers.push(answer(person, order, at, score, (commented, choice)));
        }
    }
    answers
}

fn answer(
    person: &Person,
    order: &Order,
    at: Moment,
    score: f64,
    (commented, choice): (bool, f64),
) -> Answer {
    let score = u8::try_from(crate::draw::whole(libm::round(score.clamp(0.0, 10.0)))).unwrap_or(0);
    let class = match score {
        9.. => 0,
        7..=8 => 1,
        _ => 2,
    };
    let comments = LOCALES[person.locale].comments[class];
    let position = crate::draw::whole(choice * comments.len() as f64).min(comments.len() - 1);
    Answer {
        at,
        order: order.sequence,
        score,
        comment: if commented { comments[position] } else { "" },
    }
}
