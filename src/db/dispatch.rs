//! The desk's database operations, each listed once: they go to the database that it has.

use std::sync::Arc;

use super::azure_sql;
use super::cards::SealedCard;
use super::count_check::{ComparedCounts, CountSlice, WrongCount};
use super::edit::{Editable, Updated};
use super::find::{Cursor, FindQuery, Found, Placed};
use super::flask::{FlaskKey, FlaskRow, FlaskTable};
use super::history::StoredVersions;
use super::kept_counts::{KeptKind, KeptSums};
use super::keys::{KeyUses, KnownKey, NewKey};
use super::long_read::{LongRead, Slice};
use super::message::{
    Backlog, DeliveryOutcome, LeasedMessage, MessageFilter, MessageId, OutboxMessage, Settled,
};
use super::reencrypt::{Replacement, StoredCard};
use super::rows::{CancelOrderRow, InsertOrderRow, UpdateOrderRow};
use super::saved_views::{InsertView, UpdateView, ViewInserted, ViewUpdated};
use super::sqlite;
use super::stray_cards::{MaskedTexts, StoredTexts};
use super::totals::Counted;
use super::{Db, DbError, Inserted, Outbox, Store};
use crate::order::{
    Anchor, Order, OrderDetails, OrderNumber, Page, PageRequest, RecentCodes, SavedView, Timestamp, Total,
    ViewId,
};

