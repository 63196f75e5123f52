//! Orders that are changed, as Diesel writes them.

use std::net::IpAddr;

use diesel::prelude::*;

use crate::db::cards::SealedCard;
use crate::db::order_event::OrderEvent;
use crate::db::schema::orders;
use crate::order::{
    Actor, Changes, Day, EventDetail, EventKind, JobId, LocalTime, Note, Order, PersonId, Submission,
    Timestamp,
};

/// Which version of an order somebody replaces, and with what form.
pub struct Revision {
    pub seen: i32,
    pub by: Actor,
    pub client: Option<IpAddr>,
    /// When, in UTC.
    pub at: Timestamp,
    pub submission: Submission,
    /// The job that does it, if it is one.
    pub job: Option<JobId>,
}

/// The row to change, and the request that changes it.
pub struct ExpectedVersion {
    pub number: i64,
    /// The version that it must still have.
    pub version: i32,
    /// The submission, with a part that is unique to this request.
    pub submission: String,
}

impl ExpectedVersion {
    fn new(order: &Order, version: i32, submission: &Submission) -> Self {
        // Tells a retry of this request, after a lost COMMIT, from a second request with the same form.
        let request = fastrand::u64(..);
        Self {
            number: order.number.get(),
            version,
            submission: format!("{}/{request:016x}", submission.as_str()),
        }
    }

    /// The version that a revision replaces.
    pub fn of(order: &Order, revision: &Revision) -> Self {
        Self::new(order, revision.seen, &revision.submission)
    }

    /// The version that comes of it.
    pub fn next(&self) -> i32 {
        self.version.saturating_add(1)
    }

    /// Whether another submission is of the same form, by whichever request.
    pub fn has_form_of(&self, submission: &str) -> bool {
        fn form(submission: &str) -> &str {
            submission.rsplit_once('/').map_or(submission, |(form, _)| form)
        }
        form(submission) == form(&self.submission)
    }
}

/// The new values of a row, if it still has the version that was seen.
pub struct UpdateOrderRow {
    pub expected: ExpectedVersion,
    pub columns: UpdatedColumns,
    /// The card's columns, where they have to be written anew.
    pub card: Option<CardColumns>,
    pub after: Order,
    /// The day on which the order was counted before.
    pub day_before: Day,
    /// All flags but for warnings that somebody has seen of what was there before; none where there is no such warning.
    pub flags_without_renewed: Option<i16>,
    client: Option<IpAddr>,
    person: Option<PersonId>,
    job: Option<JobId>,
    kind: EventKind,
    changes: Changes,
    detail: EventDetail,
}

/// The columns that are written; none where it stays as it was: an index is entered anew for each of its columns that is
/// named, whatever is written there.
#[derive(AsChangeset)]
#[diesel(table_name = orders)]
#[allow(clippy::option_option, reason = "Diesel's way to tell NULL from what is not written")]
pub struct UpdatedColumns {
    user_id: Option<String>,
    store_code: Option<String>,
    product_code: Option<String>,
    product_quantity: Option<i32>,
    order_date: Option<LocalTime>,
    shipping_date: Option<Option<LocalTime>>,
    delivery_date: Option<Option<LocalTime>>,
    cancelled_at: Option<Option<Timestamp>>,
    note: Option<Option<String>>,
    pub flags: i16,
    version: i32,
    updated_at: Timestamp,
    updated_by: String,
}

