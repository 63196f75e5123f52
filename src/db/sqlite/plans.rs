//! What SQLite makes of each query: its SQL, and the way to its rows.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;

use super::queries::all;
use crate::db::migrations::SQLITE;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

fn database() -> SqliteConnection {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.run_pending_migrations(SQLITE).unwrap();
    conn
}

fn plan(conn: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let sql = sql.split(" -- binds").next().unwrap();
    let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn).unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}

#[test]
fn every_query_and_its_plan_are_as_reviewed() {
    let mut conn = database();
    let texts: Vec<String> = all()
        .iter()
        .map(|(name, sql)| format!("{name}\n  {sql}\n    {}\n", plan(&mut conn, sql).join("\n    ")))
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn no_query_sorts_or_reads_a_table_through() {
    let mut conn = database();
    for (name, sql) in all() {
        for step in plan(&mut conn, &sql) {
            assert!(!step.contains("TEMP B-TREE") || name == "key_uses", "{name}: {step}");
            let is_bounded = match name {
                // As many as there are keys.
                "all_card_keys" | "all_check_values" | "any_card_key" => true,
                // As many as asked for, from the end of the table or index.
                "recent_codes" | "newest_number"
                // For commands, which have time.
                | "order_sealed_with" | "order_hashed_with" => step == "SCAN orders",
                "newest_event" => step == "SCAN order_events",
                "near_page" => step == "SCAN orders USING INDEX orders_by_date",
                _ => false,
            };
            assert!(!step.starts_with("SCAN") || is_bounded, "{name}: {step}");
        }
    }
}

/// The indexes are what makes the list and the outbox fast: without them the plan test above has to fail.
#[test]
fn the_plans_tell_a_missing_index() {
    let mut conn = database();
    conn.batch_execute("DROP INDEX orders_by_date; DROP INDEX outbox_due; DROP INDEX outbox_settled")
        .unwrap();
    let served = ["near_page", "page_of_orders", "due_messages", "failed_messages", "settled_before"];
    for (_, sql) in all().iter().filter(|(name, _)| served.contains(name)) {
        let steps = plan(&mut conn, sql);
        assert!(steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
    }
}
