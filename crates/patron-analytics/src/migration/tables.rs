//! The tables of `patron migration` and `patron changes`.

use patron_core::MoneySum;
use serde_json::json;

use super::between::{Migration, ends_before};
use super::changes::Changes;
use super::ladder::{Direction, Ladder, LadderKind};
use super::matrix::{Cell, Driver};
use super::walk::{Mover, Period};
use crate::shop::Shop;
use crate::study::{Column, Note, Study, Table, Unit, Value};

/// What stands in a from-to table for those who were no customers yet.
const NOWHERE_BEFORE: &str = "(came)";
/// What stands there for those who are none any more.
const NOWHERE_AFTER: &str = "(left)";
/// With which probability chance alone may make any move stand out.
const RISK: f64 = 0.05;

pub(super) fn of_migration(shop: &Shop, found: &Migration) -> Study {
    let mut tables = Vec::new();
    if let Some(last) = found.periods.last() {
        tables.push(of_periods(found));
        tables.push(of_matrix(&found.ladder, last));
        tables.push(of_places(&found.ladder, last, None));
        tables.push(of_moves(&found.ladder, last));
        tables.extend(of_unusual(&found.ladder, last));
        if found.with_customers {
            tables.push(of_moves_by_period(found));
            let all: Vec<&Mover> = found.movers.iter().collect();
            let title = format!(
                "Who moved, came or left between {} and {}",
                last.from, last.to
            );
            tables.push(of_movers("customers", title, &found.ladder, &all));
        }
    }
    let mut notes = of_split(found.periods.iter(), found.ladder.kind);
    notes.extend(found.periods.last().map(of_flow));
    if ends_before(&found.periods, shop.as_of()) {
        let day = shop.as_of();
        notes.push(Note::new(
            "month_not_ended",
            json!({ "as_of": day.to_string() }),
            format!("The month of {day} has not ended, and is not told"),
        ));
    }
    study("migration", shop, tables, notes)
}

pub(super) fn of_changes(shop: &Shop, found: &Changes) -> Study {
    let (ladder, period) = (&found.ladder, &found.period);
    let mut tables = vec![of_places(ladder, period, found.place)];
    let since = format!("between {} and {}", period.from, period.to);
    match found.place {
        None => {
            let all: Vec<&Mover> = found.movers.iter().collect();
            let title = format!("Who moved, came or left {since}, and why");
            tables.push(of_movers("customers", title, ladder, &all));
        }
        Some(place) => {
            let key = ladder.key(place);
            let some = |is: &dyn Fn(&Mover) -> bool| -> Vec<&Mover> {
                found.movers.iter().filter(|mover| is(mover)).collect()
            };
            let entered = some(&|mover| mover.to == Some(place));
            let left = some(&|mover| mover.from == Some(place));
            let title = format!("Who entered `{key}` {since}, and why");
            tables.push(of_movers("entered", title, ladder, &entered));
            let title = format!("Who left `{key}` {since}, and why");
            tables.push(of_movers("left", title, ladder, &left));
        }
    }
    let mut notes = of_split([period], ladder.kind);
    if found.movers.is_empty() {
        notes.push(Note::new(
            "nothing_since",
            json!({}),
            "Nobody moved: after a run that follows the last import there is nothing left to tell; `--since` compares with a day"
                .to_owned(),
        ));
    }
    if let Some(expected) = of_expected(found) {
        tables.push(expected);
        notes.push(Note::new(
            "by_doing_nothing",
            json!({}),
            "Who leaves by doing nothing is foretold with every knife where it is now, and without any further order or refund"
                .to_owned(),
        ));
    }
    if found.windows_stand_still {
        notes.push(Note::new(
            "windows_stand_still",
            json!({}),
            "Scores or conditions look at a window of time: its sums are held where they are, so days foretold may be too late"
                .to_owned(),
        ));
    }
    study("changes", shop, tables, notes)
}

fn study(key: &'static str, shop: &Shop, tables: Vec<Table>, notes: Vec<Note>) -> Study {
    Study {
        key,
        as_of: shop.as_of(),
        customers: shop.table.len() as u64,
        currency: shop.settings.currency.clone(),
        tables,
        notes,
    }
}

/// What must be known of people and knives.
fn of_split<'p>(periods: impl IntoIterator<Item = &'p Period>, kind: LadderKind) -> Vec<Note> {
    let split = periods.into_iter().any(|period| period.is_split);
    let (key, text) = match (split, kind) {
        (false, LadderKind::Segment) => (
            "not_split",
            "Scores go by rank, or nobody was a customer before: movement cannot be split into people and knives",
        ),
        (false, _) => (
            "not_split",
            "Nobody was a customer before: movement cannot be split into people and knives",
        ),
        (true, _) => (
            "people_and_knives",
            "`people` moved by the earlier day's cut points as well; `knives` would have stayed by them; `both` would be elsewhere; `held` stayed only because cut points moved along",
        ),
    };
    vec![Note::new(key, json!({}), text.to_owned())]
}

