//! Noting that somebody has looked at what is doubtful about an order.

use super::{Db, DbError};
use crate::order::{Actor, OrderNumber, Timestamp};

impl Db {
    /// Notes who has seen the warnings about an order that nobody had; durable when this returns.
    ///
    /// It is no change of the order: no version, no entry in its history, no message. Done again it changes nothing, and
    /// so where there is no such order.
    pub async fn mark_warnings_seen(
        &self,
        number: OrderNumber,
        by: &Actor,
        at: Timestamp,
    ) -> Result<(), DbError> {
        let marked = self.store.mark_warnings_seen(number, by.text().into_owned(), at).await;
        if marked.inspect_err(|error| self.observe(error))? {
            self.count_change();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
