//! What Spark is asked, word for word. Nothing here relies on how a session reads backslashes in literals.

use super::cells::CellKind;
use super::lines::Tag;
use super::refine::Round;

/// The table of facts that a run keeps on the cluster until it ends.
#[derive(Debug, Clone)]
pub(super) struct Facts(pub(super) String);

/// Lines of fields set apart by tabs, in both directions. Spark takes the separator for a regular expression; a tab is one of
/// itself.
const LINES: &str = "ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t'";

/// Returns a name between backticks.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Returns an expression for a text without tabs and line breaks, see [`lines`](super::lines).
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = format!("replace({text}, chr(92), concat(chr(92), chr(92)))");
    for (code, letter) in [(9, 't'), (10, 'n'), (13, 'r')] {
        escaped = format!("replace({escaped}, chr({code}), concat(chr(92), '{letter}'))");
    }
    escaped
}

/// Settings of the session that what follows relies on. A script that goes on after its last line only warns, and only so many
/// seconds later.
/// Instants of customers are written as such, and not in the form of before Parquet had them.
pub(super) const SETTINGS: [&str; 3] = [
    "SET spark.sql.session.timeZone=UTC",
    "SET spark.sql.parquet.outputTimestampType=TIMESTAMP_MICROS",
    "SET spark.sql.scriptTransformation.exitTimeoutInSeconds=600",
];

/// The first rows of a table.
pub(super) fn first_rows(orders: &str, rows: usize) -> String {
    format!("SELECT * FROM {orders} LIMIT {rows}")
}

/// How many rows a table has.
pub(super) fn count(orders: &str) -> String {
    format!("SELECT CAST(count(*) AS STRING) FROM {orders}")
}

/// Asks executors who they are.
pub(super) fn hello(command: &str) -> String {
    format!(
        "SELECT TRANSFORM (n) {LINES} USING '{command}' AS (said STRING) {LINES} FROM (SELECT 'hello' AS n)"
    )
}

/// Reads every row where it lies, and keeps what comes of it on the disks of executors.
pub(super) fn read_rows(
    facts: &Facts,
    orders: &str,
    columns: &[(String, CellKind)],
    command: &str,
) -> String {
    let cells = columns.iter().enumerate();
    let cells: Vec<String> = cells
        .map(|(place, (name, kind))| format!("{} AS c{place}", kind.expression(name)))
        .collect();
    let names: Vec<String> = (0..columns.len())
        .map(|place| format!("c{place}"))
        .collect();
    format!(
        "CACHE TABLE {} OPTIONS ('storageLevel' 'DISK_ONLY') AS \
         SELECT TRANSFORM (n, {}) {LINES} USING '{command}' \
         AS (tag STRING, customer STRING, order_id STRING, payload STRING) {LINES} \
         FROM (SELECT CAST(monotonically_increasing_id() AS STRING) AS n, {} FROM {orders})",
        facts.0,
        names.join(", "),
        cells.join(", "),
    )
}

/// What became of rows, without their facts.
pub(super) fn accounts(facts: &Facts) -> String {
    format!(
        "SELECT tag, payload FROM {} WHERE tag NOT IN ('f', 'o')",
        facts.0
    )
}

/// How many facts there are, and how many bytes.
pub(super) fn totals(facts: &Facts) -> String {
    format!(
        "SELECT CAST(count(*) AS STRING), CAST(coalesce(sum(octet_length(payload)), 0) AS STRING) FROM {} WHERE tag IN ('f', 'o')",
        facts.0
    )
}

/// Orders that stand with more than one customer: how many, the first, and two of its customers.
pub(super) fn shared_orders(facts: &Facts) -> String {
    format!(
        "SELECT CAST(count(*) AS STRING), min_by(struct(order_id, one, other), order_id).order_id, \
         min_by(struct(order_id, one, other), order_id).one, min_by(struct(order_id, one, other), order_id).other \
         FROM (SELECT order_id, min(customer) AS one, max(customer) AS other FROM {} \
         WHERE tag = 'o' GROUP BY order_id HAVING min(customer) <> max(customer))",
        facts.0
    )
}