impl UpdatedColumns {
    fn new(before: &Order, after: &Order, version: i32, at: Timestamp, by: &Actor) -> Self {
        fn changed<T: PartialEq>(before: &T, after: T) -> Option<T> {
            (*before != after).then_some(after)
        }
        let [was, is] = [before, after].map(|order| &order.dates);
        let note = |order: &Order| order.note.as_ref().map(|note| note.as_str().to_owned());
        Self {
            user_id: changed(&before.user_id.as_str(), after.user_id.as_str()).map(str::to_owned),
            store_code: changed(&before.store.to_string(), after.store.to_string()),
            product_code: changed(&before.product.to_string(), after.product.to_string()),
            product_quantity: changed(&before.quantity.get(), after.quantity.get()),
            order_date: changed(&was.ordered(), is.ordered()),
            shipping_date: changed(&was.shipped(), is.shipped()),
            delivery_date: changed(&was.delivered(), is.delivered()),
            cancelled_at: changed(&before.cancelled_at, after.cancelled_at),
            note: changed(&note(before), note(after)),
            flags: after.flags.bits(),
            version,
            updated_at: at,
            updated_by: by.text().into_owned(),
        }
    }
}

#[derive(AsChangeset)]
#[diesel(table_name = orders)]
pub struct CardColumns {
    #[diesel(column_name = card_brand)]
    brand: &'static str,
    #[diesel(column_name = card_last4)]
    last4: String,
    #[diesel(column_name = card_sealed)]
    sealed: Vec<u8>,
    #[diesel(column_name = card_seal_key)]
    seal_key: i16,
    #[diesel(column_name = card_hash)]
    hash: Vec<u8>,
    #[diesel(column_name = card_hash_key)]
    hash_key: i16,
}

impl UpdateOrderRow {
    /// What becomes of an order; with a card, if that has to be written anew.
    pub fn new(
        before: &Order,
        after: Order,
        changes: Changes,
        card: Option<SealedCard>,
        revision: Revision,
    ) -> Self {
        let Revision { seen, by, client, at, submission, job } = revision;
        let expected = ExpectedVersion::new(before, seen, &submission);
        // Seen before and unseen now: of another card, or other dates.
        let was_seen = before.flags.without(before.unseen);
        let unrenewed = after.flags.without(after.unseen) | after.flags.without(was_seen);
        Self {
            flags_without_renewed: (unrenewed != after.flags).then(|| unrenewed.bits()),
            columns: UpdatedColumns::new(before, &after, expected.next(), at, &by),
            card: card.map(|card| CardColumns::new(card, &after)),
            day_before: before.dates.ordered().day(),
            // With a first shipping date it is shipped, whatever else is changed.
            kind: match (before.dates.shipped(), after.dates.shipped()) {
                (None, Some(_)) => EventKind::Shipped,
                _ => EventKind::Changed,
            },
            expected,
            after,
            client,
            person: by.person(),
            job,
            changes,
            detail: EventDetail { flags: Some(before.flags), ..EventDetail::default() },
        }
    }

    /// What becomes of an order whose last change is taken back; with a card, if that has to be written anew.
    pub fn undo(before: &Order, after: Order, card: Option<SealedCard>, revision: Revision) -> Self {
        let undoes = Some(revision.seen);
        let cancelled = (before.cancelled_at, after.cancelled_at);
        let changes = Changes::between(before, &after, false);
        let row = Self::new(before, after, changes, card, revision);
        let cancelled = (cancelled.0 != cancelled.1).then_some(cancelled);
        Self { kind: EventKind::Undone, detail: EventDetail { undoes, cancelled, ..row.detail }, ..row }
    }

    /// The same, changed by a job.
    #[must_use]
    pub fn by_job(self, job: JobId) -> Self {
        Self { job: Some(job), ..self }
    }

    /// Whether nothing but the version would be another.
    pub fn changes_nothing(&self) -> bool {
        self.changes.is_empty() && self.detail.cancelled.is_none()
    }

    /// The event for history and outbox.
    pub fn event(&self) -> OrderEvent<'_> {
        OrderEvent {
            version: self.columns.version,
            at: self.columns.updated_at,
            by: &self.columns.updated_by,
            person: self.person,
            client: self.client,
            job: self.job,
            kind: self.kind,
            changes: self.changes.all(),
            detail: self.detail.clone(),
            submission: Some(&self.expected.submission),
            order: self.after.clone(),
        }
    }
}

