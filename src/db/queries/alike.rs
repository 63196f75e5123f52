//! Orders that a new one may be a second entry of.

use diesel::prelude::*;

use super::conditions::passes;
use super::insert::order_with_key;
use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::alike::AlikeQuery;
use crate::db::find::Test;
use crate::db::index_hint::Hinted;
use crate::db::rows::{KeyHolder, OrderRow};
use crate::db::schema::orders;
use crate::order::{AlikeOrder, Likeness, LocalTime, Timestamp};

/// Those with the same goods, then those with the same card alone; none where the key is taken.
pub async fn list_alike(conn: &mut Conn, query: &AlikeQuery) -> Result<Vec<AlikeOrder>, DbError> {
    let holder: Vec<KeyHolder> =
        load(order_with_key(query.date_uuid.as_str(), query.user_id.as_str()), conn).await?;
    if !holder.is_empty() {
        return Ok(Vec::new());
    }
    let same_goods: Vec<(OrderRow, Timestamp)> = load(orders_with_goods(query), conn).await?;
    let same_card: Vec<(OrderRow, Timestamp)> = load(orders_with_card(query), conn).await?;
    let with = |likeness| {
        move |(row, added): (OrderRow, Timestamp)| AlikeOrder { order: row.into_order(), added, likeness }
    };
    let mut alike: Vec<AlikeOrder> = same_goods.into_iter().map(with(Likeness::Goods)).collect();
    for order in same_card.into_iter().map(with(Likeness::Card)) {
        if alike.iter().all(|one| one.order.number != order.order.number) {
            alike.push(order);
        }
    }
    Ok(alike)
}

/// By the customer's index alone: a popular product has more orders a day than any customer.
fn orders_with_goods(query: &AlikeQuery) -> impl Rows<(OrderRow, Timestamp)> + use<> {
    orders::table
        .filter(orders::user_id.eq(query.user_id.as_str().to_owned()))
        .filter(orders::order_date.ge(query.day.start()))
        .filter(orders::order_date.lt(query.day.next().start()))
        .filter(Hinted::new(orders::product_code, false).eq(query.product.as_str().to_owned()))
        .filter(Hinted::new(orders::cancelled_at, false).is_null())
        .order((orders::order_date.desc(), orders::number.desc()))
        .limit(Likeness::MOST)
        .select((OrderRow::as_select(), orders::created_at))
}

fn orders_with_card(query: &AlikeQuery) -> impl Rows<(OrderRow, Timestamp)> + use<> {
    // No time plays a part in this test.
    let has_card =
        passes(&Test::Card(query.last_four, query.hashes.clone()), LocalTime::new(query.since.get()), true);
    orders::table
        .filter(has_card)
        .filter(orders::created_at.ge(query.since))
        .filter(Hinted::new(orders::cancelled_at, false).is_null())
        .order((orders::order_date.desc(), orders::number.desc()))
        .limit(Likeness::MOST)
        .select((OrderRow::as_select(), orders::created_at))
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    use crate::order::{Day, LastFour, Order};
    let (order, since) = Order::sample();
    let query = AlikeQuery {
        date_uuid: order.date_uuid,
        user_id: order.user_id,
        product: order.product,
        day: Day::new(2022, 3, 4).unwrap(),
        last_four: LastFour::parse("1111").unwrap(),
        hashes: vec![(1, vec![7; 4]), (2, vec![8; 4])],
        since,
    };
    vec![
        ("orders_with_goods", sql(&orders_with_goods(&query))),
        ("orders_with_card", sql(&orders_with_card(&query))),
    ]
}
