//! Queries about card keys, and about the cards of orders.
//!
//! Mounted under each database, like `queries.rs`.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;

use super::rows::CardRow;
use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::cards::Purpose;
use crate::db::keys::{KeyUses, KnownKey, NewKey};
use crate::db::schema::{card_keys, order_events, orders, outbox};
use crate::db::stray_cards::StoredTexts;
use crate::order::{OrderNumber, Timestamp, UserId};

type KeyRow = (String, i16, Vec<u8>, Option<Timestamp>, Option<Timestamp>);

/// The keys that the database knows, retired ones included.
pub async fn list_card_keys(conn: &mut Conn) -> Result<Vec<KnownKey>, DbError> {
    load(all_card_keys(), conn).await?.into_iter().map(known_key).collect()
}

/// The same of a database whose schema has no dates of keys yet.
pub async fn list_card_keys_without_dates(conn: &mut Conn) -> Result<Vec<KnownKey>, DbError> {
    let rows = load(all_check_values(), conn).await?.into_iter();
    rows.map(|(purpose, id, check_value)| known_key((purpose, id, check_value, None, None))).collect()
}

/// Registers the keys that the database does not know yet, each with the next id, and returns all that it knows.
///
/// Where another program does the same at this moment, one of the two is asked to try again.
pub async fn register_card_keys(
    conn: &mut Conn,
    new: &[NewKey],
    at: Timestamp,
) -> Result<Vec<KnownKey>, DbError> {
    let mut known = list_card_keys(conn).await?;
    for NewKey { purpose, check_value } in new {
        let of_purpose = || known.iter().filter(|one| one.purpose == *purpose);
        if of_purpose().any(|one| one.check_value == *check_value) {
            continue;
        }
        let id = of_purpose()
            .map(|one| one.id)
            .max()
            .unwrap_or(0)
            .checked_add(1)
            .ok_or_else(|| DbError::Internal(format!("there is no id left for another {purpose} key")))?;
        insert_card_key(conn, *purpose, id, check_value.clone(), at).await?;
        let (registered_at, retired_at) = (Some(at), None);
        known.push(KnownKey {
            purpose: *purpose,
            id,
            check_value: check_value.clone(),
            registered_at,
            retired_at,
        });
    }
    Ok(known)
}

/// Remembers a key by its check value.
pub async fn insert_card_key(
    conn: &mut Conn,
    purpose: Purpose,
    id: i16,
    check_value: Vec<u8>,
    at: Timestamp,
) -> Result<(), DbError> {
    let inserted = diesel::insert_into(card_keys::table)
        .values((
            card_keys::purpose.eq(purpose.as_str()),
            card_keys::id.eq(id),
            card_keys::check_value.eq(check_value),
            card_keys::registered_at.eq(Some(at)),
        ))
        .execute(conn)
        .await;
    match inserted {
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, said)) => {
            Err(DbError::Busy(said.message().to_owned()))
        }
        inserted => Ok(inserted.map(drop)?),
    }
}

/// Nobody has to have the key from now on; false if that was so, or there is no such key.
pub async fn retire_card_key(
    conn: &mut Conn,
    (purpose, id): (Purpose, i16),
    at: Timestamp,
) -> Result<bool, DbError> {
    let key = card_keys::table
        .filter(card_keys::purpose.eq(purpose.as_str()))
        .filter(card_keys::id.eq(id))
        .filter(card_keys::retired_at.is_null());
    let retired = diesel::update(key).set(card_keys::retired_at.eq(Some(at))).execute(conn).await?;
    Ok(retired == 1)
}

/// Whether an order was written with a key.
pub async fn is_key_used(conn: &mut Conn, (purpose, id): (Purpose, i16)) -> Result<bool, DbError> {
    let found = match purpose {
        Purpose::Seal => load(order_sealed_with(id), conn).await?,
        Purpose::Hash => load(order_hashed_with(id), conn).await?,
    };
    Ok(!found.is_empty())
}

/// The number of the newest order; 0 if there is none.
pub async fn last_number(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(load(newest_number(), conn).await?.into_iter().next().unwrap_or(0))
}

/// The cards of orders with numbers in a range that are not sealed and hashed with these keys.
pub async fn list_cards_without(
    conn: &mut Conn,
    keys: (i16, i16),
    range: (i64, i64),
    limit: i64,
) -> Result<Vec<CardRow>, DbError> {
    Ok(load(cards_without(keys, range, limit), conn).await?)
}

/// How many orders were written with each pair of keys.
pub async fn count_key_uses(conn: &mut Conn) -> Result<Vec<KeyUses>, DbError> {
    Ok(load(key_uses(), conn).await?)
}

