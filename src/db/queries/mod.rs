//! Every query of the desk, in Diesel's language.
//!
//! Mounted under each database, which says what `Conn`, `DB`, `Rows` and `load` are there.

pub mod access;
pub mod alike;
pub mod bulk_batch;
pub mod calendar;
pub mod card_batch;
pub mod card_keys;
pub mod cards;
mod conditions;
pub mod count_check;
mod count_up_to;
mod database_keys;
pub mod events;
pub mod feed;
pub mod flask;
pub mod found;
pub mod imports;
pub mod insert;
pub mod job_orders;
pub mod jobs;
pub mod kept_counts;
pub mod list;
pub mod messages;
pub mod order;
pub mod outbox;
pub mod people;
pub mod purge;
pub mod relocation;
pub mod saved_views;
pub mod sessions;
pub mod update;
pub mod warnings;

use super::{
    Conn, DB, MAX_SKIPPED, Options, Rows, alone, flask_sql, job_rows, load, moved_rows, moved_schema,
    number_of_last_insert,
};
/// What each database does in its own way.
pub(in crate::db) use super::{bulk, lock_counts, reencrypt, rewrite};

/// The SQL of a query, with the values that are bound to it.
#[cfg(test)]
fn sql<U>(query: &impl Rows<U>) -> String {
    diesel::debug_query::<DB, _>(query).to_string()
}

/// Every query that reads, and every change of an order: its name and SQL.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    [
        alike::all(),
        list::all(),
        order::all(),
        insert::all(),
        events::all(),
        feed::all(),
        calendar::all(),
        kept_counts::all(),
        count_check::all(),
        card_keys::all(),
        cards::all(),
        outbox::all(),
        messages::all(),
        update::all(),
        warnings::all(),
        saved_views::all(),
        jobs::all(),
        imports::all(),
        job_orders::all(),
        bulk_batch::all(),
        purge::all(),
        relocation::all(),
        sessions::all(),
        people::all(),
        access::all(),
    ]
    .concat()
}
