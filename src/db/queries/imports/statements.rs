//! The statements that imports are found and changed with.

use diesel::prelude::*;

use super::super::Rows;
use super::super::jobs::{COMMAND_IMPORT, IMPORT};
use crate::db::job::JobState;
use crate::db::lease::is_free;
use crate::db::rows::{ImportRow, JobRow, PieceRow};
use crate::db::schema::{import_mappings, import_pieces, imports, jobs};
use crate::order::Timestamp;

pub const COLLECTING: &str = JobState::Collecting.as_str();
pub const ASKING: &str = JobState::Asking.as_str();
pub const RUNNING: &str = JobState::Running.as_str();
pub const DONE: &str = JobState::Done.as_str();
pub const FAILED: &str = JobState::Failed.as_str();

#[diesel::dsl::auto_type(no_type_alias)]
pub fn import_job(id: i64, import: &'static str, state: &'static str) -> _ {
    jobs::table.filter(jobs::id.eq(id)).filter(jobs::kind.eq(import)).filter(jobs::state.eq(state))
}

/// A running import whose lease is held, or was renewed by this very write.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn leased_import(id: i64, running: &'static str, held: Timestamp, until: Timestamp) -> _ {
    jobs::table
        .filter(jobs::id.eq(id))
        .filter(jobs::state.eq(running))
        .filter(jobs::claimed_until.eq(held).or(jobs::claimed_until.eq(until)))
}

#[diesel::dsl::auto_type(no_type_alias)]
pub fn this_import(id: i64) -> _ {
    imports::table.filter(imports::id.eq(id))
}

/// Under way by commands that have not been heard of since a time.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn left_imports(running: &'static str, by_command: &'static str, before: Timestamp) -> _ {
    jobs::table
        .filter(jobs::state.eq(running))
        .filter(jobs::kind.eq(by_command))
        .filter(jobs::claimed_until.lt(before))
}

pub fn first_left_import(before: Timestamp) -> impl Rows<i64> {
    left_imports(RUNNING, COMMAND_IMPORT, before).order(jobs::id).limit(1).select(jobs::id)
}

pub fn import_with_id(id: i64) -> impl Rows<i64> {
    imports::table.filter(imports::id.eq(id)).select(imports::id)
}

pub fn import_numbered(id: i64) -> impl Rows<(JobRow, ImportRow)> {
    imports::table
        .inner_join(jobs::table.on(jobs::id.eq(imports::id)))
        .filter(imports::id.eq(id))
        .select((JobRow::as_select(), ImportRow::as_select()))
}

pub fn imports_before(id: i64, limit: i64) -> impl Rows<(JobRow, ImportRow)> {
    imports::table
        .inner_join(jobs::table.on(jobs::id.eq(imports::id)))
        .filter(imports::id.lt(id))
        .filter(imports::started_at.is_not_null().or(jobs::state.eq_any([RUNNING, ASKING])))
        .order(imports::id.desc())
        .limit(limit)
        .select((JobRow::as_select(), ImportRow::as_select()))
}

pub fn names_of(ids: Vec<i64>) -> impl Rows<(i64, String)> {
    imports::table
        .filter(imports::id.eq_any(ids))
        .order(imports::id)
        .select((imports::id, imports::file_name))
}

pub fn imports_of_file(fingerprint: &str, not: i64) -> impl Rows<i64> + use<> {
    imports::table
        .filter(imports::fingerprint.eq(fingerprint.to_owned()))
        .filter(imports::id.ne(not))
        .filter(imports::started_at.is_not_null())
        .order(imports::id.desc())
        .limit(1)
        .select(imports::id)
}

pub fn kept_imports_of_file(fingerprint: &str) -> impl Rows<i64> + use<> {
    imports::table
        .filter(imports::fingerprint.eq(fingerprint.to_owned()))
        .filter(imports::erased_at.is_null())
        .order(imports::id.desc())
        .limit(1)
        .select(imports::id)
}

