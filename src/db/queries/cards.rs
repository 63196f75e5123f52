//! Walks through all orders: their cards, and texts in which a card number may stand.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::keys::KeyUses;
use crate::db::long_read::Slice;
use crate::db::reencrypt::StoredCard;
use crate::db::schema::{order_events, orders, outbox};
use crate::db::stray_cards::StoredTexts;
use crate::order::{LocalTime, OrderNumber, UserId};

/// Orders that one statement of a command counts: no snapshot is held while all are counted.
const ROWS_AT_ONCE: i64 = 100_000;

/// The number of the newest order; 0 if there is none.
pub async fn last_number(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(load(newest_number(), conn).await?.into_iter().next().unwrap_or(0))
}

/// The cards of orders up to the last number that are not sealed and hashed with these keys, at most so many.
pub async fn list_cards_without(
    conn: &mut Conn,
    rows: i64,
    keys: (i16, i16),
    after: i64,
    last: i64,
    limit: i64,
) -> Result<Slice<Vec<StoredCard>, i64>, DbError> {
    let (range, next) = numbers(rows, after, last);
    let found = load(cards_without(keys, range, limit), conn).await?;
    let is_cut = i64::try_from(found.len()).unwrap_or(i64::MAX) >= limit;
    let cut = found.last().filter(|_| is_cut).map(StoredCard::number).filter(|number| *number < last);
    Ok(Slice { next: cut.or(next), found })
}

/// The cards of orders up to the last number that are from before a time and have their number, at most so many.
pub async fn list_cards_before(
    conn: &mut Conn,
    rows: i64,
    before: LocalTime,
    after: i64,
    last: i64,
    limit: i64,
) -> Result<Slice<Vec<StoredCard>, i64>, DbError> {
    let (range, next) = numbers(rows, after, last);
    let found = load(cards_before(before, range, limit), conn).await?;
    let is_cut = i64::try_from(found.len()).unwrap_or(i64::MAX) >= limit;
    let cut = found.last().filter(|_| is_cut).map(StoredCard::number).filter(|number| *number < last);
    Ok(Slice { next: cut.or(next), found })
}

/// How many orders up to the last number were written with each pair of keys.
pub async fn count_key_uses(
    conn: &mut Conn,
    rows: i64,
    after: i64,
    last: i64,
) -> Result<Slice<Vec<KeyUses>, i64>, DbError> {
    let (range, next) = numbers(rows, after, last);
    Ok(Slice { found: load(key_uses(range), conn).await?, next })
}

/// The same of all orders, on a connection that nobody else wants.
pub async fn count_all_key_uses(conn: &mut Conn) -> Result<Vec<KeyUses>, DbError> {
    let last = last_number(conn).await?;
    let (mut uses, mut after) = (Vec::new(), Some(0));
    while let Some(key) = after {
        let slice = count_key_uses(conn, ROWS_AT_ONCE, key, last).await?;
        uses.extend(slice.found);
        after = slice.next;
    }
    Ok(uses)
}

/// The texts that people and files filled, of orders up to the last number.
pub async fn list_texts(
    conn: &mut Conn,
    rows: i64,
    after: i64,
    last: i64,
) -> Result<Slice<StoredTexts, i64>, DbError> {
    let (range, next) = numbers(rows, after, last);
    let found = StoredTexts {
        customers: load(customers_of(range), conn).await?,
        changes: load(changes_of(range), conn).await?,
        notes: load(notes_of(range), conn).await?,
        details: load(details_of(range), conn).await?,
        bodies: load(bodies_of(range), conn).await?,
    };
    Ok(Slice { found, next })
}

/// The numbers of a slice, both ends included, and the one behind which the next slice begins.
fn numbers(rows: i64, after: i64, last: i64) -> ((i64, i64), Option<i64>) {
    let until = after.saturating_add(rows).min(last);
    ((after + 1, until), (until < last).then_some(until))
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

/// Stores other details with events; the database has to let it.
pub async fn replace_details(conn: &mut Conn, details: &[(OrderNumber, i32, String)]) -> Result<(), DbError> {
    for (order, version, text) in details {
        let event = order_events::table
            .filter(order_events::order_number.eq(order.get()))
            .filter(order_events::version.eq(version));
        diesel::update(event).set(order_events::detail.eq(Some(text))).execute(conn).await?;
    }
    Ok(())
}

/// Stores other notes with orders that have those that were found.
pub async fn replace_notes(conn: &mut Conn, notes: &[(OrderNumber, String, String)]) -> Result<(), DbError> {
    for (order, found, text) in notes {
        // Somebody may have written another one since.
        let order = orders::table.filter(orders::number.eq(order.get())).filter(orders::note.eq(found));
        diesel::update(order).set(orders::note.eq(Some(text))).execute(conn).await?;
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

fn notes_of((first, last): (i64, i64)) -> impl Rows<(OrderNumber, Option<String>)> {
    orders::table
        .filter(orders::number.between(first, last))
        .filter(orders::note.is_not_null())
        .order(orders::number)
        .select((orders::number, orders::note))
}

fn details_of((first, last): (i64, i64)) -> impl Rows<(OrderNumber, i32, Option<String>)> {
    order_events::table
        .filter(order_events::order_number.between(first, last))
        .filter(order_events::detail.is_not_null())
        .order((order_events::order_number, order_events::version))
        .select((order_events::order_number, order_events::version, order_events::detail))
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

fn key_uses((first, last): (i64, i64)) -> impl Rows<KeyUses> {
    orders::table
        .filter(orders::number.between(first, last))
        .group_by((orders::card_seal_key, orders::card_hash_key))
        .order((orders::card_seal_key, orders::card_hash_key))
        .select((orders::card_seal_key, orders::card_hash_key, diesel::dsl::count_star()))
}

fn newest_number() -> impl Rows<i64> {
    orders::table.order(orders::number.desc()).limit(1).select(orders::number)
}

fn cards_without(keys: (i16, i16), range: (i64, i64), limit: i64) -> impl Rows<StoredCard> {
    orders::table
        .filter(orders::number.between(range.0, range.1))
        .filter(orders::card_seal_key.ne(keys.0).or(orders::card_hash_key.ne(keys.1)))
        .order(orders::number)
        .limit(limit)
        .select(StoredCard::as_select())
}

fn cards_before(before: LocalTime, range: (i64, i64), limit: i64) -> impl Rows<StoredCard> {
    orders::table
        .filter(orders::number.between(range.0, range.1))
        .filter(orders::order_date.lt(before))
        .filter(orders::card_sealed.ne(Vec::<u8>::new()))
        .order(orders::number)
        .limit(limit)
        .select(StoredCard::as_select())
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    vec![
        ("key_uses", sql(&key_uses((1, 5_000)))),
        ("newest_number", sql(&newest_number())),
        ("cards_without", sql(&cards_without((2, 3), (1, 50_000), 500))),
        (
            "cards_before",
            sql(&cards_before(LocalTime::parse("2025-11-30 00:00:00").unwrap(), (1, 50_000), 200)),
        ),
        ("customers_of", sql(&customers_of((1, 5_000)))),
        ("changes_of", sql(&changes_of((1, 5_000)))),
        ("notes_of", sql(&notes_of((1, 5_000)))),
        ("details_of", sql(&details_of((1, 5_000)))),
        ("bodies_of", sql(&bodies_of((1, 5_000)))),
    ]
}
