//! Tests and places of a list as conditions in SQL.
//!
//! A keyset condition begins with a range that an index seeks to: `a <= x AND (a < x OR n < m)`. Written as
//! `a < x OR (a = x AND n < m)` it would be read through.

use diesel::dsl::exists;
use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Bool, SmallInt, Text, Timestamp};

use super::DB;
use crate::db::column::{Column, Value};
use crate::db::find::{Clause, Range, Stage, Test, ValueClass};
use crate::db::index_hint::Hinted;
use crate::db::job::JobOutcome;
use crate::db::schema::{job_orders, order_events, order_warnings, orders};
use crate::order::{Beginning, LocalTime};

const CHANGED: &str = JobOutcome::Changed.as_str();

/// A condition on orders.
pub type Cond = Box<dyn BoxableExpression<orders::table, DB, SqlType = Bool>>;

/// A column of orders, hinted or not.
trait ColumnOf<T>:
    Expression<SqlType = T>
    + SelectableExpression<orders::table>
    + ValidGrouping<(), IsAggregate = is_aggregate::No>
    + QueryFragment<DB>
    + Copy
    + Send
    + 'static
{
}

impl<C, T> ColumnOf<T> for C where
    C: Expression<SqlType = T>
        + SelectableExpression<orders::table>
        + ValidGrouping<(), IsAggregate = is_aggregate::No>
        + QueryFragment<DB>
        + Copy
        + Send
        + 'static
{
}

/// Whether an order passes a test; of the test's columns an index may lead only if they are said to.
pub fn passes(test: &Test, now: LocalTime, may_lead: bool) -> Cond {
    match test {
        Test::Stage(stage) => is_at(*stage, now, may_lead),
        Test::Store(beginning) => begins(Hinted::new(orders::store_code, may_lead), beginning),
        Test::Product(beginning) => begins(Hinted::new(orders::product_code, may_lead), beginning),
        Test::Customer(beginning) => begins(Hinted::new(orders::user_id, may_lead), beginning),
        Test::Uuid(beginning) => begins(Hinted::new(orders::date_uuid, may_lead), beginning),
        Test::Brand(brand) => Box::new(Hinted::new(orders::card_brand, may_lead).eq(brand.as_str())),
        Test::LastFour(digits) => {
            Box::new(Hinted::new(orders::card_last4, may_lead).eq(digits.as_str().to_owned()))
        }
        Test::Card(digits, hashes) => {
            let last_four = Hinted::new(orders::card_last4, may_lead).eq(digits.as_str().to_owned());
            let hashes = hashes.iter().map(|(key, hash)| -> Cond {
                Box::new(orders::card_hash_key.eq(*key).and(orders::card_hash.eq(hash.clone())))
            });
            Box::new(last_four.and(any(hashes)))
        }
        Test::Ordered(range) => within(Hinted::new(orders::order_date, may_lead), *range),
        Test::Shipped(range) => {
            let column = Hinted::new(orders::shipping_date, may_lead);
            if range.from.or(range.until).is_none() {
                return Box::new(column.is_not_null());
            }
            within(Hinted::new(orders::shipping_date.assume_not_null(), may_lead), *range)
        }
        Test::Delivered(range) => {
            let column = Hinted::new(orders::delivery_date, may_lead);
            if range.from.or(range.until).is_none() {
                return Box::new(column.is_not_null());
            }
            within(Hinted::new(orders::delivery_date.assume_not_null(), may_lead), *range)
        }
        Test::NotShipped => Box::new(Hinted::new(orders::shipping_date, may_lead).is_null()),
        Test::NotDelivered => Box::new(Hinted::new(orders::delivery_date, may_lead).is_null()),
        Test::Quantity(from, to) if from == to => {
            Box::new(Hinted::new(orders::product_quantity, may_lead).eq(*from))
        }
        Test::Quantity(from, to) => {
            Box::new(Hinted::new(orders::product_quantity, may_lead).between(*from, *to))
        }
        // The index of those that are to check is made for a comparison with the very number. Where another one leads, the
        // condition is one that it does not fit.
        Test::ToCheck if may_lead => {
            Box::new(Hinted::new(orders::unseen, false).ne(diesel::dsl::sql::<SmallInt>("0")))
        }
        Test::ToCheck => Box::new(Hinted::new(orders::unseen, false).gt(0_i16)),
        // The few there may be are looked up by their numbers.
        Test::Warning { kinds, most } if may_lead => Box::new(
            orders::number.eq_any(
                order_warnings::table
                    .filter(order_warnings::kind.eq_any(kinds.iter().map(|kind| kind.name())))
                    .filter(order_warnings::seen_at.is_null())
                    .select(order_warnings::order_number)
                    .limit(*most),
            ),
        ),
        Test::Warning { kinds, .. } => Box::new(exists(
            order_warnings::table
                .filter(order_warnings::order_number.eq(orders::number))
                .filter(order_warnings::kind.eq_any(kinds.iter().map(|kind| kind.name())))
                .filter(order_warnings::seen_at.is_null()),
        )),
        Test::ChangedBy(actor) => Box::new(exists(
            order_events::table
                .filter(order_events::order_number.eq(orders::number))
                .filter(order_events::version.gt(1))
                .filter(order_events::actor.eq(actor.clone())),
        )),
        Test::Import { id, most } if may_lead => Box::new(
            orders::number.eq_any(
                job_orders::table
                    .filter(job_orders::job_id.eq(id.get()))
                    .filter(job_orders::outcome.eq(CHANGED))
                    .select(job_orders::order_number)
                    .limit(*most),
            ),
        ),
        Test::Import { id, .. } => Box::new(exists(
            job_orders::table
                .filter(job_orders::job_id.eq(id.get()))
                .filter(job_orders::order_number.eq(orders::number))
                .filter(job_orders::outcome.eq(CHANGED)),
        )),
    }
}

