//! A query to a real PostgreSQL as a source: asked again at every refresh, what is new or changed counts once.

use super::{add, imports, refresh, refreshed};
use crate::database::servers::Postgres;
use crate::workspace::{run, with_workspace};

#[test]
fn a_query_is_asked_at_every_refresh_and_only_what_changed_is_imported() {
    let test = "a_query_is_asked_at_every_refresh_and_only_what_changed_is_imported";
    let Some(postgres) = Postgres::new(test) else {
        return;
    };
    postgres.run("CREATE TABLE orders (order_id text, customer_id text, ordered_at date, amount numeric(12,2), status text)");
    postgres.run("INSERT INTO orders SELECT 'o' || n, 'c' || n % 40, DATE '2024-01-01' + n, n, 'paid' FROM generate_series(1, 200) AS n");
    let sandbox = with_workspace();
    let query = postgres.flags("SELECT * FROM orders ORDER BY order_id");
    // The address stands in the environment, where it may have a password.
    let variables = [("PATRON_ADBC_URI", query[1])];
    add(&sandbox, &variables, &[&["adbc"], &query[2..]].concat());
    assert_eq!(refreshed(&sandbox, &[]), [200, 200, 0, 0, 0]);
    assert_eq!(
        refreshed(&sandbox, &[]),
        [200, 0, 0, 200, 0],
        "the same answer"
    );
    assert_eq!(imports(&sandbox), 1);
    postgres.run("INSERT INTO orders VALUES ('late', 'c1', '2025-01-05', 5, 'paid')");
    postgres.run("UPDATE orders SET amount = 1000 WHERE order_id = 'o7'");
    assert_eq!(refreshed(&sandbox, &[]), [201, 1, 1, 199, 0]);
    let customers = run(&sandbox, &[]).customers();
    assert_eq!(customers.cell("c1", "orders"), "6");
    // 7 + 47 + 87 + 127 + 167, of which the first is 1000 by now.
    assert_eq!(customers.cell("c7", "monetary"), "1428.00");
    // What goes wrong is said, and the next refresh asks again.
    postgres.run("ALTER TABLE orders RENAME TO elsewhere");
    let failed = refresh(&sandbox, &[]);
    assert_ne!(failed.code, 0, "{}", failed.stdout);
    assert!(failed.stderr.contains("orders"), "{}", failed.stderr);
    postgres.run("ALTER TABLE elsewhere RENAME TO orders");
    assert_eq!(refreshed(&sandbox, &[]), [201, 0, 0, 201, 0]);
}
