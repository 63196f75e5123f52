//! Rows, as Diesel reads and writes them on either database, and the orders that they are.

mod access;
mod import;
mod insert;
mod job;
mod message;
mod person;
mod saved_view;
mod session;
mod update;

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;

use super::cards::SealedCard;
use super::edit::Editable;
use super::schema::{order_events, order_warnings, orders};
use crate::order::{
    Actor, Brand, CardSummary, Changes, DateUuid, Dates, Event, EventDetail, EventKind, JobId, LastFour,
    LocalTime, Note, Order, OrderNumber, ProductCode, QualityFlags, Quantity, StoreCode, Timestamp, UserId,
    Warning, WarningRecord,
};
pub(super) use access::{AccessRow, NewAccessRow, OutcomeRow, StoredOutcome};
pub(super) use import::{ImportRow, NewImportRow, PieceRow};
pub(super) use insert::{ADDED, InsertOrderRow, KeyHolder};
pub(super) use job::{JobOrderRow, JobRow, NewJobOrderRow, NewJobRow, WorkColumns};
pub(super) use message::{DueRow, MessageRow};
pub(super) use person::PersonRow;
pub(super) use saved_view::{NewViewRow, SavedViewRow, ViewColumns};
pub(super) use session::{FormRow, NewPersonRow, NewSessionRow, NewSignInRow, SessionRow, SignInRow};
pub(super) use update::{CancellationRow, ExpectedVersion, Revision, UpdateOrderRow};

/// What the list and an order's page show of a row.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders, check_for_backend(Sqlite, Mssql))]
pub struct OrderRow {
    number: OrderNumber,
    version: i32,
    date_uuid: DateUuid,
    user_id: UserId,
    store_code: StoreCode,
    product_code: ProductCode,
    product_quantity: Quantity,
    order_date: LocalTime,
    shipping_date: Option<LocalTime>,
    delivery_date: Option<LocalTime>,
    cancelled_at: Option<Timestamp>,
    card_brand: Brand,
    card_last4: LastFour,
    flags: QualityFlags,
    unseen: QualityFlags,
    note: Option<Note>,
}

impl OrderRow {
    pub fn into_order(self) -> Order {
        Order {
            number: self.number,
            version: self.version,
            date_uuid: self.date_uuid,
            user_id: self.user_id,
            card: CardSummary { brand: self.card_brand, last_four: self.card_last4 },
            store: self.store_code,
            product: self.product_code,
            quantity: self.product_quantity,
            dates: Dates::recorded(self.order_date, self.shipping_date, self.delivery_date),
            note: self.note,
            cancelled_at: self.cancelled_at,
            flags: self.flags,
            unseen: self.unseen,
        }
    }
}

/// One entry of an order's history.
#[derive(Queryable, Selectable)]
#[diesel(table_name = order_events, check_for_backend(Sqlite, Mssql))]
pub struct EventRow {
    version: i32,
    at: Timestamp,
    actor: String,
    kind: EventKind,
    changes: Option<Changes>,
    submission: Option<String>,
    client: Option<String>,
    act: Option<String>,
    detail: Option<String>,
    job: Option<i64>,
}

impl EventRow {
    pub fn into_event(self) -> Event {
        let changes = self.changes.unwrap_or_default();
        let (detail, changes) = match &self.detail {
            Some(detail) => EventDetail::read(detail, changes),
            None => (EventDetail::default(), changes),
        };
        Event {
            version: self.version,
            at: self.at,
            by: Actor::stored(&self.actor),
            client: self.client.and_then(|client| client.parse().ok()),
            kind: self.kind.with_act(self.act.as_deref()),
            changes,
            detail,
            job: self.job.and_then(JobId::new),
        }
    }
}

/// A warning about an order.
#[derive(Queryable, Selectable)]
#[diesel(table_name = order_warnings, check_for_backend(Sqlite, Mssql))]
pub struct WarningRow {
    kind: String,
    seen_by: Option<String>,
    seen_at: Option<Timestamp>,
}

impl WarningRow {
    /// None for a kind that only a newer program knows.
    pub fn into_record(self) -> Option<WarningRecord> {
        let seen = self.seen_by.zip(self.seen_at).map(|(by, at)| (Actor::stored(&by), at));
        Some(WarningRecord { warning: Warning::parse(&self.kind)?, seen })
    }
}

/// An order as it is read to be changed.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders, check_for_backend(Sqlite, Mssql))]
pub struct EditableRow {
    #[diesel(embed)]
    order: OrderRow,
    #[diesel(embed)]
    card: SealedCard,
}

impl EditableRow {
    pub fn into_card(self) -> (Order, SealedCard) {
        (self.order.into_order(), self.card)
    }

    /// The order with its history, newest first.
    pub fn with(self, mut history: Vec<EventRow>) -> Editable {
        let forms =
            history.iter_mut().filter_map(|event| Some((event.version, event.submission.take()?))).collect();
        let order = self.order.into_order();
        Editable {
            version: order.version,
            order,
            history: history.into_iter().map(EventRow::into_event).collect(),
            forms,
            card: self.card,
        }
    }
}