/// Whether an order passes a test whose columns an index may lead to, and whose value is of a class.
pub fn leads(test: &Test, now: LocalTime, class: Option<ValueClass>) -> Cond {
    match (test, class) {
        (Test::Store(code), Some(class)) => begins(Hinted::of_class(orders::store_code, class), code),
        (Test::Product(code), Some(class)) => begins(Hinted::of_class(orders::product_code, class), code),
        (Test::Customer(id), Some(class)) => begins(Hinted::of_class(orders::user_id, class), id),
        _ => passes(test, now, true),
    }
}

/// Whether an order passes any test of a clause, to which no index leads.
pub fn passes_any(clause: &Clause, now: LocalTime) -> Cond {
    any(clause.0.iter().map(|test| passes(test, now, false)))
}

/// Any of some conditions, of which there is at least one.
fn any(conditions: impl Iterator<Item = Cond>) -> Cond {
    let either = conditions.reduce(|one, other| Box::new(one.or(other)));
    either.unwrap_or_else(|| Box::new(orders::number.lt(0)))
}

/// The indexes of some stages are made for a condition that hides its columns, and so are these.
fn is_at(stage: Stage, now: LocalTime, may_lead: bool) -> Cond {
    use orders::{cancelled_at, delivery_date, shipping_date};
    let not_cancelled = Hinted::new(cancelled_at, false).is_null();
    let shipping = Hinted::new(shipping_date, false);
    let delivery = Hinted::new(delivery_date, false);
    let shipped = |may_lead| Hinted::new(shipping_date.assume_not_null(), may_lead);
    let delivered = |may_lead| Hinted::new(delivery_date.assume_not_null(), may_lead);
    match stage {
        Stage::Open => Box::new(not_cancelled.and(shipping.is_null()).and(delivery.is_null())),
        Stage::UnderWay => {
            let dated = shipping.is_not_null().and(delivery.is_null());
            Box::new(not_cancelled.and(dated).and(shipped(false).le(now)))
        }
        Stage::Cancelled => Box::new(Hinted::new(cancelled_at, false).is_not_null()),
        Stage::ShipsLater => {
            let not_delivered = delivery.is_null().or(delivered(false).gt(now));
            Box::new(shipped(may_lead).gt(now).and(not_cancelled).and(not_delivered))
        }
        Stage::ArrivesUnshipped => {
            Box::new(delivered(may_lead).gt(now).and(not_cancelled).and(shipping.is_null()))
        }
        Stage::ArrivesLater => {
            Box::new(delivered(may_lead).gt(now).and(not_cancelled).and(shipped(false).le(now)))
        }
        Stage::Arriving => Box::new(delivered(may_lead).gt(now).and(not_cancelled)),
        Stage::Delivered => Box::new(not_cancelled.and(delivery.is_not_null()).and(delivered(false).le(now))),
    }
}

