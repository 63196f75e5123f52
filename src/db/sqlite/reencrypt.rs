//! New seals for many cards at once: one by one, in one transaction.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Conn;
use crate::db::DbError;
use crate::db::reencrypt::Replacement;
use crate::db::schema::orders;

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
