//! Lists of orders, and an order in its list.

use std::time::{Duration, Instant};

use super::find::{FindQuery, Found, NamedCard};
use super::totals::Counted;
use super::{Db, DbError, Store};
use crate::order::{
    CardNumber, Condition, Kind, ListQuery, LocalTime, Order, OrderDetails, OrderNumber, Page, PageRequest,
    Total,
};

/// How much a list may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListLimits {
    /// No more orders than this are counted.
    pub(super) counted: i64,
    /// How long a page goes on looking, before it shows what it has.
    pub(super) look_time: Duration,
}

impl Default for ListLimits {
    fn default() -> Self {
        Self { counted: 10_000, look_time: Duration::from_millis(80) }
    }
}

impl Db {
    /// A page of a list; beyond the last page, the last that is near.
    ///
    /// It shows what it has, where finding more would take long.
    pub async fn list_orders(&self, list: &ListQuery, now: LocalTime) -> Result<Page<Order>, DbError> {
        if list.is_of_all_newest_first() && list.anchor().is_none() {
            return self.list_newest_orders(list.page()).await;
        }
        let began = Instant::now();
        let query = self.find_query(list, now).await?;
        let (filter, changes) = (filter_of(list), self.changes());
        let known = self.totals.get(&filter, changes);
        let mut found = self.store.list_found(query.clone(), list.page(), list.anchor(), known).await?;
        if known.is_none() {
            self.totals.put(filter, Counted(found.total), changes);
        }
        self.look_further(&query, &mut found, began).await?;
        Ok(found.into_page())
    }

    /// A page of all orders, newest first; beyond the last page, the last.
    pub async fn list_newest_orders(&self, request: PageRequest) -> Result<Page<Order>, DbError> {
        self.store.list_orders(request).await
    }

    /// An order, its history and its place in a list; none if there is no such number.
    pub async fn find_order(
        &self,
        number: OrderNumber,
        list: &ListQuery,
        now: LocalTime,
    ) -> Result<Option<OrderDetails>, DbError> {
        if list.is_of_all_newest_first() {
            return self.store.find_order(number).await;
        }
        let began = Instant::now();
        let query = self.find_query(list, now).await?;
        let Some(placed) = self.store.find_place(query.clone(), number).await? else { return Ok(None) };
        let mut details = placed.details;
        for (missing, reverse) in placed.missing.into_iter().zip([true, false]) {
            if let Some(cursor) = missing {
                let mut found = Found::of_neighbour(cursor, reverse);
                self.look_further(&query, &mut found, began).await?;
                let number = found.orders.first().map(|order| order.number);
                if reverse {
                    details.place.previous = number;
                } else {
                    details.place.next = number;
                }
            }
        }
        Ok(Some(details))
    }

    /// How many orders a list has; none, if that would take long to count.
    pub async fn count_list(&self, list: &ListQuery, now: LocalTime) -> Result<Option<Total>, DbError> {
        let (filter, changes) = (filter_of(list), self.changes());
        if let Some(Counted(total)) = self.totals.get(&filter, changes) {
            return Ok(total);
        }
        let total = self.store.count_found(self.find_query(list, now).await?).await?;
        self.totals.put(filter, Counted(total), changes);
        Ok(total)
    }

    /// The newest order that was paid with a card.
    pub async fn find_by_card(
        &self,
        card: &CardNumber,
        now: LocalTime,
    ) -> Result<Option<OrderNumber>, DbError> {
        let card = NamedCard { last_fours: card.last_fours(), hashes: self.keys().hashes(card)? };
        let mut query = self.find_query(&ListQuery::default(), now).await?;
        query.clauses.push(card.clause());
        let found = self.store.list_found(query, PageRequest::default(), None, None).await?;
        Ok(found.orders.first().map(|order| order.number))
    }

    /// What a list asks of the database, with the card that it may name.
    pub(super) async fn find_query(&self, list: &ListQuery, now: LocalTime) -> Result<FindQuery, DbError> {
        let card = match list.filter().of_kind(Kind::SameCardAs).next() {
            Some(Condition::SameCardAs(number)) => self.named_card(*number).await?,
            _ => None,
        };
        let query = FindQuery::new(list.filter(), card.as_ref(), list.sort(), now, self.list_limits.counted);
        Ok(if matches!(self.store, Store::SqlServer(_)) { self.with_classes(query).await? } else { query })
    }

    /// The card of an order; none if there is no such order.
    async fn named_card(&self, number: OrderNumber) -> Result<Option<NamedCard>, DbError> {
        let Some((order, card)) = self.store.find_card(number).await? else { return Ok(None) };
        let keys = self.keys();
        let named = match keys.open(&card, (&order.date_uuid, &order.user_id)) {
            Ok(card) => NamedCard { last_fours: card.last_fours(), hashes: keys.hashes(&card)? },
            // Whoever cannot read it finds those that were hashed with the same key.
            Err(_) => {
                NamedCard { last_fours: vec![order.card.last_four], hashes: vec![(card.hash_key, card.hash)] }
            }
        };
        Ok(Some(named))
    }

    /// Goes on looking in a long read, until there is enough or the time is over.
    async fn look_further(
        &self,
        query: &FindQuery,
        found: &mut Found,
        began: Instant,
    ) -> Result<(), DbError> {
        while let Some(from) = found.stopped.take() {
            if found.missing() == 0 {
                break;
            }
            let left = self.list_limits.look_time.saturating_sub(began.elapsed());
            let (reverse, missing) = (found.asked.reverse, found.missing());
            let slice = match self.begin_long_read(Some(left)) {
                Ok(mut read) => {
                    self.store.look_through(&mut read, query.clone(), from.clone(), reverse, missing).await
                }
                Err(error) => Err(error),
            };
            match slice {
                Ok(slice) => {
                    found.orders.extend(slice.found);
                    found.stopped = slice.next;
                }
                Err(DbError::TimedOut(_) | DbError::Busy(_)) => {
                    found.stopped = Some(from);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Changes whenever this program has changed an order.
    pub fn changes(&self) -> u64 {
        self.changes.load(std::sync::atomic::Ordering::Acquire)
    }

    /// Says that an order was changed.
    pub(super) fn count_change(&self) {
        self.changes.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
    }
}

/// What lists of the same orders have in common.
fn filter_of(list: &ListQuery) -> String {
    ListQuery::default().filtered(list.filter().clone()).write()
}
