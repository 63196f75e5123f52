//! The card keys that the database knows.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::cards::Purpose;
use crate::db::keys::{KnownKey, NewKey};
use crate::db::schema::{card_keys, orders};
use crate::order::Timestamp;

/// Whether the database answers, with the tables that this program knows.
pub async fn check(conn: &mut Conn) -> Result<(), DbError> {
    let _: Vec<i16> = load(any_card_key(), conn).await?;
    Ok(())
}

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

fn any_card_key() -> impl Rows<i16> {
    card_keys::table.order((card_keys::purpose, card_keys::id)).select(card_keys::id).limit(1)
}

fn order_sealed_with(id: i16) -> impl Rows<i64> {
    orders::table.filter(orders::card_seal_key.eq(id)).order(orders::number).limit(1).select(orders::number)
}

fn order_hashed_with(id: i16) -> impl Rows<i64> {
    orders::table.filter(orders::card_hash_key.eq(id)).order(orders::number).limit(1).select(orders::number)
}

fn known_key((purpose, id, check_value, registered_at, retired_at): KeyRow) -> Result<KnownKey, DbError> {
    let purpose = Purpose::parse(&purpose)
        .ok_or_else(|| DbError::Internal("the database knows a card key of no purpose".to_owned()))?;
    Ok(KnownKey { purpose, id, check_value, registered_at, retired_at })
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    vec![
        ("any_card_key", sql(&any_card_key())),
        ("all_card_keys", sql(&all_card_keys())),
        ("all_check_values", sql(&all_check_values())),
        ("order_sealed_with", sql(&order_sealed_with(1))),
        ("order_hashed_with", sql(&order_hashed_with(1))),
    ]
}
