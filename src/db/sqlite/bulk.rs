//! Many orders at once: one by one, each prepared statement used again.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;

use super::rows::InsertOrderRow;
use super::{Conn, queries};
use crate::db::DbError;
use crate::db::outbox::Outbox;
use crate::db::reencrypt::Replacement;
use crate::db::schema::orders;
use crate::order::Day;

/// Adds many orders; those whose key is taken are left out.
pub async fn insert_orders(conn: &mut Conn, rows: &[InsertOrderRow]) -> Result<usize, DbError> {
    let mut days = BTreeMap::<Day, i64>::new();
    let mut added = 0;
    let nobody = Outbox::silent();
    for row in rows {
        match queries::insert(conn, row).await {
            Ok(number) => {
                let number = queries::number_of_order(number)?;
                queries::record(conn, &row.event(number), &nobody).await?;
                *days.entry(row.order_date.day()).or_default() += 1;
                added += 1;
            }
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    for (day, orders) in days {
        queries::add_to_counts(conn, day, orders).await?;
    }
    Ok(added)
}

/// Replaces cards that are still the ones that were read; how many.
pub async fn replace_cards(conn: &mut Conn, cards: &[Replacement]) -> Result<usize, DbError> {
    let mut replaced = 0;
    for Replacement { number, old, card } in cards {
        let unchanged = orders::table.filter(orders::number.eq(number)).filter(orders::card_sealed.eq(old));
        let with = (
            orders::card_sealed.eq(&card.sealed),
            orders::card_seal_key.eq(card.seal_key),
            orders::card_hash.eq(&card.hash),
            orders::card_hash_key.eq(card.hash_key),
        );
        replaced += diesel::update(unchanged).set(with).execute(conn).await?;
    }
    Ok(replaced)
}
