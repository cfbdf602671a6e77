//! What Spark is asked, word for word. Nothing here relies on how a session reads backslashes in literals.

use super::cells::CellKind;

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
pub(super) const SETTINGS: [&str; 2] = [
    "SET spark.sql.session.timeZone=UTC",
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

/// Lets go of the facts.
pub(super) fn forget(facts: &Facts) -> String {
    format!("UNCACHE TABLE IF EXISTS {}", facts.0)
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
