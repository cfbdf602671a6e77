//! To whom something bad happened, by the shop or the carrier.

use super::people::{Bad, Person};
use super::shop_habits::Habits;
use super::signals::{Behaviour, Signal, things};

pub(super) fn let_down(people: &[Person], habits: &Habits) -> Behaviour {
    let late = match habits.late_after {
        Some(days) => format!("delivered later than {days} days after it was placed"),
        None => "late (which cannot be told here: too few days of delivery are known)".to_owned(),
    };
    let mut found = Behaviour::new(
        "let_down",
        format!(
            "an order {late}, of faulty goods, or cancelled after the customer got in touch; level 2: two or more"
        ),
    );
    let signals = people.iter().filter(|person| person.bad.orders > 0);
    found.signals = signals
        .map(|person| Signal {
            place: person.place,
            level: person.bad.orders.clamp(1, 2),
            probability: None,
            estimate: None,
            explanation: explanation(&person.bad, person.contacts.orders, habits.late_after),
        })
        .collect();
    found
}

fn explanation(bad: &Bad, orders: u64, late_after: Option<i32>) -> String {
    let late = late_after.map_or(0, i32::unsigned_abs);
    let parts = [
        (
            bad.late,
            format!("late, by more than {late} days from the order"),
        ),
        (bad.faulty, "faulty".to_owned()),
        (bad.unavailable, "cancelled after a contact".to_owned()),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let mut said = format!(
        "{} of {orders} orders went wrong: {}.",
        bad.orders,
        parts.join(", ")
    );
    let beside = [
        things(bad.low_scores, "answer of 0 to 6", "answers of 0 to 6"),
        things(bad.chargebacks, "chargeback", "chargebacks"),
    ];
    let counts = [bad.low_scores, bad.chargebacks];
    let beside = beside.into_iter().zip(counts);
    let beside: Vec<String> = beside
        .filter_map(|(text, count)| (count > 0).then_some(text))
        .collect();
    if !beside.is_empty() {
        said.push_str(&format!(" Besides: {}.", beside.join(", ")));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_is_said_with_counts_and_what_is_beside_it_apart() {
        let bad = Bad {
            late: 1,
            faulty: 1,
            orders: 2,
            low_scores: 1,
            ..Bad::default()
        };
        assert_eq!(
            explanation(&bad, 7, Some(8)),
            "2 of 7 orders went wrong: 1 late, by more than 8 days from the order, 1 faulty. Besides: 1 answer of 0 to 6."
        );
    }
}
