//! Rows of `events.csv`, `surveys.csv` and `campaign_members.csv`.

use super::{Row, Subject};
use crate::error::DemoError;
use crate::footprints::{Answer, Event};
use crate::history::Arm;
use crate::shop::Moment;
use crate::sorter::TimeSorter;

/// Header of `events.csv`.
pub(crate) const EVENTS: &str =
    "event_id,customer_id,anonymous_id,occurred_at,kind,product_id,campaign,properties";
/// Header of `surveys.csv`.
pub(crate) const SURVEYS: &str = "response_id,customer_id,order_id,answered_at,kind,score,comment";
/// Header of `campaign_members.csv`.
pub(crate) const MEMBERS: &str = "campaign,customer_id,arm,assigned_at";

/// Writes events; those of guests carry an anonymous id.
pub(crate) fn write_events(
    subject: &Subject<'_>,
    events: &[Event],
    row: &mut Row,
    table: &mut TimeSorter,
) -> Result<(), DemoError> {
    let number = subject.person.number();
    for (running, event) in (1..).zip(events) {
        row.id(b'E', number, running);
        subject.customer_id(row);
        if subject.person.guest {
            row.id(b'V', number, 1);
        } else {
            row.blank();
        }
        row.instant(subject.shop, event.at).text(event.kind);
        match event.product {
            Some(product) => row.text(&format!("P{:03}", product.number())),
            None => row.blank(),
        };
        match event.campaign {
            Some(index) => row.text(&subject.shop.campaigns[index].key),
            None => row.blank(),
        };
        row.text(event.properties);
        table.push(event.at.seconds(), row.take().bytes())?;
    }
    Ok(())
}

/// Writes survey answers; guests are not asked.
pub(crate) fn write_surveys(
    subject: &Subject<'_>,
    answers: &[Answer],
    row: &mut Row,
    table: &mut TimeSorter,
) -> Result<(), DemoError> {
    if subject.person.guest || subject.person.staff {
        return Ok(());
    }
    let number = subject.person.number();
    for (running, answer) in (1..).zip(answers) {
        row.id(b'S', number, running)
            .number(number)
            .order_id(number, answer.order)
            .instant(subject.shop, answer.at)
            .text("nps")
            .number(u64::from(answer.score))
            .text(answer.comment);
        table.push(answer.at.seconds(), row.take().bytes())?;
    }
    Ok(())
}

/// Writes which campaigns the customer was in the audience of, and on which side.
pub(crate) fn write_members(
    subject: &Subject<'_>,
    row: &mut Row,
    table: &mut TimeSorter,
) -> Result<(), DemoError> {
    for (campaign, arm) in subject.shop.campaigns.iter().zip(&subject.history.arms) {
        let Some(arm) = arm else { continue };
        let assigned = Moment {
            day: campaign.sent_day,
            second: 0,
        };
        row.text(&campaign.key)
            .number(subject.person.number())
            .text(match arm {
                Arm::Treated => "treated",
                Arm::Holdout => "holdout",
            })
            .instant(subject.shop, assigned);
        table.push(assigned.seconds(), row.take().bytes())?;
    }
    Ok(())
}