/// What must be known of the test against what is usual.
fn of_flow(last: &Period) -> Note {
    let (key, text) = match &last.flow {
        Some(flow) => (
            "usual_flow",
            format!(
                "`p_value` is of a test against the periods before, which vary {:.1} times as much among themselves as chance makes; a season that they did not have stands out, too",
                flow.dispersion
            ),
        ),
        None => (
            "usual_unknown",
            "There is nothing, or there are too few customers, to tell whether movement is as usual".to_owned(),
        ),
    };
    Note::new(key, json!({ "periods": last.usual_periods }), text)
}

fn name(ladder: &Ladder, place: Option<u8>, nowhere: &str) -> String {
    place.map_or(nowhere, |place| ladder.key(place)).to_owned()
}

fn counts_of(cell: &Cell, is_split: bool) -> [Value; 4] {
    let [people, knives, both] = cell.by.map(|crowd| crowd.customers);
    [people, knives, both, cell.held.customers].map(|count| is_split.then_some(count).into())
}

/// One row for each period.
fn of_periods(found: &Migration) -> Table {
    let columns = [
        ("from", Unit::Day),
        ("to", Unit::Day),
        ("customers_before", Unit::Count),
        ("customers_after", Unit::Count),
        ("came", Unit::Count),
        ("left", Unit::Count),
        ("up", Unit::Count),
        ("down", Unit::Count),
        ("sideways", Unit::Count),
        ("stayed", Unit::Count),
        ("people", Unit::Count),
        ("knives", Unit::Count),
        ("both", Unit::Count),
        ("held", Unit::Count),
        ("money_up", Unit::Money),
        ("money_down", Unit::Money),
        ("money_came", Unit::Money),
        ("usual_periods", Unit::Count),
        ("p_value", Unit::Number),
    ];
    let mut table = Table::new("periods", "Who moved from one day to the next", &columns);
    for period in &found.periods {
        let going = |way: Direction| period.matrix.going(&found.ladder, way);
        let all: Cell = period.matrix.filled().map(|(.., cell)| cell).sum();
        let came = going(Direction::Came).all.customers;
        let left = going(Direction::Left).all.customers;
        let mut row: Vec<Value> = vec![
            period.from.into(),
            period.to.into(),
            (all.all.customers - came).into(),
            (all.all.customers - left).into(),
            came.into(),
            left.into(),
        ];
        let ways = [
            Direction::Up,
            Direction::Down,
            Direction::Sideways,
            Direction::Stayed,
        ];
        row.extend(ways.map(|way| going(way).all.customers.into()));
        row.extend(counts_of(&all, period.is_split));
        let ways = [Direction::Up, Direction::Down, Direction::Came];
        row.extend(ways.map(|way| Value::from(going(way).all.after)));
        row.push((period.usual_periods as u64).into());
        row.push(period.flow.as_ref().map(|flow| flow.p_value).into());
        table.push(row);
    }
    table
}

/// The places on which somebody stood or stands, and nowhere where somebody came or left.
fn taken(period: &Period) -> Vec<Option<u8>> {
    let matrix = &period.matrix;
    let is_taken = |place: &Option<u8>| {
        matrix.row(*place).all.customers + matrix.column(*place).all.customers > 0
    };
    matrix.places().filter(is_taken).collect()
}

/// The matrix of a period: a row for each place before, a column for each place after.
fn of_matrix(ladder: &Ladder, period: &Period) -> Table {
    let title = format!(
        "Customers by where they stood on {} and where they stand on {}",
        period.from, period.to
    );
    let mut table = Table::new("matrix", title, &[("(from)", Unit::Text)]);
    let places = taken(period);
    let named = places
        .iter()
        .map(|place| Column::named(name(ladder, *place, NOWHERE_AFTER), Unit::Count));
    table.columns.extend(named);
    table.columns.push(Column::new("(all)", Unit::Count));
    for &from in &places {
        let mut row = vec![Value::Text(name(ladder, from, NOWHERE_BEFORE))];
        row.extend(
            places
                .iter()
                .map(|to| Value::from(period.matrix.cell(from, *to).all.customers)),
        );
        row.push(period.matrix.row(from).all.customers.into());
        table.push(row);
    }
    let mut row = vec![Value::from("(all)")];
    row.extend(
        places
            .iter()
            .map(|to| Value::from(period.matrix.column(*to).all.customers)),
    );
    let all: Cell = places.iter().map(|from| period.matrix.row(*from)).sum();
    row.push(all.all.customers.into());
    table.push(row);
    table
}

