//! Rows of `customers.csv`: everyone who has an account. Guests have none.

use super::{Row, Subject};
use crate::catalogue::CATEGORIES;
use crate::error::DemoError;
use crate::shop::Moment;
use crate::sorter::TimeSorter;

/// Header of `customers.csv`.
pub(crate) const CUSTOMERS: &str = "customer_id,email,phone,given_name,family_name,name,birth_date,gender,address,postal_code,city,region,country,company,acquisition_channel,created_at,consent_email,consent_email_at,consent_email_source,interests,dislikes,attributes,tags";

/// Writes a customer as known when the records end.
pub(crate) fn write_customer(
    subject: &Subject<'_>,
    row: &mut Row,
    table: &mut TimeSorter,
) -> Result<(), DemoError> {
    let Subject {
        shop,
        person,
        contact,
        history,
    } = *subject;
    let Some(first) = history.orders.first().filter(|_| !person.guest) else {
        return Ok(());
    };
    let created = first.at.minutes_before(10);
    subject.customer_id(row);
    row.text(&contact.email)
        .text(&contact.phone)
        .text(contact.given_name)
        .text(contact.family_name)
        .text(&contact.name)
        .text(&contact.birth_date)
        .text(contact.gender)
        .text(&contact.address)
        .text(&contact.postal_code)
        .text(contact.city)
        .text(contact.region)
        .text(contact.country)
        .text(&contact.company)
        .text(person.channel().key)
        .instant(shop, created)
        .flag(subject.consent());
    match history.unsubscribed {
        Some(index) => {
            let day = shop.campaigns[index].sent_day;
            row.instant(
                shop,
                Moment {
                    day,
                    second: 43_200,
                },
            )
            .text("unsubscribe link");
        }
        None => {
            row.instant(shop, created).text("checkout");
        }
    }
    let [first, second] = person.favourites.map(|category| CATEGORIES[category].key);
    let interests = if first == second {
        first.to_owned()
    } else {
        format!("{first}|{second}")
    };
    let tag = match (person.staff, person.whale) {
        (true, _) => "staff",
        (_, true) => "business",
        _ => "",
    };
    row.text(&interests).blank().blank().text(tag);
    table.push(created.seconds(), row.take().bytes())
}