/// Makes a method of each operation: `kind name(parameters) -> result => query(arguments)`.
///
/// The kind is how the store runs it: `read`, `write` (in a transaction, perhaps more than once), `check`, or `slice`
/// (of a long read, which the method takes first, and of which the query is told how many rows it may look at). The
/// query is the text of that path in `queries`, as it is mounted under the store's database. The name is the span's,
/// too.
macro_rules! operations {
    ($(impl $owner:ident {$(
        $(#[$documentation:meta])*
        $kind:ident $name:ident($($parameter:ident: $type:ty),* $(,)?) -> $result:ty
            => $module:ident::$query:ident($($argument:expr),*);
    )*})*) => {
        $(impl $owner {$(
            operation! {
                $(#[$documentation])*
                $kind $name($($parameter: $type),*) -> $result => $module::$query($($argument),*)
            }
        )*})*

        #[cfg(test)]
        const OPERATIONS: &[(&str, &str)] = &[$($((stringify!($kind), stringify!($name))),*),*];
    };
}

macro_rules! operation {
    (
        $(#[$documentation:meta])*
        slice $name:ident($($parameter:ident: $type:ty),*) -> $result:ty
            => $module:ident::$query:ident($($argument:expr),*)
    ) => {
        $(#[$documentation])*
        pub async fn $name(&self, read: &mut LongRead, $($parameter: $type),*) -> Result<$result, DbError> {
            let rows = read.rows();
            on_store!(self, conn => $module::$query(conn, rows $(, $argument)*), slice(stringify!($name), read))
        }
    };
    (
        $(#[$documentation:meta])*
        $kind:ident $name:ident($($parameter:ident: $type:ty),*) -> $result:ty
            => $module:ident::$query:ident($($argument:expr),*)
    ) => {
        $(#[$documentation])*
        pub async fn $name(&self, $($parameter: $type),*) -> Result<$result, DbError> {
            on_store!(self, conn => $module::$query(conn $(, $argument)*), $kind(stringify!($name)))
        }
    };
}

/// Runs a query as it is mounted under the store's database.
macro_rules! on_store {
    ($self:ident, $conn:ident => $module:ident::$query:ident($($argument:expr),*), $kind:ident($($how:expr),*)) => {
        match $self.store() {
            Store::Sqlite(store) => {
                let work = async move |$conn: &mut sqlite::Conn| {
                    sqlite::queries::$module::$query($($argument),*).await
                };
                store.$kind($($how),*, work).await
            }
            Store::SqlServer(store) => {
                let work = async move |$conn: &mut azure_sql::Conn| {
                    azure_sql::queries::$module::$query($($argument),*).await
                };
                store.$kind($($how),*, work).await
            }
        }
    };
}

operations! {
    // For the rooms above, as they are.
    impl Db {
        /// An order with what it takes to change it; none if there is no such number.
        read find_editable(number: OrderNumber) -> Option<Editable> => update::find_editable(number);

        /// Whether there is an order of this number.
        read has_order(number: OrderNumber) -> bool => order::has_order(number);

        /// Codes of stores and products on the newest orders.
        read list_recent_codes() -> RecentCodes => list::list_recent_codes();

        /// Whether the database answers.
        check check() -> () => card_keys::check();

        /// Messages that an endpoint may be sent now, the longest due first: none that has to wait for an earlier one.
        read list_due_messages(endpoint: String, now: Timestamp, limit: i64) -> Vec<MessageId>
            => outbox::list_due(&endpoint, now, limit);

        /// Leases those messages that are still due and not leased by another desk.
        write lease_messages(ids: Vec<MessageId>, now: Timestamp, until: Timestamp) -> Vec<LeasedMessage>
            => outbox::lease(&ids, now, until);

        /// Records the result of a delivery attempt.
        write finish_message(message: LeasedMessage, outcome: DeliveryOutcome, now: Timestamp) -> ()
            => outbox::finish(&message, &outcome, now);

        /// Deletes some messages that were settled before a time; how many.
        write delete_settled_messages(before: Timestamp, limit: i64) -> usize
            => outbox::delete_settled(before, limit);

        /// Messages that came before one, or the newest, newest first.
        read list_messages(scope: MessageFilter, before: Option<MessageId>, limit: i64) -> Vec<OutboxMessage>
            => messages::list_messages(scope, before, limit);

        /// Some messages that have failed.
        read list_failed_messages(limit: i64) -> Vec<MessageId> => messages::list_failed(limit);

        /// Own views, in their order.
        read list_views() -> Vec<SavedView> => saved_views::list_views();

        /// Adds a view behind all others, if its name is free.
        write insert_view(view: InsertView) -> ViewInserted => saved_views::insert_view(&view);

        /// Changes a view that still has the version that was seen.
        write update_view(update: UpdateView) -> ViewUpdated => saved_views::update_view(&update);

        /// Puts a view right behind another one, or before all; whether both were there.
        write move_view(id: ViewId, behind: Option<ViewId>) -> bool => saved_views::move_view(id, behind);

        /// Deletes a view that still has the version that was seen.
        write delete_view(id: ViewId, seen: i32) -> ViewUpdated => saved_views::delete_view(id, seen);

        /// Rows of the Flask application's table in the order of their keys, behind a key.
        slice list_flask_orders(table: FlaskTable, after: Option<FlaskKey>) -> Slice<Vec<FlaskRow>, FlaskKey>
            => flask::list_flask_orders(&table, after.as_ref());
    }

    // For functions of `Db` that seal, compose or cut what they ask for, and tell others of what came of it.
    impl Store {
        /// A page of all orders, newest first; beyond the last page, the last.
        read list_orders(request: PageRequest) -> Page<Order> => list::list_orders(request);

        /// An order with its sealed card; none if there is no such number.
        read find_card(number: OrderNumber) -> Option<(Order, SealedCard)> => update::find_card(number);

        /// An order, its history and its place in the list; none if there is no such number.
        read find_order(number: OrderNumber) -> Option<OrderDetails> => order::find_order(number);

        /// What was found of a page of a list; what is missing takes longer.
        ///
        /// Its total is counted, unless that was done a moment ago.
        read list_found(
            query: FindQuery, page: PageRequest, anchor: Option<Anchor>, counted: Option<Counted>,
        ) -> Found => found::list_found(&query, page, anchor, counted);

        /// More of a list behind an order, or before it in reverse.
        slice look_through(query: FindQuery, from: Cursor, reverse: bool, wanted: usize) -> Slice<Vec<Order>, Cursor>
            => found::look_through(&query, &from, reverse, wanted);

        /// How many orders a list has, as far as that is counted quickly.
        read count_found(query: FindQuery) -> Option<Total> => found::count_found(&query);

        /// What is counted of all orders of a store or product.
        read sum_kept_counts(kind: KeptKind, code: String) -> KeptSums => kept_counts::sum_of_code(kind, &code);

        /// Where an order stands in a list, with its history; which of its neighbours take longer to find.
        read find_place(query: FindQuery, number: OrderNumber) -> Option<Placed> => found::find_place(&query, number);

        /// Adds an order with the first entry of its history.
        write insert_order(row: InsertOrderRow, outbox: Arc<Outbox>) -> Inserted
            => insert::insert_order(&row, &outbox);

        /// Adds many orders; those whose key is taken are left out. How many were added.
        write insert_orders(rows: Vec<InsertOrderRow>) -> usize => bulk::insert_orders(&rows);

        /// The orders that have any of these UUIDs, each with its version; in the order of their keys.
        read list_orders_with(uuids: Vec<String>) -> Vec<(Order, i32)> => order::list_orders_with(&uuids);

        /// Changes an order that still has the version that was seen.
        write update_order(row: UpdateOrderRow, outbox: Arc<Outbox>) -> Updated
            => update::update_order(&row, &outbox);

        /// Cancels an order that still has the version that was seen.
        write cancel_order(row: CancelOrderRow, outbox: Arc<Outbox>) -> Updated
            => update::cancel_order(&row, &outbox);

        /// Replaces the customer of an order that still has the version that was seen, cancelled or not.
        write mask_customer(row: UpdateOrderRow, outbox: Arc<Outbox>) -> Updated
            => update::mask_customer(&row, &outbox);

        /// Notes who has seen the warnings about an order that nobody had; whether there were any.
        write mark_warnings_seen(number: OrderNumber, by: String, at: Timestamp) -> bool
            => warnings::mark_seen(number, &by, at);

        /// Makes messages due at once, as if never attempted; all of them or none.
        write resend_messages(ids: Vec<MessageId>, now: Timestamp) -> Settled => messages::resend(&ids, now);

        /// Decides that messages are not to be sent; all of them or none.
        write discard_messages(ids: Vec<MessageId>, now: Timestamp) -> Settled => messages::discard(&ids, now);

        /// How many messages are not settled; in one slice.
        slice count_messages() -> Backlog => messages::count_open();

        /// The keys that the database knows, retired ones included.
        read list_card_keys() -> Vec<KnownKey> => card_keys::list_card_keys();

        /// Registers the keys that the database does not know yet and returns all that it knows.
        write register_card_keys(new: Vec<NewKey>, at: Timestamp) -> Vec<KnownKey>
            => card_keys::register_card_keys(&new, at);

        /// Compares kept counts with the orders, or with the counts that they are made of.
        read compare_counts(slice: CountSlice) -> ComparedCounts => count_check::compare_counts(&slice);

        /// Does so alone, and puts right what differs; that.
        write mend_counts(slice: CountSlice) -> Vec<WrongCount> => count_check::mend_counts(&slice);

        /// The number of the newest order; 0 if there is none.
        read last_number() -> i64 => cards::last_number();

        /// The highest number that an event is about; 0 if there is none.
        read last_number_in_history() -> i64 => events::last_number();

        /// The versions of orders with numbers in a range, and of their events.
        read list_versions(range: (i64, i64)) -> StoredVersions => events::list_versions(range);

        /// How many orders up to the last number were written with each pair of keys.
        slice count_key_uses(after: i64, last: i64) -> Slice<Vec<KeyUses>, i64> => cards::count_key_uses(after, last);

        /// The cards of orders up to the last number that are not sealed and hashed with these keys.
        slice list_cards_without(keys: (i16, i16), after: i64, last: i64, limit: i64) -> Slice<Vec<StoredCard>, i64>
            => cards::list_cards_without(keys, after, last, limit);

        /// Replaces cards that are still the ones that were read; how many.
        write replace_cards(cards: Vec<Replacement>) -> usize => reencrypt::replace_cards(&cards);

        /// The texts that people and files filled, of orders up to the last number.
        slice list_texts(after: i64, last: i64) -> Slice<StoredTexts, i64> => cards::list_texts(after, last);

        /// Stores texts in place of others, in the append-only history too.
        write replace_texts(texts: MaskedTexts) -> () => rewrite::replace_texts(&texts);
    }
}

impl Db {
    fn store(&self) -> &Store {
        &self.store
    }
}

impl Store {
    fn store(&self) -> &Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::OPERATIONS;

    /// Dashboards and alerts know spans by these names.
    #[test]
    fn operations_and_so_spans_are_called_as_reviewed() {
        let names: Vec<String> = OPERATIONS.iter().map(|(kind, name)| format!("{kind} {name}")).collect();
        insta::assert_snapshot!(names.join("\n"));
    }
}
