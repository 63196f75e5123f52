//! Orders that a new one may be a second entry of.

use super::{Db, DbError};
use crate::order::{AlikeOrder, DateUuid, Day, LastFour, Likeness, NewOrder, ProductCode, Timestamp, UserId};

/// What is known of a new order, as far as others may be like it.
#[derive(Debug, Clone)]
pub struct AlikeQuery {
    pub date_uuid: DateUuid,
    pub user_id: UserId,
    pub product: ProductCode,
    pub day: Day,
    pub last_four: LastFour,
    /// The card under each hash key.
    pub hashes: Vec<(i16, Vec<u8>)>,
    /// From when on orders with that card were added, in UTC.
    pub since: Timestamp,
}

impl Db {
    /// Orders that a new one may be a second entry of, each once; cancelled ones are none.
    ///
    /// Of a new order whose key is taken there are none: adding it tells what it is then.
    pub async fn list_alike(&self, order: &NewOrder, now: Timestamp) -> Result<Vec<AlikeOrder>, DbError> {
        let query = AlikeQuery {
            date_uuid: order.date_uuid,
            user_id: order.user_id,
            product: order.product,
            day: order.dates.ordered().day(),
            last_four: order.card.summary().last_four,
            hashes: self.keys().hashes(&order.card)?,
            since: now.before(Likeness::CARD_TIME),
        };
        self.store.list_alike(query).await
    }
}