pub fn due_imports(now: Timestamp, limit: i64) -> impl Rows<i64> {
    jobs::table
        .filter(jobs::state.eq(RUNNING))
        .filter(jobs::kind.eq(IMPORT))
        .filter(is_free!(jobs, now))
        .order(jobs::id)
        .limit(limit)
        .select(jobs::id)
}

pub fn piece(id: i64, nth: i32) -> impl Rows<PieceRow> {
    import_pieces::table
        .filter(import_pieces::import_id.eq(id))
        .filter(import_pieces::nth.eq(nth))
        .select(PieceRow::as_select())
}

pub fn first_pieces(id: i64, limit: i64) -> impl Rows<i32> {
    import_pieces::table
        .filter(import_pieces::import_id.eq(id))
        .order(import_pieces::nth)
        .limit(limit)
        .select(import_pieces::nth)
}

pub fn mapping_of(header: &str) -> impl Rows<String> + use<> {
    import_mappings::table
        .filter(import_mappings::header.eq(header.to_owned()))
        .select(import_mappings::mapping)
}

/// Kept for long enough, and not under way.
pub fn old_imports(kept_since: Timestamp) -> impl Rows<i64> {
    imports::table
        .inner_join(jobs::table.on(jobs::id.eq(imports::id)))
        .filter(imports::erased_at.is_null())
        .filter(imports::uploaded_at.lt(kept_since))
        .filter(jobs::state.ne(RUNNING))
        .order((imports::uploaded_at, imports::id))
        .limit(1)
        .select(imports::id)
}

/// Came in until a desk was killed.
pub fn cut_imports(cut_before: Timestamp) -> impl Rows<i64> {
    imports::table
        .inner_join(jobs::table.on(jobs::id.eq(imports::id)))
        .filter(imports::erased_at.is_null())
        .filter(imports::uploaded_at.lt(cut_before))
        .filter(jobs::state.eq(COLLECTING))
        .order((imports::uploaded_at, imports::id))
        .limit(1)
        .select(imports::id)
}

pub fn discarded_imports() -> impl Rows<i64> {
    imports::table
        .inner_join(jobs::table.on(jobs::id.eq(imports::id)))
        .filter(imports::erased_at.is_null())
        .filter(imports::started_at.is_null())
        .filter(jobs::ended_at.is_not_null())
        .order((imports::uploaded_at, imports::id))
        .limit(1)
        .select(imports::id)
}

/// The SQL of every query and change, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::super::{DB, sql};
    let now = Timestamp::parse("2026-11-30 12:00:00").unwrap();
    let leased = diesel::update(leased_import(3, RUNNING, now, now)).set(jobs::claimed_until.eq(now));
    vec![
        ("import_with_id", sql(&import_with_id(3))),
        ("import_numbered", sql(&import_numbered(3))),
        ("imports_before", sql(&imports_before(i64::MAX, 51))),
        ("names_of_imports", sql(&names_of(vec![3, 4]))),
        ("imports_of_file", sql(&imports_of_file("kdmocbahifjepgln", 3))),
        ("kept_imports_of_file", sql(&kept_imports_of_file("kdmocbahifjepgln"))),
        ("due_imports", sql(&due_imports(now, 1))),
        ("import_piece", sql(&piece(3, 7))),
        ("first_pieces", sql(&first_pieces(3, 64))),
        ("mapping_of_header", sql(&mapping_of("kdmocbahifjepgln"))),
        ("old_imports", sql(&old_imports(now))),
        ("cut_imports", sql(&cut_imports(now))),
        ("discarded_imports", sql(&discarded_imports())),
        ("first_left_import", sql(&first_left_import(now))),
        ("end_left_imports", {
            let left = diesel::update(left_imports(RUNNING, COMMAND_IMPORT, now));
            diesel::debug_query::<DB, _>(&left.set(jobs::state.eq(FAILED))).to_string()
        }),
        ("renew_import", diesel::debug_query::<DB, _>(&leased).to_string()),
    ]
}
