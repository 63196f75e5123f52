//! Messages of webhooks: found, claimed and settled on whichever database there is.

use super::{
    Announced, Backlog, Claimed, Db, DbError, MessageId, Outcome, Scope, Settled, Store, azure_sql, sqlite,
};
use crate::order::Timestamp;

impl Db {
    /// Messages that an endpoint may be sent now, the longest due first: none that has to wait for an earlier one.
    pub async fn list_due_messages(
        &self,
        endpoint: &str,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<MessageId>, DbError> {
        let endpoint = endpoint.to_owned();
        on!(self: |store, arm| {
            store.read(async move |conn| arm::outbox::list_due(conn, &endpoint, now, limit).await).await
        })
    }

    /// Takes those messages that are still due and nobody else's, to be sent before the lease runs out.
    pub async fn claim_messages(
        &self,
        ids: &[MessageId],
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Claimed>, DbError> {
        let ids = ids.to_vec();
        on!(self: |store, arm| {
            store.write(async move |conn| arm::outbox::claim(conn, &ids, now, until).await).await
        })
    }

    /// Keeps what became of a try to send a message.
    pub async fn finish_message(
        &self,
        message: &Claimed,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<(), DbError> {
        let (message, outcome) = (message.clone(), outcome.clone());
        on!(self: |store, arm| {
            store.write(async move |conn| arm::outbox::finish(conn, &message, &outcome, now).await).await
        })
    }

    /// Messages that came before one, or the newest, newest first.
    pub async fn list_messages(
        &self,
        scope: Scope,
        before: Option<MessageId>,
        limit: i64,
    ) -> Result<Vec<Announced>, DbError> {
        on!(self: |store, arm| {
            store
                .read(async move |conn| arm::outbox::list_messages(conn, scope, before, limit).await)
                .await
        })
    }

    /// How many messages are not settled.
    pub async fn count_messages(&self) -> Result<Backlog, DbError> {
        on!(self: |store, arm| store.read(async |conn| arm::outbox::count_open(conn).await).await)
    }

    /// Some messages that have failed.
    pub async fn list_failed_messages(&self, limit: i64) -> Result<Vec<MessageId>, DbError> {
        on!(self: |store, arm| {
            store.read(async move |conn| arm::outbox::list_failed(conn, limit).await).await
        })
    }

    /// Makes messages due at once, with all their tries before them; all of these or none.
    pub async fn resend_messages(&self, ids: &[MessageId], now: Timestamp) -> Result<Settled, DbError> {
        let ids = ids.to_vec();
        let settled = on!(self: |store, arm| {
            store.write(async move |conn| arm::outbox::resend(conn, &ids, now).await).await
        })?;
        self.announcer.wake();
        Ok(settled)
    }

    /// Decides that messages are not to be sent, so that they hold nothing back; all of these or none.
    pub async fn discard_messages(&self, ids: &[MessageId], now: Timestamp) -> Result<Settled, DbError> {
        let ids = ids.to_vec();
        let settled = on!(self: |store, arm| {
            store.write(async move |conn| arm::outbox::discard(conn, &ids, now).await).await
        })?;
        self.announcer.wake();
        Ok(settled)
    }

    /// Deletes some messages that were settled before a time; how many.
    pub async fn delete_settled_messages(&self, before: Timestamp, limit: i64) -> Result<usize, DbError> {
        on!(self: |store, arm| {
            store.write(async move |conn| arm::outbox::delete_settled(conn, before, limit).await).await
        })
    }
}