/// What came to each place and went from it.
fn of_places(ladder: &Ladder, period: &Period, only: Option<u8>) -> Table {
    let columns = [
        ("place", Unit::Text),
        ("before", Unit::Count),
        ("came", Unit::Count),
        ("entered", Unit::Count),
        ("went", Unit::Count),
        ("left", Unit::Count),
        ("after", Unit::Count),
        ("entered_by_knives", Unit::Count),
        ("went_by_knives", Unit::Count),
        ("money_before", Unit::Money),
        ("money_after", Unit::Money),
    ];
    let title = format!("Each place between {} and {}", period.from, period.to);
    let mut table = Table::new("places", title, &columns);
    let matrix = &period.matrix;
    let places: Vec<u8> = match only {
        Some(place) => vec![place],
        None => taken(period).into_iter().flatten().collect(),
    };
    for place in places {
        let (row, column) = (matrix.row(Some(place)), matrix.column(Some(place)));
        let stayed = matrix.cell(Some(place), Some(place)).all.customers;
        let came = matrix.cell(None, Some(place)).all.customers;
        let left = matrix.cell(Some(place), None).all.customers;
        let knives = |cell: &Cell| {
            let [_, knives, _] = cell.by;
            Value::from(period.is_split.then_some(knives.customers))
        };
        table.push(vec![
            ladder.key(place).into(),
            row.all.customers.into(),
            came.into(),
            (column.all.customers - stayed - came).into(),
            (row.all.customers - stayed - left).into(),
            left.into(),
            column.all.customers.into(),
            knives(&column),
            knives(&row),
            row.all.before.into(),
            column.all.after.into(),
        ]);
    }
    table
}

const MOVE_COLUMNS: [(&str, Unit); 12] = [
    ("from", Unit::Text),
    ("to", Unit::Text),
    ("direction", Unit::Text),
    ("customers", Unit::Count),
    ("share_of_from", Unit::Share),
    ("usual_share", Unit::Share),
    ("money_before", Unit::Money),
    ("money_after", Unit::Money),
    ("people", Unit::Count),
    ("knives", Unit::Count),
    ("both", Unit::Count),
    ("held", Unit::Count),
];

fn move_row(
    ladder: &Ladder,
    period: &Period,
    (from, to, cell): (Option<u8>, Option<u8>, Cell),
) -> Vec<Value> {
    let share = |part: u64, all: u64| (all > 0).then(|| part as f64 / all as f64);
    let all = period.matrix.row(from).all.customers;
    let mut row: Vec<Value> = vec![
        name(ladder, from, NOWHERE_BEFORE).into(),
        name(ladder, to, NOWHERE_AFTER).into(),
        ladder.direction(from, to).key().into(),
        cell.all.customers.into(),
        share(cell.all.customers, all).into(),
        usual_share(period, from, to).into(),
        from.map(|_| cell.all.before).into(),
        to.map(|_| cell.all.after).into(),
    ];
    let [people, knives, both, held] = counts_of(&cell, period.is_split);
    let stays = from == to;
    let moves = from.is_some() && to.is_some() && !stays;
    let told = |is_told: bool, value: Value| if is_told { value } else { Value::None };
    row.extend([people, knives, both].map(|value| told(moves, value)));
    row.push(told(stays, held));
    row
}

/// The share of a place's customers that went there in the periods before.
fn usual_share(period: &Period, from: Option<u8>, to: Option<u8>) -> Option<f64> {
    let usual = period.usual.as_ref()?;
    let last = usual.len().checked_sub(1)?;
    let place = |place: Option<u8>| place.map_or(last, usize::from);
    let row = usual.get(place(from))?;
    let all: u64 = row.iter().sum();
    let part = row.get(place(to))?;
    (all > 0).then(|| *part as f64 / all as f64)
}

/// Every move of a period, most customers first; who stayed last.
fn of_moves(ladder: &Ladder, period: &Period) -> Table {
    let title = format!("Every move between {} and {}", period.from, period.to);
    let mut table = Table::list("moves", title, &MOVE_COLUMNS);
    let mut cells: Vec<_> = period.matrix.filled().collect();
    // Stable: of equals in the order of the ladder.
    cells.sort_by_key(|(from, to, cell)| (from == to, std::cmp::Reverse(cell.all.customers)));
    for cell in cells {
        table.push(move_row(ladder, period, cell));
    }
    table
}

