//! Who seems to buy only for a season's gifts.

use patron_core::Day;
use patron_stats::intervals::Interval;
use patron_stats::kaplan_meier::{KaplanMeier, Step, Watched};
use patron_stats::level::Level;

use super::people::Person;
use super::rules::Rules;
use super::signals::{Behaviour, Likely, Signal, percent, too_few_of};

/// Days after which somebody who did not come outside the season is likely not to.
const YEAR: i32 = 365;
/// How probable it must be.
const LIKELY: f64 = 0.5;

/// Those who came first in a season, or outside: who has not come outside on a later day yet.
struct Curve {
    curve: KaplanMeier,
    /// Of whom it is known for a year.
    at_risk: usize,
}

impl Curve {
    fn new(people: &[Person], in_season: bool, as_of: Day) -> Option<Self> {
        let of = people
            .iter()
            .filter(|person| person.gifts.began_in_season == in_season);
        let watched: Vec<Watched> = of
            .map(|person| match person.gifts.outside {
                Some(days) => Watched::event(f64::from(days)),
                None => Watched::censored(f64::from(age(person, as_of))),
            })
            .collect();
        let known = |one: &&Watched| one.time >= f64::from(YEAR);
        Some(Self {
            at_risk: watched.iter().filter(known).count(),
            curve: KaplanMeier::new(&watched, Level::NINETY_FIVE).ok()?,
        })
    }

    /// The curve at an age; where nobody is watched so long, its end.
    fn at(&self, days: i32) -> Option<Step> {
        let steps = self.curve.steps();
        let last = || steps.last().copied();
        self.curve.at(f64::from(days)).or_else(last)
    }
}

fn age(person: &Person, as_of: Day) -> i32 {
    as_of.days_since(person.rhythm.first).max(0)
}

/// How many of those who came first in a season are of a kind that never comes outside.
fn excess(season: Step, others: Step) -> Option<(f64, Interval)> {
    let came = |step: Step| 1.0 - step.survival;
    let ratio = came(season) / came(others);
    let variance: f64 = [season, others]
        .iter()
        .map(|step| {
            step.standard_error
                .map(|error| (error / came(*step)).powi(2))
        })
        .sum::<Option<f64>>()?;
    let factor = (Level::NINETY_FIVE.normal() * variance.sqrt()).exp();
    let interval = Interval {
        low: 1.0 - ratio * factor,
        high: 1.0 - ratio / factor,
    };
    ratio
        .is_finite()
        .then(|| ((1.0 - ratio).max(0.0), interval))
}

pub(super) fn gift_buyer(
    people: &[Person],
    rules: &Rules,
    (records_since, as_of): (Option<Day>, Day),
) -> Behaviour {
    let seasons: Vec<String> = rules.seasons.iter().map(ToString::to_string).collect();
    let mut found = Behaviour::new(
        "gift_buyer",
        format!(
            "all orders in the season ({}), and none outside for so long that it is at least as likely as not, by how many more such customers there are than among others",
            seasons.join(", "),
        ),
    );
    let longest = rules.seasons.iter().map(|season| season.days()).max();
    let needed = YEAR + longest.unwrap_or(0);
    let records = records_since.map_or(0, |first| as_of.days_since(first));
    if records < needed {
        return found.untold(format!(
            "too short to tell: {records} days of records, {needed} needed"
        ));
    }
    let curves = [true, false].map(|in_season| Curve::new(people, in_season, as_of));
    let [Some(season), Some(others)] = &curves else {
        return found.untold("too few to tell: nobody came first in a season, or nobody outside");
    };
    let least = season.at_risk.min(others.at_risk);
    let kind =
        "customers watched for a year (the fewer of those who began in a season and of the others)";
    if let Some(why) = too_few_of(least, kind) {
        return found.untold(why);
    }
    let at_a_year = season.at(YEAR).zip(others.at(YEAR));
    let told = at_a_year.and_then(|(season, others)| excess(season, others));
    let Some((share, interval)) = told else {
        return found.untold("too few to tell: hardly anybody came again");
    };
    let began = people.iter().filter(|person| person.gifts.began_in_season);
    let of_all = began.count() as f64 / people.len().max(1) as f64;
    found.likely = Some(Likely {
        share: share * of_all,
        interval: Some(Interval {
            low: interval.low.max(0.0) * of_all,
            high: interval.high.max(0.0) * of_all,
        }),
    });
    if interval.low <= 0.0 {
        return found;
    }
    for person in people.iter().filter(|person| person.gifts.all_in_season) {
        let age = age(person, as_of);
        let usual = others.at(age).map_or(1.0, |step| step.survival);
        let probability = share / (share + (1.0 - share) * usual);
        if probability >= LIKELY {
            found.signals.push(Signal {
                place: person.place,
                level: person.gifts.seasons.clamp(1, 2),
                probability: Some(probability),
                estimate: None,
                explanation: explanation(person, (age, probability)),
            });
        }
    }
    found
}

fn explanation(person: &Person, (age, probability): (i32, f64)) -> String {
    let began = person.rhythm.first;
    let orders = match (person.orders, person.gifts.seasons) {
        (1, _) => format!("One order, on {began}"),
        (orders, 0 | 1) => format!("{orders} orders in the season of {began}"),
        (orders, seasons) => format!("{orders} orders in {seasons} seasons since {began}"),
    };
    let likely = percent(probability);
    format!(
        "{orders}, none outside the season in {age} days: of such customers about {likely} come only for gifts."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_excess_is_the_share_of_those_who_never_come_outside() {
        // Of season-comers 0.4 are of that kind, of the others half come within the year.
        let step = |survival: f64, error: f64| Step {
            time: 365.0,
            at_risk: 100,
            events: 1,
            censored: 0,
            survival,
            standard_error: Some(error),
            interval: None,
        };
        let (share, interval) = excess(step(0.7, 0.02), step(0.5, 0.01)).unwrap();
        assert!((share - 0.4).abs() < 1e-12);
        // exp(1.96 √((0.02/0.3)² + (0.01/0.5)²)) = 1.1461.
        assert!(
            (interval.low - (1.0 - 0.6 * 1.146_1)).abs() < 1e-4,
            "{interval:?}"
        );
        assert!(
            (interval.high - (1.0 - 0.6 / 1.146_1)).abs() < 1e-4,
            "{interval:?}"
        );
        // Where they come back more often than others there are none.
        assert!(excess(step(0.3, 0.02), step(0.5, 0.01)).unwrap().0.abs() < 1e-15);
        assert!(excess(step(0.3, 0.02), step(1.0, 0.0)).is_none());
    }
}
