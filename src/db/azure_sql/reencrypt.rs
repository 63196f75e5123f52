//! New seals for many cards at once: bulk copy into a table of this session, then one statement.

use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use diesel_mssql::{BulkRow, MssqlType, bulk_copy};

use super::Conn;
use crate::db::DbError;
use crate::db::reencrypt::Replacement;

const STAGING: &str = "IF OBJECT_ID('tempdb..#new_cards') IS NOT NULL DROP TABLE #new_cards; \
    CREATE TABLE #new_cards ( \
    number BIGINT NOT NULL PRIMARY KEY, \
    old VARBINARY(64) NOT NULL, \
    card_sealed VARBINARY(64) NOT NULL, \
    card_seal_key SMALLINT NOT NULL, \
    card_hash VARBINARY(32) NOT NULL, \
    card_hash_key SMALLINT NOT NULL)";

const COLUMNS: [&str; 6] = ["number", "old", "card_sealed", "card_seal_key", "card_hash", "card_hash_key"];

const REPLACE: &str = "UPDATE orders SET card_sealed = #new_cards.card_sealed, \
    card_seal_key = #new_cards.card_seal_key, card_hash = #new_cards.card_hash, \
    card_hash_key = #new_cards.card_hash_key \
    FROM orders JOIN #new_cards ON #new_cards.number = orders.number AND #new_cards.old = orders.card_sealed";

/// Replaces cards that are still the ones that were read; how many.
pub async fn replace_cards(conn: &mut Conn, cards: &[Replacement]) -> Result<usize, DbError> {
    conn.batch_execute(STAGING).await?;
    bulk_copy(conn, "#new_cards", &COLUMNS, cards.iter().map(row)).await?;
    Ok(diesel::sql_query(REPLACE).execute(conn).await?)
}

fn row(Replacement { number, old, card }: &Replacement) -> BulkRow {
    let mut row = BulkRow::default();
    row.push(MssqlType::BigInt, Some(*number));
    row.push(MssqlType::VarBinary, Some(old.clone()));
    row.push(MssqlType::VarBinary, Some(card.sealed.clone()));
    row.push(MssqlType::SmallInt, Some(card.seal_key));
    row.push(MssqlType::VarBinary, Some(card.hash.clone()));
    row.push(MssqlType::SmallInt, Some(card.hash_key));
    row
}
