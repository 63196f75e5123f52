//! What SQLite makes of each query: its SQL, and the way to its rows.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;

use super::queries::{all, found, relocation};
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
fn every_statement_of_a_list_and_its_plan_are_as_reviewed() {
    let mut conn = database();
    let texts: Vec<String> = found::all()
        .iter()
        .map(|(name, sql)| {
            let conditions = sql.split_once(" FROM ").map_or(&**sql, |(_, conditions)| conditions);
            format!("{name}\n  {conditions}\n    {}\n", plan(&mut conn, sql).join("\n    "))
        })
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn every_statement_of_a_move_and_its_plan_are_as_reviewed() {
    let mut conn = database();
    let mut texts = Vec::new();
    for (table, statements) in relocation::of_tables() {
        for sql in statements {
            let steps = plan(&mut conn, &sql);
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{table}: {steps:?}");
            texts.push(format!("{table}\n  {sql}\n    {}\n", steps.join("\n    ")));
        }
    }
    insta::assert_snapshot!(texts.concat());
}

/// Sorted by SQLite itself are only the few that a test leads to which has no order, and the groups of a window.
#[test]
fn no_statement_of_a_list_reads_or_sorts_more_than_it_may() {
    let mut conn = database();
    for (name, sql) in found::all() {
        let steps = plan(&mut conn, &sql);
        // Hardly ever have two orders one UUID.
        let may_sort = name.starts_with("sorted") || name.ends_with("by uuid");
        assert!(may_sort || !steps.iter().any(|step| step.contains("TEMP B-TREE")), "{name}: {steps:?}");
        let is_walk = name.starts_with("walk") || name.starts_with("peek");
        // All that the index of its own has.
        let is_stage = ["open", "under way", "by delivered", "of delivered", "cancelled", "to check"]
            .iter()
            .any(|stage| name.ends_with(stage));
        assert!(
            is_walk || is_stage || !steps.iter().any(|step| step.starts_with("SCAN orders")),
            "{name}: {steps:?}"
        );
        assert!(!steps.iter().any(|step| *step == "SCAN orders"), "{name}: {steps:?}");
    }
}

#[test]
fn no_query_sorts_or_reads_a_table_through() {
    let mut conn = database();
    for (name, sql) in all() {
        for step in plan(&mut conn, &sql) {
            // The cancelled ones are few, and the command that compares them has time.
            let may_sort = ["key_uses", "facts_by_cancellation"].contains(&name);
            assert!(!step.contains("TEMP B-TREE") || may_sort, "{name}: {step}");
            let is_bounded = match name {
                // As many as there are keys.
                "all_card_keys" | "all_check_values" | "any_card_key" => true,
                // As many as asked for, from the end of the table or index.
                "recent_codes" | "newest_number"
                // For commands, which have time.
                | "order_sealed_with" | "order_hashed_with" => step == "SCAN orders",
                "facts_by_cancellation" => step == "SCAN orders USING INDEX orders_cancelled",
                // As many as a desk may have.
                "all_views" => step == "SCAN saved_views USING INDEX saved_views_by_position",
                "places_of_views" => step == "SCAN saved_views USING COVERING INDEX saved_views_by_position",
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