/// The texts that people and files filled, of orders with numbers in a range.
pub async fn list_texts(conn: &mut Conn, range: (i64, i64)) -> Result<StoredTexts, DbError> {
    Ok(StoredTexts {
        customers: load(customers_of(range), conn).await?,
        changes: load(changes_of(range), conn).await?,
        bodies: load(bodies_of(range), conn).await?,
    })
}

/// Stores other changes with events; the database has to let it.
pub async fn replace_changes(conn: &mut Conn, changes: &[(OrderNumber, i32, String)]) -> Result<(), DbError> {
    for (order, version, text) in changes {
        let event = order_events::table
            .filter(order_events::order_number.eq(order.get()))
            .filter(order_events::version.eq(version));
        diesel::update(event).set(order_events::changes.eq(Some(text))).execute(conn).await?;
    }
    Ok(())
}

/// Stores other bodies with messages.
pub async fn replace_bodies(conn: &mut Conn, bodies: &[(i64, String)]) -> Result<(), DbError> {
    for (id, body) in bodies {
        let message = outbox::table.filter(outbox::id.eq(id));
        diesel::update(message).set(outbox::body.eq(body)).execute(conn).await?;
    }
    Ok(())
}

fn customers_of((first, last): (i64, i64)) -> impl Rows<(OrderNumber, UserId)> {
    orders::table
        .filter(orders::number.between(first, last))
        .order(orders::number)
        .select((orders::number, orders::user_id))
}

fn changes_of((first, last): (i64, i64)) -> impl Rows<(OrderNumber, i32, Option<String>)> {
    order_events::table
        .filter(order_events::order_number.between(first, last))
        .filter(order_events::changes.is_not_null())
        .order((order_events::order_number, order_events::version))
        .select((order_events::order_number, order_events::version, order_events::changes))
}

fn bodies_of((first, last): (i64, i64)) -> impl Rows<(i64, OrderNumber, String)> {
    outbox::table
        .filter(outbox::order_number.between(first, last))
        .order((outbox::order_number, outbox::endpoint, outbox::version))
        .select((outbox::id, outbox::order_number, outbox::body))
}

fn all_card_keys() -> impl Rows<KeyRow> {
    card_keys::table.order((card_keys::purpose, card_keys::id))
}

fn all_check_values() -> impl Rows<(String, i16, Vec<u8>)> {
    card_keys::table.order((card_keys::purpose, card_keys::id)).select((
        card_keys::purpose,
        card_keys::id,
        card_keys::check_value,
    ))
}

fn key_uses() -> impl Rows<KeyUses> {
    orders::table
        .group_by((orders::card_seal_key, orders::card_hash_key))
        .order((orders::card_seal_key, orders::card_hash_key))
        .select((orders::card_seal_key, orders::card_hash_key, diesel::dsl::count_star()))
}

fn order_sealed_with(id: i16) -> impl Rows<i64> {
    orders::table.filter(orders::card_seal_key.eq(id)).order(orders::number).limit(1).select(orders::number)
}

fn order_hashed_with(id: i16) -> impl Rows<i64> {
    orders::table.filter(orders::card_hash_key.eq(id)).order(orders::number).limit(1).select(orders::number)
}

fn newest_number() -> impl Rows<i64> {
    orders::table.order(orders::number.desc()).limit(1).select(orders::number)
}

/// A range keeps the statement short where few of many orders are wanted.
fn cards_without(keys: (i16, i16), range: (i64, i64), limit: i64) -> impl Rows<CardRow> {
    orders::table
        .filter(orders::number.between(range.0, range.1))
        .filter(orders::card_seal_key.ne(keys.0).or(orders::card_hash_key.ne(keys.1)))
        .order(orders::number)
        .limit(limit)
        .select(CardRow::as_select())
}

fn known_key((purpose, id, check_value, registered_at, retired_at): KeyRow) -> Result<KnownKey, DbError> {
    let purpose = Purpose::parse(&purpose)
        .ok_or_else(|| DbError::Internal("the database knows a card key of no purpose".to_owned()))?;
    Ok(KnownKey { purpose, id, check_value, registered_at, retired_at })
}

/// The SQL of every query that reads, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    fn sql<U>(query: &impl Rows<U>) -> String {
        diesel::debug_query::<super::DB, _>(query).to_string()
    }
    vec![
        ("all_card_keys", sql(&all_card_keys())),
        ("all_check_values", sql(&all_check_values())),
        ("key_uses", sql(&key_uses())),
        ("order_sealed_with", sql(&order_sealed_with(1))),
        ("order_hashed_with", sql(&order_hashed_with(1))),
        ("newest_number", sql(&newest_number())),
        ("cards_without", sql(&cards_without((2, 3), (1, 50_000), 500))),
        ("customers_of", sql(&customers_of((1, 5_000)))),
        ("changes_of", sql(&changes_of((1, 5_000)))),
        ("bodies_of", sql(&bodies_of((1, 5_000)))),
    ]
}
