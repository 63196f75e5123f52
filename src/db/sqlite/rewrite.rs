//! Masking what the history says, which is append-only for everybody else.

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::Conn;
use super::queries::cards;
use crate::db::DbError;
use crate::db::stray_cards::MaskedTexts;

#[derive(QueryableByName)]
struct Trigger {
    #[diesel(sql_type = diesel::sql_types::Text)]
    sql: String,
}

/// Stores texts in place of others. The trigger that keeps the history is put back in the same transaction.
pub async fn replace_texts(conn: &mut Conn, texts: &MaskedTexts) -> Result<(), DbError> {
    cards::replace_bodies(conn, &texts.bodies).await?;
    cards::replace_notes(conn, &texts.notes).await?;
    if texts.changes.is_empty() && texts.details.is_empty() {
        return Ok(());
    }
    let trigger: Trigger = diesel::sql_query(
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'order_events_stay'",
    )
    .get_result(conn)
    .await?;
    conn.batch_execute("DROP TRIGGER order_events_stay").await?;
    cards::replace_changes(conn, &texts.changes).await?;
    cards::replace_details(conn, &texts.details).await?;
    conn.batch_execute(&trigger.sql).await?;
    Ok(())
}