/// Moves that stand out from what is usual, the farthest first; nothing where that cannot be told.
fn of_unusual(ladder: &Ladder, period: &Period) -> Option<Table> {
    let flow = period.flow.as_ref()?;
    let columns = [
        ("from", Unit::Text),
        ("to", Unit::Text),
        ("customers", Unit::Count),
        ("expected", Unit::Number),
        ("residual", Unit::Number),
        ("p_value", Unit::Number),
        ("adjusted_p_value", Unit::Number),
    ];
    let title = format!(
        "Moves that stand out between {} and {}, against the {} periods before",
        period.from, period.to, period.usual_periods
    );
    let mut table = Table::new("unusual", title, &columns);
    let place = |at: usize| u8::try_from(at).ok().filter(|_| at < ladder.len());
    for cell in flow.standing_out(RISK) {
        let to = cell
            .to
            .iter()
            .map(|&to| name(ladder, place(to), NOWHERE_AFTER));
        table.push(vec![
            name(ladder, place(cell.from), NOWHERE_BEFORE).into(),
            to.collect::<Vec<_>>().join(" | ").into(),
            cell.count.into(),
            cell.expected.into(),
            cell.residual.into(),
            cell.p_value.into(),
            cell.adjusted_p_value.into(),
        ]);
    }
    Some(table)
}

/// Every move of every period.
fn of_moves_by_period(found: &Migration) -> Table {
    let mut columns = vec![("period_from", Unit::Day), ("period_to", Unit::Day)];
    columns.extend(MOVE_COLUMNS);
    let mut table = Table::list("moves_by_period", "Every move of every period", &columns);
    for period in &found.periods {
        for cell in period.matrix.filled() {
            let mut row = vec![period.from.into(), period.to.into()];
            row.extend(move_row(&found.ladder, period, cell));
            table.push(row);
        }
    }
    table
}

/// Who moved, one by one.
fn of_movers(key: &'static str, title: String, ladder: &Ladder, movers: &[&Mover]) -> Table {
    let columns = [
        ("customer_id", Unit::Text),
        ("from", Unit::Text),
        ("to", Unit::Text),
        ("direction", Unit::Text),
        ("by", Unit::Text),
        ("why", Unit::Text),
        ("money_before", Unit::Money),
        ("money_after", Unit::Money),
        ("recency_days", Unit::Count),
        ("orders", Unit::Count),
    ];
    let mut table = Table::list(key, title, &columns);
    for mover in movers {
        let money = |money: Option<MoneySum>| Value::from(money);
        let days = mover.recency_days.map(i64::from);
        table.push(vec![
            mover.customer_id.clone().into(),
            name(ladder, mover.from, NOWHERE_BEFORE).into(),
            name(ladder, mover.to, NOWHERE_AFTER).into(),
            mover.direction.key().into(),
            mover.driver.map(Driver::key).into(),
            why(mover).into(),
            money(mover.monetary_before),
            money(mover.monetary_after),
            days.map_or(Value::None, Value::Count),
            mover.orders.into(),
        ]);
    }
    table
}

fn why(mover: &Mover) -> String {
    match mover.direction {
        Direction::Came => "first order, or paid since".to_owned(),
        Direction::Left => "every order was taken back".to_owned(),
        Direction::Stayed if mover.crossings.is_empty() => String::new(),
        _ if mover.crossings.is_empty() => {
            "by other columns of the conditions than scores".to_owned()
        }
        _ => {
            let words: Vec<String> = mover.crossings.iter().map(super::Crossing::words).collect();
            words.join("; ")
        }
    }
}

/// Who leaves by doing nothing.
fn of_expected(found: &Changes) -> Option<Table> {
    let expected = found.expected.as_ref()?;
    let columns = [
        ("customer_id", Unit::Text),
        ("from", Unit::Text),
        ("to", Unit::Text),
        ("direction", Unit::Text),
        ("on", Unit::Day),
        ("in_days", Unit::Count),
        ("last_order", Unit::Day),
    ];
    let title = "Who leaves their place by doing nothing, the first to leave first";
    let mut table = Table::list("ahead", title, &columns);
    let ladder = &found.ladder;
    let of_place = expected
        .iter()
        .filter(|one| found.place.is_none_or(|place| one.from == place));
    for one in of_place {
        let days = one.leaving.on.days_since(found.period.to);
        table.push(vec![
            one.customer_id.clone().into(),
            ladder.key(one.from).into(),
            ladder.key(one.leaving.to).into(),
            ladder
                .direction(Some(one.from), Some(one.leaving.to))
                .key()
                .into(),
            one.leaving.on.into(),
            Value::Count(i64::from(days)),
            one.last_order.into(),
        ]);
    }
    Some(table)
}