/// Brings each customer's facts together and folds them.
pub(super) fn fold(facts: &Facts, command: &str) -> String {
    format!(
        "SELECT TRANSFORM (customer, order_id, payload) {LINES} USING '{command}' \
         AS (tag STRING, customer STRING, payload STRING) {LINES} \
         FROM (SELECT customer, order_id, payload FROM {} WHERE tag IN ('f', 'o') \
         DISTRIBUTE BY customer SORT BY customer)",
        facts.0
    )
}

/// The table of customers with all that is written of them, which a run keeps on the cluster until it ends.
pub(super) const SCORED: &str = "patron_scored";

/// The table of profiles of a fold, by its number: a name is given once in a session.
pub(super) fn people(fold: u32) -> String {
    format!("patron_people_{fold}")
}

/// Brings each customer's facts together, folds them, and keeps profiles and what is measured on the disks of executors.
pub(super) fn keep_people(people: &str, facts: &Facts, command: &str, measures: usize) -> String {
    let numbers = (0..measures)
        .map(|place| format!("CAST(nullif(get(k, {place}), '-') AS BIGINT) AS k{place}"));
    let numbers: Vec<String> = numbers.collect();
    format!(
        "CACHE TABLE {people} OPTIONS ('storageLevel' 'DISK_ONLY') AS \
         SELECT tag, customer, payload, {} FROM (SELECT tag, customer, payload, split(numbers, ',') AS k FROM (\
         SELECT TRANSFORM (customer, order_id, payload) {LINES} USING '{command}' \
         AS (tag STRING, customer STRING, payload STRING, numbers STRING) {LINES} \
         FROM (SELECT customer, order_id, payload FROM {} WHERE tag IN ('f', 'o') \
         DISTRIBUTE BY customer SORT BY customer)))",
        numbers.join(", "),
        facts.0
    )
}

/// How many lines of a kind a table has, and how many bytes are in some of its columns.
pub(super) fn lines(table: &str, tag: Tag, columns: &[&str]) -> String {
    let bytes: Vec<String> = columns
        .iter()
        .map(|column| format!("octet_length({column})"))
        .collect();
    format!(
        "SELECT CAST(count(*) AS STRING), CAST(coalesce(sum({}), 0) AS STRING) FROM {table} WHERE tag = '{}'",
        bytes.join(" + "),
        tag.letter()
    )
}

/// The ends of tasks, and why some could not go on.
pub(super) fn ends(table: &str) -> String {
    format!("SELECT tag, payload FROM {table} WHERE tag IN ('c', 'e')")
}

/// The numbers of customers: which measure it is, and the number.
pub(super) fn numbers_of_people(people: &str, measures: usize) -> String {
    format!(
        "SELECT {} AS (measure, number) FROM {people} WHERE tag = 'p'",
        stack(measures, "k")
    )
}

/// R, F and M of the customers of each segment, as three measures a segment.
pub(super) fn numbers_by_segment() -> String {
    format!(
        "SELECT 3 * CAST(segment AS INT) + axis AS measure, number FROM \
         (SELECT segment, {} AS (axis, number) FROM {SCORED} WHERE tag = 'p')",
        stack(3, "k")
    )
}

fn stack(columns: usize, letter: &str) -> String {
    let columns: Vec<String> = (0..columns)
        .map(|place| format!("{place}, {letter}{place}"))
        .collect();
    format!("stack({}, {})", columns.len(), columns.join(", "))
}

/// Counts numbers by their upper bits.
pub(super) fn round(numbers: &str, round: &Round) -> String {
    let within = round.within.as_ref().map(|within| {
        let ranges = within.iter().map(|(measure, least, most)| {
            format!("measure = {measure} AND number BETWEEN {least} AND {most}")
        });
        let ranges: Vec<String> = ranges.collect();
        format!(" AND ({})", ranges.join(" OR "))
    });
    format!(
        "SELECT CAST(measure AS STRING), CAST(min(number) AS STRING), CAST(max(number) AS STRING), CAST(count(*) AS STRING) \
         FROM ({numbers}) WHERE number IS NOT NULL{} GROUP BY measure, shiftright(number, {})",
        within.unwrap_or_default(),
        round.shift
    )
}

