//! What the queries become on SQL Server.

use super::queries;

#[test]
fn every_query_is_as_reviewed() {
    let texts: Vec<String> = queries::all().iter().map(|(name, sql)| format!("{name}\n  {sql}\n")).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

/// Where the order of rows matters to whoever reads them: all that may be more than one row.
#[test]
fn every_list_is_ordered() {
    for (name, sql) in queries::all() {
        let is_one_row = match name {
            // By the primary or unique key.
            "order_numbered" | "order_with_key" => true,
            // One aggregate.
            "orders_later_that_day" | "orders_within" | "orders_after" => true,
            _ => false,
        };
        assert!(is_one_row || sql.contains(" ORDER BY "), "{name}: {sql}");
    }
}
