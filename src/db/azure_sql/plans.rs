//! What the queries become on SQL Server.

use super::queries::{all, found, relocation};

#[test]
fn every_query_is_as_reviewed() {
    let texts: Vec<String> = all().iter().map(|(name, sql)| format!("{name}\n  {sql}\n")).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn every_statement_of_a_list_is_as_reviewed() {
    let texts: Vec<String> = found::all()
        .iter()
        .map(|(name, sql)| {
            let conditions = sql.split_once(" FROM ").map_or(&**sql, |(_, conditions)| conditions);
            format!("{name}\n  {conditions}\n")
        })
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn every_statement_of_a_move_is_as_reviewed() {
    let of_table =
        |(table, statements): (&str, Vec<String>)| format!("{table}\n  {}\n", statements.join("\n  "));
    insta::assert_snapshot!(relocation::of_tables().into_iter().map(of_table).collect::<String>());
}

/// Every query that may return several rows needs an ORDER BY.
#[test]
fn every_list_is_ordered() {
    for (name, sql) in all() {
        // Found by the primary or unique key, or one aggregate.
        let is_one_row = matches!(
            name,
            "order_numbered"
                | "order_with_key"
                | "orders_later_that_day"
                | "orders_within"
                | "orders_after"
                | "kept_sums"
                | "same_number"
                | "delete_kept"
                | "editable_order"
                | "number_with_key"
                | "update_order"
                | "add_to_known"
                | "cancel_order"
                | "reopen_order"
                | "set_flags"
                | "mark_order_seen"
                | "mark_warnings_seen"
                | "mask_customer"
                | "message_to_send"
                | "view_with_id"
                | "view_with_key"
                | "rename_view"
                | "save_view"
                | "move_view"
                | "delete_view"
                | "claim_sign_in"
                | "claimed_by"
                | "person_with"
                | "session_with"
                | "delete_session"
                | "waiting_form"
                | "delete_waiting"
                | "end_session_of"
                | "end_other_sessions"
                | "end_sessions_of"
                | "person_numbered"
                | "disable_person"
                | "event_of"
                | "job_with_submission"
                | "job_numbered"
                // Put into a map.
                | "orders_numbered"
                | "lease_job"
                | "renew_lease"
                | "leave_out"
                | "import_with_id"
                | "import_numbered"
                | "import_piece"
                | "mapping_of_header"
                | "renew_import"
                | "end_left_imports"
        );
        assert!(is_one_row || sql.contains(" ORDER BY "), "{name}: {sql}");
    }
}

/// SQL Server has no booleans: a bare one as a condition compiles here, and is refused there.
#[test]
fn no_condition_is_a_bare_bool() {
    let lists = found::all().into_iter();
    for (name, sql) in all().into_iter().map(|(name, sql)| (name.to_owned(), sql)).chain(lists) {
        let sql = sql.split(" -- binds").next().unwrap_or(&sql);
        assert_eq!(diesel_mssql::bare_conditions(sql), [""; 0], "{name}: {sql}");
    }
}
