//! The desk's database operations, each listed once: they go to the database that it has.

use std::sync::Arc;

use uuid::Uuid;

use super::alike::AlikeQuery;
use super::azure_sql;
use super::cards::SealedCard;
use super::count_check::{ComparedCounts, CountSlice, WrongCount};
use super::edit::{Editable, Updated};
use super::find::{Cursor, FindQuery, Found, Placed};
use super::flask::{FlaskKey, FlaskRow, FlaskTable};
use super::history::StoredVersions;
use super::import::{Import, ImportBatch, ImportBatchDone, NewCommandImport, Surveyed, Uploaded};
use super::job::{
    Batch, BatchDone, InsertJob, Job, JobInserted, JobOrder, JobOutcome, LeasedJob, SeenOrder, ShownOrder,
};
use super::kept_counts::{KeptKind, KeptSums};
use super::keys::{KeyUses, KnownKey, NewKey};
use super::long_read::{LongRead, Slice};
use super::message::{
    Backlog, DeliveryOutcome, LeasedMessage, MessageFilter, MessageId, OutboxMessage, Settled,
};
use super::people::{DisableOutcome, Disabled, PeoplePage, PeopleQuery, StoredPerson};
use super::reencrypt::{CardBatch, Replacement, StoredCard};
use super::rows::{CancellationRow, InsertOrderRow, PieceRow, UpdateOrderRow};
use super::saved_views::{InsertView, UpdateView, ViewInserted, ViewUpdated};
use super::sessions::{
    BegunSignIn, KnownPerson, NewPerson, NewSession, NewSignIn, SealedForm, SessionBegun, StoredSession,
    TokenHash,
};
use super::sqlite;
use super::stray_cards::{MaskedTexts, StoredTexts};
use super::totals::Counted;
use super::{Db, DbError, Inserted, Outbox, Store};
use crate::order::{
    Access, AccessEntry, AccessFilter, AccessKey, AccessPage, AlikeOrder, Anchor, BulkAction, ChangeFilter,
    ChangeKey, ChangePage, Event, JobId, ListQuery, LocalTime, Order, OrderDetails, OrderNumber, Outcome,
    Page, PageRequest, PersonId, RecentCodes, SavedView, Timestamp, Total, ViewId,
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

        /// The codes of stores and products that the newest orders have most often.
        read list_recent_codes() -> RecentCodes => list::list_recent_codes();

        /// Events that fit a filter, newest first, so many at most, behind one of them.
        read list_changes(filter: ChangeFilter, from: Option<ChangeKey>, wanted: usize) -> ChangePage
            => feed::list_changes(&filter, from, wanted);

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

        /// Keeps what a sign-in begins with.
        write insert_sign_in(sign_in: NewSignIn) -> () => sessions::insert_sign_in(&sign_in);

        /// What a sign-in was begun with, for the one request that claims it first; none if it is used, over, or was
        /// never begun.
        write claim_sign_in(token_hash: TokenHash, claim: i64, now: Timestamp) -> Option<BegunSignIn>
            => sessions::claim_sign_in(token_hash, claim, now);

        /// The form that waits in a browser.
        read find_waiting_form(token_hash: TokenHash, now: Timestamp) -> Option<SealedForm>
            => sessions::find_waiting_form(token_hash, now);

        /// Begins a session, unless the person is disabled, who is added, or takes the name and roles that the provider
        /// says now.
        write insert_session(session: NewSession) -> SessionBegun => sessions::insert_session(&session);

        /// A browser's session, whether it is over or not.
        read find_session(token_hash: TokenHash) -> Option<StoredSession> => sessions::find_session(token_hash);

        /// A person's sessions, the newest first, whether they are over or not.
        read list_sessions(person: PersonId) -> Vec<StoredSession> => sessions::list_sessions(person);

        /// Notes that a session and its person were there at a time.
        write touch_session(session: (i32, PersonId), now: Timestamp) -> () => sessions::touch_session(session, now);

        /// Ends a browser's session.
        write delete_session(token_hash: TokenHash) -> () => sessions::delete_session(token_hash);

        /// Ends one of a person's sessions.
        write end_session_of(person: PersonId, id: i32, at: Timestamp) -> ()
            => sessions::end_session_of(person, id, at);

        /// Ends a person's sessions but one.
        write end_other_sessions(person: PersonId, kept: i32, at: Timestamp) -> ()
            => sessions::end_other_sessions(person, kept, at);

        /// Ends all of a person's sessions.
        write end_sessions_of(person: PersonId, at: Timestamp) -> () => sessions::end_sessions_of(person, at);

        /// People whose name has a text in it, by name, so many at most, behind one of them.
        read list_people(query: PeopleQuery) -> PeoplePage => people::list_people(&query);

        /// A person; none if there is no such number.
        read find_person(id: PersonId) -> Option<StoredPerson> => people::find_person(id);

        /// Keeps somebody from signing in, and ends all of their sessions.
        write disable_person(id: PersonId, disabled: Disabled) -> DisableOutcome
            => people::disable_person(id, &disabled);

        /// Lets somebody sign in again; whether there is such a person.
        write enable_person(id: PersonId, at: Timestamp) -> bool => people::enable_person(id, at);

        /// Writes down what is about to be done.
        write insert_access(access: Access) -> () => access::insert_access(&access);

        /// Writes down how something ended that was written down.
        write insert_outcome(id: Uuid, outcome: Outcome, at: Timestamp) -> ()
            => access::insert_outcome(id, outcome, at);

        /// Writes down what was not let happen.
        write insert_refusal(access: Access, outcome: Outcome) -> () => access::insert_refusal(&access, outcome);

        /// Who somebody is whom a provider vouches for; none if they were never here.
        read find_known_person(issuer: String, subject: String) -> Option<KnownPerson>
            => sessions::find_known_person(&issuer, &subject);

        /// Adds somebody who is about to sign in for the first time, unless they are there.
        write insert_person(person: NewPerson) -> PersonId => sessions::insert_person(&person);

        /// Entries of the access log that fit a filter, newest first, so many at most, behind one of them.
        read list_accesses(filter: AccessFilter, from: Option<AccessKey>, wanted: usize) -> AccessPage
            => access::list_accesses(&filter, from, wanted);

        /// Whether an entry of the access log is older than a moment.
        read has_old_accesses(before: Timestamp) -> bool => access::has_old(before);

        /// Deletes some entries of the access log that are older than a moment; how many.
        write delete_old_accesses(before: Timestamp, limit: i64) -> usize => access::delete_old(before, limit);

        /// A job, and the one that takes it back; none if there is no such job.
        read find_job(id: JobId) -> Option<(Job, Option<JobId>)> => jobs::find_job(id);

        /// Jobs that came before one, or the newest, newest first; without those that nobody let run.
        read list_jobs(before: Option<JobId>, limit: i64) -> Vec<Job> => jobs::list_jobs(before, limit);

        /// Orders of a job behind a position; those alone that have an outcome, if one is given.
        read list_job_orders(id: JobId, outcome: Option<JobOutcome>, after: i32, limit: i64) -> Vec<JobOrder>
            => job_orders::list_job_orders(id, outcome, after, limit);

        /// An import; none if there is no such import.
        read find_import(id: JobId) -> Option<Import> => imports::find_import(id);

        /// Imports that came before one, or the newest, newest first; without those that are discarded or still come in.
        read list_imports(before: Option<JobId>, limit: i64) -> Vec<Import> => imports::list_imports(before, limit);

        /// What the files of some imports are called; of jobs that are no imports nothing.
        read list_import_names(ids: Vec<JobId>) -> Vec<(JobId, String)> => imports::list_names(&ids);

        /// The newest other import of the same file that somebody let run.
        read find_same_file(fingerprint: String, not: JobId) -> Option<JobId>
            => imports::find_same_file(&fingerprint, not);

        /// What the columns of files with a header are, as somebody has said.
        read find_mapping(header: String) -> Option<String> => imports::find_mapping(&header);

        /// Running jobs that this release knows and no desk has leased, the oldest first.
        read list_due_jobs(now: Timestamp, limit: i64) -> Vec<Job> => jobs::list_due(now, limit);

        /// Notes what a job that asks is to do; whether it asks.
        write choose_action(id: JobId, action: BulkAction, list: ListQuery) -> bool
            => jobs::choose_action(id, &action, &list);

        /// Ends a job that is not over, after the batch that is under way; whether there was one.
        write cancel_job(id: JobId, at: Timestamp) -> bool => jobs::cancel(id, at);

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

        /// The next orders of a walk through all of a list, from its start or behind an order.
        slice walk_orders(query: FindQuery, from: Option<Cursor>) -> Slice<Vec<Order>, Cursor>
            => found::walk_orders(&query, from.as_ref());

        /// The next entries of the access log that fit a filter, behind one of them.
        slice walk_accesses(filter: AccessFilter, from: Option<AccessKey>) -> Slice<Vec<AccessEntry>, AccessKey>
            => access::walk_accesses(&filter, from);

        /// How many orders a list has, as far as that is counted quickly.
        read count_found(query: FindQuery) -> Option<Total> => found::count_found(&query);

        /// What is counted of all orders of a store or product.
        read sum_kept_counts(kind: KeptKind, code: String) -> KeptSums => kept_counts::sum_of_code(kind, &code);

        /// Where an order stands in a list, with its history; which of its neighbours take longer to find.
        read find_place(query: FindQuery, number: OrderNumber) -> Option<Placed> => found::find_place(&query, number);

        /// Orders that a new one may be a second entry of.
        read list_alike(query: AlikeQuery) -> Vec<AlikeOrder> => alike::list_alike(&query);

        /// Adds an order with the first entry of its history.
        write insert_order(row: InsertOrderRow, outbox: Arc<Outbox>) -> Inserted
            => insert::insert_order(&row, &outbox);

        /// Adds many orders; those whose key is taken are left out. How many were added.
        write insert_orders(rows: Vec<InsertOrderRow>) -> usize => bulk::insert_orders(&rows);

        /// The orders that have any of these UUIDs, in the order of their keys.
        read list_orders_with(uuids: Vec<String>) -> Vec<Order> => order::list_orders_with(&uuids);

        /// Changes an order that still has the version that was seen.
        write update_order(row: UpdateOrderRow, outbox: Arc<Outbox>) -> Updated
            => update::update_order(&row, &outbox);

        /// Cancels an order that still has the version that was seen.
        write cancel_order(row: CancellationRow, outbox: Arc<Outbox>) -> Updated
            => update::cancel_order(&row, &outbox);

        /// Opens an order again that still has the version that was seen.
        write reopen_order(row: CancellationRow, outbox: Arc<Outbox>) -> Updated
            => update::reopen_order(&row, &outbox);

        /// Takes back the last change of an order that still has the version that it led to, cancelled or not.
        write undo_change(row: UpdateOrderRow, outbox: Arc<Outbox>) -> Updated
            => update::undo_change(&row, &outbox);

        /// Replaces the customer of an order that still has the version that was seen, cancelled or not.
        write mask_customer(row: UpdateOrderRow, outbox: Arc<Outbox>) -> Updated
            => update::mask_customer(&row, &outbox);

        /// Adds a job with its first orders, unless the same request has asked for it before.
        write insert_job(job: InsertJob, orders: Vec<SeenOrder>) -> JobInserted => jobs::insert_job(&job, &orders);

        /// Notes orders of a job behind so many others.
        write add_job_orders(id: JobId, behind: i32, orders: Vec<SeenOrder>) -> ()
            => job_orders::add_orders(id, behind, &orders);

        /// All orders of a job are noted.
        write finish_collecting_job(id: JobId, orders: i32) -> () => jobs::finish_collecting(id, orders);

        /// Lets a job run that asks, if it is to do this; whether it runs, or has run.
        write start_job(id: JobId, action: BulkAction, list: ListQuery, until: Option<Timestamp>) -> bool
            => jobs::start(id, &action, &list, until);

        /// Leases a running job that nobody has leased; what this desk has to do then.
        write lease_job(id: JobId, now: Timestamp, until: Timestamp) -> Option<LeasedJob>
            => jobs::lease(id, now, until);

        /// Adds a job, if there is none of its kind that is not over.
        write insert_sole_job(job: InsertJob) -> JobInserted => jobs::insert_sole_job(&job);

        /// Changes the next orders of a job, if its lease still holds.
        write run_bulk_batch(batch: Batch, outbox: Arc<Outbox>) -> BatchDone => bulk_batch::run(&batch, &outbox);

        /// Replaces cards that are still the ones that were read, if the job's lease still holds; how far it has come.
        write run_card_batch(batch: Batch, cards: CardBatch) -> (BatchDone, i64) => card_batch::run(&batch, &cards);

        /// Deletes some of what was kept for long enough, if the lease still holds.
        write run_purge_batch(batch: Batch) -> BatchDone => purge::run(&batch);

        /// Gives a lease back.
        write release_job(id: JobId, held: Timestamp) -> () => jobs::release(id, held);

        /// Ends a job that the program cannot go on with.
        write fail_job(id: JobId, held: Timestamp, at: Timestamp) -> () => jobs::fail(id, held, at);

        /// Adds an import whose file is on its way.
        write insert_import(job: InsertJob, file_name: String) -> JobId => imports::insert_import(&job, &file_name);

        /// Adds an import that a command runs.
        write insert_command_import(job: InsertJob, new: NewCommandImport) -> JobId
            => imports::insert_command_import(&job, &new);

        /// Whether there is an import of a command that was not heard of since a time.
        read has_left_imports(before: Timestamp) -> bool => imports::has_left(before);

        /// Ends imports of commands that were not heard of since a time; how many.
        write end_left_imports(before: Timestamp, at: Timestamp) -> u64 => imports::end_left(before, at);

        /// Adds a piece of a file.
        write insert_piece(row: PieceRow) -> () => imports::insert_piece(&row);

        /// All of a file is there.
        write finish_upload(id: JobId, submission: String, size: (i64, i32), at: Timestamp) -> Uploaded
            => imports::finish_upload(id, &submission, size, at);

        /// The import whose file a form has brought.
        read find_uploaded(submission: String) -> Option<JobId> => jobs::with_submission(&submission);

        /// The newest import of a file whose bytes are still kept.
        read find_kept_file(fingerprint: String) -> Option<JobId> => imports::find_kept_file(&fingerprint);

        /// A piece of a file.
        read find_piece(id: JobId, nth: i32) -> Option<PieceRow> => imports::find_piece(id, nth);

        /// Imports that are to be gone on with and no desk has leased, the oldest first.
        read list_due_imports(now: Timestamp, limit: i64) -> Vec<JobId> => imports::list_due(now, limit);

        /// Leases an import that nobody has leased; whether this desk has it now.
        write lease_import(id: JobId, now: Timestamp, until: Timestamp) -> bool => imports::lease(id, now, until);

        /// Renews a lease, and says how many rows were looked at; whether it still held.
        write renew_import(id: JobId, held: Timestamp, until: Timestamp, position: i32) -> bool
            => imports::renew(id, held, until, position);

        /// Gives a lease back.
        write release_import(id: JobId, held: Timestamp) -> () => imports::release(id, held);

        /// Ends an import that the program cannot go on with.
        write fail_import(id: JobId, held: Timestamp, at: Timestamp) -> () => imports::fail(id, held, at);

        /// Notes what is in a file; whether the lease still held.
        write finish_survey(id: JobId, held: Timestamp, surveyed: Surveyed) -> bool
            => imports::finish_survey(id, held, &surveyed);

        /// Has an import that asks be looked at once more, in another way; whether it was as it was seen.
        write change_import(id: JobId, seen: i32, reading: Option<String>, mapping: Option<String>) -> bool
            => imports::change(id, seen, reading.as_deref(), mapping.as_deref());

        /// Lets an import run that asks; whether it was as it was seen.
        write start_import(id: JobId, seen: i32, columns: (String, String), at: Timestamp) -> bool
            => imports::start(id, seen, (&columns.0, &columns.1), at);

        /// Does the next rows of an import, if its lease still holds; with a number that changes when another program
        /// writes, where the database has one.
        write run_import_batch(batch: Arc<ImportBatch>, outbox: Arc<Outbox>) -> (ImportBatchDone, Option<i64>)
            => bulk::run_import_batch(&batch, &outbox);

        /// An import whose bytes are to be erased.
        read find_erasable_import(kept_since: Timestamp, cut_before: Timestamp) -> Option<JobId>
            => imports::find_erasable(kept_since, cut_before);

        /// Erases some pieces of a file; whether there may be more.
        write erase_import(id: JobId, limit: i64, at: Timestamp) -> bool => imports::erase(id, limit, at);

        /// The first orders of a job, as they are now.
        read list_first_shown(id: JobId, limit: i64) -> Vec<ShownOrder> => job_orders::list_first_shown(id, limit);

        /// The next events of a walk through those that fit a filter, newest first.
        slice walk_changes(filter: ChangeFilter, from: Option<ChangeKey>) -> Slice<Vec<(OrderNumber, Event)>, ChangeKey>
            => feed::walk_changes(&filter, from);

        /// Orders of a job behind a position, as they are now.
        slice list_shown_orders(id: JobId, after: i32) -> Slice<Vec<ShownOrder>, i32>
            => job_orders::list_shown_orders(id, after);

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

        /// The cards of orders up to the last number that are from before a time and have their number.
        slice list_cards_before(before: LocalTime, after: i64, last: i64, limit: i64) -> Slice<Vec<StoredCard>, i64>
            => cards::list_cards_before(before, after, last, limit);

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