/// Each number of a measure with how often it is there; no more than so many.
pub(super) fn every_number(numbers: &str, measure: usize, most: usize) -> String {
    format!(
        "SELECT '{measure}', CAST(number AS STRING), CAST(number AS STRING), CAST(count(*) AS STRING) FROM ({numbers}) \
         WHERE measure = {measure} AND number IS NOT NULL GROUP BY number LIMIT {most}"
    )
}

/// Scores customers, and keeps what is written of them on the disks of executors.
pub(super) fn keep_scored(people: &str, command: &str, columns: usize) -> String {
    let cells: Vec<String> = (0..columns).map(|place| format!("c{place}")).collect();
    let texts: Vec<String> = cells.iter().map(|cell| format!("{cell} STRING")).collect();
    let numbers =
        (0..3).map(|place| format!("CAST(nullif(get(k, {place}), '-') AS BIGINT) AS k{place}"));
    let numbers: Vec<String> = numbers.collect();
    format!(
        "CACHE TABLE {SCORED} OPTIONS ('storageLevel' 'DISK_ONLY') AS \
         SELECT tag, payload, segment, {}, {} FROM (SELECT *, split(numbers, ',') AS k FROM (\
         SELECT TRANSFORM (customer, payload) {LINES} USING '{command}' \
         AS (tag STRING, payload STRING, segment STRING, numbers STRING, {}) {LINES} \
         FROM (SELECT customer, payload FROM {people} WHERE tag = 'p')))",
        numbers.join(", "),
        cells.join(", "),
        texts.join(", ")
    )
}

/// How many customers have a cell that becomes no value of its column's type although it holds one.
pub(super) fn misread(columns: &[(String, String)]) -> String {
    let wrong = columns.iter().enumerate();
    let wrong = wrong.map(|(place, (_, value))| format!("(({value}) IS NULL) <> (c{place} = '-')"));
    let wrong: Vec<String> = wrong.collect();
    format!(
        "SELECT CAST(count(*) AS STRING) FROM {SCORED} WHERE tag = 'p' AND ({})",
        wrong.join(" OR ")
    )
}

/// Writes customers; `columns` are names, and expressions of cells.
pub(super) fn write(place: &str, columns: &[(String, String)]) -> String {
    let columns = columns.iter();
    let columns = columns.map(|(name, value)| format!("{value} AS {}", quoted(name)));
    let columns: Vec<String> = columns.collect();
    format!(
        "INSERT OVERWRITE DIRECTORY '{place}' USING parquet SELECT {} FROM {SCORED} WHERE tag = 'p'",
        columns.join(", ")
    )
}

/// How many files are in a place, whatever is in them.
pub(super) fn files_in(place: &str) -> String {
    format!(
        "SELECT CAST(count(*) AS STRING) FROM binaryFile.{}",
        quoted(place)
    )
}

/// How many customers are in a place.
pub(super) fn customers_in(place: &str) -> String {
    count(&format!("parquet.{}", quoted(place)))
}

/// Lets go of a table.
pub(super) fn forget_table(table: &str) -> String {
    format!("UNCACHE TABLE IF EXISTS {table}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_texts_escaped_without_a_backslash_in_the_query() {
        assert_eq!(quoted("a`b"), "`a``b`");
        let columns = [
            ("it's".to_owned(), CellKind::Text),
            ("at".to_owned(), CellKind::Instant),
        ];
        let sql = read_rows(
            &Facts("t".to_owned()),
            "shop.orders",
            &columns,
            "patron fold",
        );
        assert!(!sql.contains('\\'), "{sql}");
        assert!(
            sql.contains("FROM shop.orders)") && sql.contains("`it's`"),
            "{sql}"
        );
        assert!(sql.contains("unix_micros(`at`)"), "{sql}");
    }
}
