//! How common the stores, products and customers are that lists ask for, remembered for a while.
//!
//! SQL Server keeps one plan for a text and makes it for the values that come first: that of a rare store, which looks up
//! each of its few orders, would serve the web store, too. So the class of a value goes into the text.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::find::{Clause, FindQuery, Test, ValueClass};
use super::kept_counts::KeptKind;
use super::{Db, DbError};
use crate::order::Total;

/// A value changes its class once at most, when it has come to have a thousand orders.
const LIFETIME: Duration = Duration::from_mins(10);
const MAX_VALUES: usize = 5_000;

/// Classes by the names of values, with when they were found.
#[derive(Debug, Default)]
pub struct ValueClasses(Mutex<HashMap<String, (ValueClass, Instant)>>);

impl ValueClasses {
    fn get(&self, name: &str) -> Option<ValueClass> {
        let classes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        classes.get(name).filter(|(_, at)| at.elapsed() < LIFETIME).map(|(class, _)| *class)
    }

    fn put(&self, name: String, class: ValueClass) {
        let mut classes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if classes.len() >= MAX_VALUES {
            classes.clear();
        }
        classes.insert(name, (class, Instant::now()));
    }
}

impl Db {
    /// The same list, with the classes of the values that it asks for.
    pub(super) async fn with_classes(&self, query: FindQuery) -> Result<FindQuery, DbError> {
        let mut classes = Vec::new();
        for test in query.tests_with_class() {
            classes.push((test.clone(), self.class_of(&query, test).await?));
        }
        Ok(FindQuery { classes, ..query })
    }

    /// Stores and products by their kept counts; customers, who have none, by counting as far as it takes.
    async fn class_of(&self, query: &FindQuery, test: &Test) -> Result<ValueClass, DbError> {
        let name = format!("{test:?}");
        if let Some(class) = self.classes.get(&name) {
            return Ok(class);
        }
        let most = query.max_sorted();
        let kept = match test {
            Test::Store(code) => Some((KeptKind::Store, code)),
            Test::Product(code) => Some((KeptKind::Product, code)),
            _ => None,
        };
        let is_common = if let Some((kind, code)) = kept {
            self.store.sum_kept_counts(kind, code.as_str().to_owned()).await?.orders > most
        } else {
            let alone =
                FindQuery { clauses: vec![Clause(vec![test.clone()])], max_counted: most, ..query.clone() };
            matches!(self.store.count_found(alone).await?, Some(Total::MoreThan(_)))
        };
        let class = if is_common { ValueClass::Common } else { ValueClass::Rare };
        self.classes.put(name, class);
        Ok(class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{InsertOrder, SqliteOptions};
    use crate::order::{Beginning, Condition, Day, ListQuery, OrderFilter, StoreCode, SystemTask, Timestamp};
    use crate::transfer::Demo;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn values_are_common_that_many_orders_have() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = SqliteOptions::in_folder(folder.path(), 1).open().unwrap();
        // More than ten orders are many.
        db.list_limits.counted = 100;
        let at = Timestamp::parse("2026-03-04 12:00:00").unwrap();
        let orders: Vec<_> = Demo::sample(200, 1).collect();
        let rare = orders.iter().find(|order| order.store.as_str() != StoreCode::WEB).unwrap().clone();
        let entries: Vec<_> =
            orders.into_iter().map(|order| InsertOrder::by_system(SystemTask::Seed, order, at)).collect();
        db.insert_orders(&entries).await.unwrap();
        let now = Day::new(2026, 3, 4).unwrap().start();
        for (condition, expected) in [
            (Condition::Store(Beginning::of_store(StoreCode::WEB).unwrap()), Some(ValueClass::Common)),
            (Condition::Store(Beginning::of_store(rare.store.as_str()).unwrap()), Some(ValueClass::Rare)),
            (
                Condition::Product(Beginning::of_product(rare.product.as_str()).unwrap()),
                Some(ValueClass::Rare),
            ),
            (
                Condition::Customer(Beginning::of_customer(rare.user_id.as_str()).unwrap()),
                Some(ValueClass::Rare),
            ),
            (Condition::Store(Beginning::of_store("HI").unwrap()), None),
        ] {
            let list = ListQuery::default().filtered(OrderFilter::new([condition.clone()]));
            let query = db.find_query(&list, now).await.unwrap();
            let classes = db.with_classes(query).await.unwrap().classes;
            assert_eq!(classes.first().map(|(_, class)| *class), expected, "{condition:?}");
        }
    }
}