/// The whole text, or the range of those that begin with it.
fn begins<C: ColumnOf<Text>>(column: C, text: &Beginning) -> Cond {
    if text.is_whole() {
        Box::new(column.eq(text.as_str().to_owned()))
    } else {
        Box::new(column.ge(text.as_str().to_owned()).and(column.lt(text.end())))
    }
}

fn within<C: ColumnOf<Timestamp>>(column: C, range: Range) -> Cond {
    match (range.from, range.until) {
        (Some(from), Some(until)) => Box::new(column.ge(from).and(column.lt(until))),
        (Some(from), None) => Box::new(column.ge(from)),
        (None, Some(until)) => Box::new(column.lt(until)),
        (None, None) => Box::new(orders::number.gt(0)),
    }
}

/// How a column's values are compared with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Is,
    Below,
    Above,
    NotAbove,
    NotBelow,
}

/// Whether an order's value compares so with another.
pub fn compares(column: Column, comparison: Comparison, value: &Value, may_lead: bool) -> Cond {
    macro_rules! compared {
        ($column:expr, $value:expr) => {{
            let (column, value) = (Hinted::new($column, may_lead), $value);
            match comparison {
                Comparison::Is => Box::new(column.eq(value)),
                Comparison::Below => Box::new(column.lt(value)),
                Comparison::Above => Box::new(column.gt(value)),
                Comparison::NotAbove => Box::new(column.le(value)),
                Comparison::NotBelow => Box::new(column.ge(value)),
            }
        }};
    }
    match (column, value) {
        (Column::Store, Value::Text(text)) => compared!(orders::store_code, text.clone()),
        (Column::Product, Value::Text(text)) => compared!(orders::product_code, text.clone()),
        (Column::Brand, Value::Text(text)) => compared!(orders::card_brand, text.clone()),
        (Column::Customer, Value::Text(text)) => compared!(orders::user_id, text.clone()),
        (Column::Uuid, Value::Text(text)) => compared!(orders::date_uuid, text.clone()),
        (Column::Quantity, Value::Number(number)) => compared!(orders::product_quantity, *number),
        (Column::Shipping, Value::Time(time)) => compared!(orders::shipping_date.assume_not_null(), *time),
        (Column::Delivery, Value::Time(time)) => compared!(orders::delivery_date.assume_not_null(), *time),
        // No column has values of another kind.
        _ => Box::new(orders::number.lt(0)),
    }
}

/// Whether an order comes behind another, the newest first; or before it, in reverse.
pub fn is_older(ordered: LocalTime, number: i64, reverse: bool, may_lead: bool) -> Cond {
    let date = Hinted::new(orders::order_date, may_lead);
    if reverse {
        Box::new(date.ge(ordered).and(orders::order_date.gt(ordered).or(orders::number.gt(number))))
    } else {
        Box::new(date.le(ordered).and(orders::order_date.lt(ordered).or(orders::number.lt(number))))
    }
}

/// The same, or the other itself.
pub fn is_not_older(ordered: LocalTime, number: i64, reverse: bool) -> Cond {
    if reverse {
        Box::new(
            orders::order_date.le(ordered).and(orders::order_date.lt(ordered).or(orders::number.le(number))),
        )
    } else {
        Box::new(
            orders::order_date.ge(ordered).and(orders::order_date.gt(ordered).or(orders::number.ge(number))),
        )
    }
}
