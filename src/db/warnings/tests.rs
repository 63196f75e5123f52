use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;

use crate::db::migrations::SQLITE;
use crate::order::{QualityFlags, Warning};

/// What is stored of an order's warnings, whoever has seen which.
#[derive(QueryableByName, Debug, PartialEq, Eq)]
struct Stored {
    #[diesel(sql_type = diesel::sql_types::SmallInt)]
    flags: i16,
    #[diesel(sql_type = diesel::sql_types::SmallInt)]
    unseen: i16,
    #[diesel(sql_type = diesel::sql_types::Text)]
    rows: String,
}

fn stored(conn: &mut SqliteConnection) -> Vec<Stored> {
    let sql = "SELECT flags, unseen, (SELECT coalesce(group_concat(kind || iif(seen_at IS NULL, '', ' seen'), ', '), '') \
               FROM (SELECT * FROM order_warnings WHERE order_number = number ORDER BY kind)) AS rows \
               FROM orders ORDER BY number";
    diesel::sql_query(sql).load(conn).unwrap()
}

/// Adds an order as a program did that knows nothing of `unseen`.
fn insert(conn: &mut SqliteConnection, flags: i16) {
    let sql = format!(
        "INSERT INTO orders (date_uuid, user_id, store_code, product_code, product_quantity, order_date, card_brand, \
         card_last4, card_sealed, card_seal_key, card_hash, card_hash_key, flags, version, created_at, created_by, \
         updated_at, updated_by) SELECT printf('%036d', count(*)), 'NRQKZWJ9OZ', 'HI-9B97EE4E', 'R7-3126933h', 1, \
         '2026-03-01 09:30:00', 'visa', '1111', x'00', 1, zeroblob(32), 1, {flags}, 1, '2026-03-01 09:31:00', 'desk', \
         '2026-03-01 09:31:00', 'desk' FROM orders"
    );
    conn.batch_execute(&sql).unwrap();
}

const LOOK: &str = "UPDATE order_warnings SET seen_by = 'desk', seen_at = '2026-03-02 09:00:00' WHERE seen_at IS NULL; \
                    UPDATE orders SET unseen = 0";

#[test]
fn the_database_calls_each_kind_as_the_program_does() {
    #[derive(QueryableByName)]
    struct Kind {
        #[diesel(sql_type = diesel::sql_types::SmallInt)]
        flag: i16,
        #[diesel(sql_type = diesel::sql_types::Text)]
        kind: String,
    }
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.run_pending_migrations(SQLITE).unwrap();
    let kinds: Vec<Kind> =
        diesel::sql_query("SELECT * FROM warning_kinds ORDER BY flag").load(&mut conn).unwrap();
    let kinds: Vec<(i16, String)> = kinds.into_iter().map(|Kind { flag, kind }| (flag, kind)).collect();
    assert_eq!(kinds, Warning::ALL.map(|one| (QualityFlags::of(one).bits(), one.name().to_owned())));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/mssql/2026-11-29-000002_warnings/up.sql");
    let script = std::fs::read_to_string(folder).unwrap();
    for (flag, kind) in kinds {
        assert!(script.contains(&format!("({flag}, '{kind}')")), "{kind}");
    }
}

#[test]
fn orders_of_before_have_their_warnings_and_nobody_has_seen_them() {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.run_pending_migrations(SQLITE).unwrap();
    while conn.revert_last_migration(SQLITE).unwrap() != "20261129000002".into() {}
    for flags in [0, 5, 8191] {
        insert(&mut conn, flags);
    }
    conn.run_pending_migrations(SQLITE).unwrap();
    let mut all: Vec<&str> = Warning::ALL.map(Warning::name).into();
    all.sort_unstable();
    assert_eq!(
        stored(&mut conn),
        [
            Stored { flags: 0, unseen: 0, rows: String::new() },
            Stored { flags: 5, unseen: 5, rows: "card-check-digit, customer-id".to_owned() },
            Stored { flags: 8191, unseen: 8191, rows: all.join(", ") },
        ]
    );
}

/// A program of the release before writes flags alone.
#[test]
fn the_rows_follow_the_flags_whoever_writes_them() {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.run_pending_migrations(SQLITE).unwrap();
    insert(&mut conn, 5);
    let mut after = |sql: &str, flags: i16, unseen: i16, rows: &str| {
        conn.batch_execute(sql).unwrap();
        assert_eq!(stored(&mut conn), [Stored { flags, unseen, rows: rows.to_owned() }], "{sql}");
    };
    let (digit, length) = (QualityFlags::CARD_CHECK_DIGIT.bits(), QualityFlags::CARD_LENGTH.bits());
    let customer = QualityFlags::USER_ID.bits();
    let set = |flags: i16| format!("UPDATE orders SET version = version + 1, flags = {flags}");
    after("SELECT 1", digit | customer, digit | customer, "card-check-digit, customer-id");
    after(&set(digit | customer), digit | customer, digit | customer, "card-check-digit, customer-id");
    after(LOOK, digit | customer, 0, "card-check-digit seen, customer-id seen");
    after(&set(digit | customer), digit | customer, 0, "card-check-digit seen, customer-id seen");
    after(&set(customer | length), customer | length, length, "card-length, customer-id seen");
    after(&set(customer), customer, 0, "customer-id seen");
    after(&set(0), 0, 0, "");
    after(&set(customer), customer, customer, "customer-id");
}