impl CardColumns {
    fn new(card: SealedCard, order: &Order) -> Self {
        Self {
            brand: order.card.brand.as_str(),
            last4: order.card.last_four.as_str().to_owned(),
            sealed: card.sealed,
            seal_key: card.seal_key,
            hash: card.hash,
            hash_key: card.hash_key,
        }
    }
}

/// A row that is cancelled or reopened, if it still has the version that was seen.
pub struct CancellationRow {
    pub expected: ExpectedVersion,
    pub columns: CancellationColumns,
    client: Option<IpAddr>,
    person: Option<PersonId>,
    job: Option<JobId>,
    kind: EventKind,
    detail: EventDetail,
    order: Order,
}

/// The columns that a cancellation writes, and a reopening.
#[derive(AsChangeset)]
#[diesel(table_name = orders, treat_none_as_null = true)]
pub struct CancellationColumns {
    cancelled_at: Option<Timestamp>,
    version: i32,
    updated_at: Timestamp,
    updated_by: String,
}

impl CancellationRow {
    pub fn cancel(order: Order, reason: Option<Note>, revision: Revision) -> Self {
        let detail = EventDetail { reason, ..EventDetail::default() };
        let at = Some(revision.at);
        Self::new(order, at, EventKind::Cancelled, detail, revision)
    }

    pub fn reopen(order: Order, revision: Revision) -> Self {
        let cancelled = Some((order.cancelled_at, None));
        let detail = EventDetail { cancelled, ..EventDetail::default() };
        Self::new(order, None, EventKind::Reopened, detail, revision)
    }

    fn new(
        order: Order,
        cancelled_at: Option<Timestamp>,
        kind: EventKind,
        detail: EventDetail,
        Revision { seen, by, client, at, submission, job }: Revision,
    ) -> Self {
        let expected = ExpectedVersion::new(&order, seen, &submission);
        let columns = CancellationColumns {
            cancelled_at,
            version: expected.next(),
            updated_at: at,
            updated_by: by.text().into_owned(),
        };
        let order = Order { cancelled_at, ..order };
        Self { expected, columns, client, person: by.person(), job, kind, detail, order }
    }

    /// The event for history and outbox.
    pub fn event(&self) -> OrderEvent<'_> {
        OrderEvent {
            version: self.columns.version,
            at: self.columns.updated_at,
            by: &self.columns.updated_by,
            person: self.person,
            client: self.client,
            job: self.job,
            kind: self.kind,
            changes: &[],
            detail: self.detail.clone(),
            submission: Some(&self.expected.submission),
            order: self.order.clone(),
        }
    }
}

#[cfg(test)]
impl UpdateOrderRow {
    pub fn sample() -> Self {
        use crate::order::{Edit, Field, Now, OrderForm};
        let (order, at) = Order::sample();
        let mut order_form = OrderForm::of(&order);
        order_form.set(Field::Quantity, "5".to_owned());
        let edit = Edit::parse(&order_form, &order, Now::in_utc(at)).unwrap();
        let after = edit.applied(&order, None);
        let card = SealedCard { sealed: vec![1], seal_key: 1, hash: vec![2], hash_key: 1 };
        let submission = Submission::new(uuid::Uuid::nil(), &order_form);
        let revision = Revision { seen: 1, by: Actor::Desk, client: None, at, submission, job: None };
        let changes = Changes::between(&order, &after, false);
        Self::new(&order, after, changes, Some(card), revision)
    }
}

#[cfg(test)]
impl CancellationRow {
    pub fn sample() -> Self {
        use crate::order::OrderForm;
        let (order, at) = Order::sample();
        let submission = Submission::new(uuid::Uuid::nil(), &OrderForm::default());
        Self::cancel(
            order,
            None,
            Revision { seen: 1, by: Actor::Desk, client: None, at, submission, job: None },
        )
    }
}
