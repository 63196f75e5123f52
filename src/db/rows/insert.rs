//! New orders, as Diesel writes them.

use std::net::IpAddr;

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;

use crate::db::InsertOrder;
use crate::db::cards::{CardKeys, SealError, SealedCard};
use crate::db::order_event::OrderEvent;
use crate::db::schema::orders;
use crate::order::{
    EventDetail, EventKind, JobId, LocalTime, NewOrder, Order, OrderNumber, PersonId, Timestamp,
};

/// The version of an order that nothing has happened to.
pub const ADDED: i32 = 1;

/// The row of a new order.
#[derive(Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
pub struct InsertOrderRow {
    pub date_uuid: String,
    pub user_id: String,
    pub store_code: String,
    pub product_code: String,
    pub product_quantity: i32,
    pub order_date: LocalTime,
    pub shipping_date: Option<LocalTime>,
    pub delivery_date: Option<LocalTime>,
    pub cancelled_at: Option<Timestamp>,
    pub card_brand: &'static str,
    pub card_last4: String,
    pub card_sealed: Vec<u8>,
    pub card_seal_key: i16,
    pub card_hash: Vec<u8>,
    pub card_hash_key: i16,
    pub flags: i16,
    pub note: Option<String>,
    pub submission: Option<String>,
    pub version: i32,
    pub created_at: Timestamp,
    pub created_by: String,
    pub updated_at: Timestamp,
    pub updated_by: String,
    /// The card under every hash key: the row of a form sent again may be under another one than this.
    #[diesel(skip_insertion)]
    pub card_hashes: Vec<(i16, Vec<u8>)>,
    /// History and outbox describe the whole order, but only once the database has numbered it.
    #[diesel(skip_insertion)]
    order: NewOrder,
    /// The history's alone.
    #[diesel(skip_insertion)]
    pub client: Option<IpAddr>,
    #[diesel(skip_insertion)]
    pub person: Option<PersonId>,
    #[diesel(skip_insertion)]
    pub job: Option<JobId>,
}

impl InsertOrderRow {
    /// The events of the order, which the database has numbered: it was added, and perhaps called off.
    pub fn events(&self, number: OrderNumber) -> impl Iterator<Item = OrderEvent<'_>> {
        let added = (EventKind::Added, ADDED, self.created_at, None);
        let cancelled = self.cancelled_at.map(|at| (EventKind::Cancelled, self.version, at, Some(at)));
        [added].into_iter().chain(cancelled).map(move |(kind, version, at, cancelled_at)| OrderEvent {
            version,
            at,
            by: &self.created_by,
            person: self.person,
            client: self.client,
            job: self.job,
            kind,
            changes: &[],
            detail: EventDetail::default(),
            submission: None,
            order: Order { cancelled_at, ..Order::new(number, &self.order) },
        })
    }

    /// The row of a new order, with its card sealed.
    pub fn seal(entry: &InsertOrder, keys: &CardKeys) -> Result<Self, SealError> {
        let InsertOrder { order, by, client, at, submission, cancelled_at } = entry;
        let NewOrder { date_uuid, user_id, card, store, product, quantity, dates, note, flags } = order;
        let SealedCard { sealed, seal_key, hash, hash_key } = keys.seal(card, (date_uuid, user_id))?;
        let summary = card.summary();
        Ok(Self {
            date_uuid: date_uuid.as_str().to_owned(),
            user_id: user_id.as_str().to_owned(),
            store_code: store.as_str().to_owned(),
            product_code: product.as_str().to_owned(),
            product_quantity: quantity.get(),
            order_date: dates.ordered(),
            shipping_date: dates.shipped(),
            delivery_date: dates.delivered(),
            cancelled_at: *cancelled_at,
            card_brand: summary.brand.as_str(),
            card_last4: summary.last_four.as_str().to_owned(),
            card_sealed: sealed,
            card_seal_key: seal_key,
            card_hash: hash,
            card_hash_key: hash_key,
            flags: flags.bits(),
            note: note.as_ref().map(|note| note.as_str().to_owned()),
            submission: submission.as_ref().map(|sent| sent.as_str().to_owned()),
            version: ADDED + i32::from(cancelled_at.is_some()),
            created_at: *at,
            created_by: by.text().into_owned(),
            updated_at: cancelled_at.unwrap_or(*at),
            updated_by: by.text().into_owned(),
            card_hashes: keys.hashes(card)?,
            order: order.clone(),
            client: *client,
            person: by.person(),
            job: None,
        })
    }

    /// The same, added by a job.
    #[must_use]
    pub fn by_job(self, job: JobId) -> Self {
        Self { job: Some(job), ..self }
    }

    /// Whether the card is the one of an earlier row, whichever key that was hashed with.
    pub fn has_card_of(&self, earlier: &KeyHolder) -> bool {
        self.card_hashes.iter().any(|(key, hash)| *key == earlier.card_hash_key && *hash == earlier.card_hash)
    }
}

/// The order that already has the key of a new one.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders, check_for_backend(Sqlite, Mssql))]
pub struct KeyHolder {
    pub number: i64,
    pub card_sealed: Vec<u8>,
    pub card_hash: Vec<u8>,
    pub card_hash_key: i16,
    pub submission: Option<String>,
}
