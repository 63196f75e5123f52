//! The statements that lists are found with.

use diesel::prelude::*;

use super::super::conditions::{
    Comparison, Cond, compares, is_not_older, is_older, leads, passes, passes_any,
};
use super::super::count_up_to::CountUpTo;
use super::super::{Conn, DB, Rows, load};
use crate::db::DbError;
use crate::db::column::Column;
use crate::db::find::{Clause, FindQuery, Inner, Range, Test};
use crate::db::index_hint::Hinted;
use crate::db::rows::OrderRow;
use crate::db::schema::orders;
use crate::order::{LocalTime, Order};

/// The conditions of what a test leads to.
pub fn led_by(query: &FindQuery, test: &Test, dates: Option<Range>, rest: &[Clause]) -> Vec<Cond> {
    let own = leads(test, query.now, query.class_of(test));
    let dates = dates.map(|range| passes(&Test::Ordered(range), query.now, test.comes_by_date()));
    [own].into_iter().chain(dates).chain(rest.iter().map(|clause| passes_any(clause, query.now))).collect()
}

/// An order of rows, which an index may give or none may.
#[derive(Clone, Copy)]
pub enum Ordering {
    Date { newest_first: bool, may_lead: bool },
    Number { highest_first: bool, may_lead: bool },
    Group { column: Column, descending: bool, newest_first: bool, may_lead: bool },
}

impl Ordering {
    pub fn of(inner: Inner, reverse: bool, may_lead: bool) -> Self {
        match inner {
            Inner::Date { newest_first } => Self::Date { newest_first: newest_first != reverse, may_lead },
            Inner::Number { highest_first } => {
                Self::Number { highest_first: highest_first != reverse, may_lead }
            }
            Inner::Group { column, descending } => {
                Self::Group { column, descending: descending != reverse, newest_first: !reverse, may_lead }
            }
        }
    }

    pub fn reversed(self) -> Self {
        match self {
            Self::Date { newest_first, may_lead } => Self::Date { newest_first: !newest_first, may_lead },
            Self::Number { highest_first, may_lead } => {
                Self::Number { highest_first: !highest_first, may_lead }
            }
            Self::Group { column, descending, newest_first, may_lead } => {
                Self::Group { column, descending: !descending, newest_first: !newest_first, may_lead }
            }
        }
    }
}

/// What comes behind an order within its segment, or before it in reverse.
pub fn behind(order: &Order, inner: Inner, reverse: bool, may_lead: bool) -> Cond {
    let (ordered, number) = (order.dates.ordered(), order.number.get());
    match inner {
        Inner::Date { newest_first } => is_older(ordered, number, newest_first == reverse, may_lead),
        Inner::Number { highest_first } => {
            let column = Hinted::new(orders::number, may_lead);
            if highest_first == reverse { Box::new(column.gt(number)) } else { Box::new(column.lt(number)) }
        }
        Inner::Group { column, descending } => {
            let Some(value) = column.value(order) else { return Box::new(orders::number.lt(0)) };
            let comparison = if descending == reverse { Comparison::Above } else { Comparison::Below };
            let in_group = compares(column, Comparison::Is, &value, false);
            let further_in_it = in_group.and(is_older(ordered, number, reverse, false));
            Box::new(compares(column, comparison, &value, false).or(further_in_it))
        }
    }
}

/// What comes before an order in the order of dates or numbers, or is the order; or behind it in reverse.
pub fn until(order: &Order, inner: Inner, reverse: bool) -> Cond {
    let (ordered, number) = (order.dates.ordered(), order.number.get());
    match inner {
        Inner::Number { highest_first } if highest_first == reverse => Box::new(orders::number.le(number)),
        Inner::Number { .. } => Box::new(orders::number.ge(number)),
        Inner::Date { newest_first } => is_not_older(ordered, number, newest_first == reverse),
        Inner::Group { .. } => is_not_older(ordered, number, reverse),
    }
}

pub async fn select(
    conn: &mut Conn,
    conditions: Vec<Cond>,
    ordering: Ordering,
    limit: i64,
    offset: i64,
) -> Result<Vec<Order>, DbError> {
    let rows: Vec<OrderRow> = load(selected(conditions, ordering, limit, offset), conn).await?;
    Ok(rows.into_iter().map(OrderRow::into_order).collect())
}

type Boxed = orders::BoxedQuery<'static, DB>;

pub fn selected(conditions: Vec<Cond>, ordering: Ordering, limit: i64, offset: i64) -> impl Rows<OrderRow> {
    let query = ordered(filtered(conditions), ordering).limit(limit);
    let query = if offset > 0 { query.offset(offset) } else { query };
    query.select(OrderRow::as_select())
}

pub fn counted(conditions: Vec<Cond>, most: i64) -> impl Rows<i64> {
    CountUpTo::new(filtered(conditions).limit(most).select(orders::number))
}

/// When orders were made; no more than so many.
pub fn days_of_found(conditions: Vec<Cond>, most: i64) -> impl Rows<LocalTime> {
    filtered(conditions).limit(most).select(orders::order_date)
}

fn filtered(conditions: Vec<Cond>) -> Boxed {
    conditions.into_iter().fold(orders::table.into_boxed(), Boxed::filter)
}

/// Sorted; an index may give the order or none may.
fn ordered(query: Boxed, ordering: Ordering) -> Boxed {
    let date = |may_lead| Hinted::new(orders::order_date, may_lead);
    macro_rules! sorted_by {
        ($column:expr, $descending:expr, $newest_first:expr, $may_lead:expr) => {{
            let column = Hinted::new($column, $may_lead);
            match ($descending, $newest_first) {
                (true, true) => {
                    query.order((column.desc(), orders::order_date.desc(), orders::number.desc()))
                }
                (true, false) => query.order((column.desc(), orders::order_date.asc(), orders::number.asc())),
                (false, true) => {
                    query.order((column.asc(), orders::order_date.desc(), orders::number.desc()))
                }
                (false, false) => query.order((column.asc(), orders::order_date.asc(), orders::number.asc())),
            }
        }};
    }
    match ordering {
        Ordering::Date { newest_first: true, may_lead } => {
            query.order((date(may_lead).desc(), orders::number.desc()))
        }
        Ordering::Date { newest_first: false, may_lead } => {
            query.order((date(may_lead).asc(), orders::number.asc()))
        }
        Ordering::Number { highest_first: true, may_lead } => {
            query.order(Hinted::new(orders::number, may_lead).desc())
        }
        Ordering::Number { highest_first: false, may_lead } => {
            query.order(Hinted::new(orders::number, may_lead).asc())
        }
        Ordering::Group { column, descending, newest_first, may_lead } => match column {
            Column::Store => sorted_by!(orders::store_code, descending, newest_first, may_lead),
            Column::Product => sorted_by!(orders::product_code, descending, newest_first, may_lead),
            Column::Quantity => sorted_by!(orders::product_quantity, descending, newest_first, may_lead),
            Column::Brand => sorted_by!(orders::card_brand, descending, newest_first, may_lead),
            Column::Shipping => sorted_by!(orders::shipping_date, descending, newest_first, may_lead),
            Column::Delivery => sorted_by!(orders::delivery_date, descending, newest_first, may_lead),
            Column::Customer => sorted_by!(orders::user_id, descending, newest_first, may_lead),
            Column::Uuid => sorted_by!(orders::date_uuid, descending, newest_first, may_lead),
        },
    }
}

/// The SQL of every kind of test and order, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(String, String)> {
    use super::super::sql;
    use crate::db::find::{Stage, sample};
    let mut texts = Vec::new();
    let query = sample::query();
    let newest = Inner::Date { newest_first: true };
    for (name, test) in sample::tests() {
        let in_order = test.comes_by_date();
        let kind = if in_order { "led by" } else { "sorted, led by" };
        let rest =
            [Clause(vec![Test::Brand(crate::order::Brand::Visa), Test::Brand(crate::order::Brand::Jcb)])];
        let ordering = Ordering::of(newest, false, in_order);
        if test.rank().is_some() {
            texts.push((
                format!("{kind} {name}"),
                sql(&selected(led_by(&query, &test, None, &[]), ordering, 26, 0)),
            ));
            let range = sample::range();
            texts.push((
                format!("{kind} {name} within dates, behind another"),
                sql(&selected(
                    led_by(&query, &test, Some(range), &rest)
                        .into_iter()
                        .chain([behind(&sample::order(), newest, false, in_order)])
                        .collect(),
                    ordering,
                    26,
                    0,
                )),
            ));
            texts.push((format!("count of {name}"), sql(&counted(led_by(&query, &test, None, &[]), 10_001))));
        } else {
            let conditions = vec![passes_any(&Clause(vec![test]), query.now)];
            texts.push((
                format!("walk for {name}"),
                sql(&selected(conditions, Ordering::of(newest, false, true), 26, 0)),
            ));
        }
    }
    texts.push(among_those_to_check(&query));
    texts.extend(of_each_class(&query));
    let arriving = led_by(&query, &Test::Stage(Stage::Arriving), None, &[]);
    texts.push(("dates of ordering, led by arriving".to_owned(), sql(&days_of_found(arriving, 10_001))));
    for (name, sort) in sample::sorts() {
        for segment in (FindQuery { sort, ..query.clone() }).segments() {
            let Some(segment_name) = sample::segment_name(&segment) else { continue };
            let path = || {
                segment
                    .clause
                    .iter()
                    .flat_map(|clause| &clause.0)
                    .map(|test| passes(test, query.now, true))
                    .collect::<Vec<_>>()
            };
            for reverse in [false, true] {
                let way = if reverse { "backwards" } else { "forwards" };
                let in_order = Ordering::of(segment.inner, reverse, true);
                if let Inner::Group { column, descending } = segment.inner {
                    let order = sample::order();
                    let Some(value) = column.value(&order) else { continue };
                    let bound = |comparison| compares(column, comparison, &value, true);
                    let (next, before) = if descending == reverse {
                        (Comparison::NotBelow, Comparison::Below)
                    } else {
                        (Comparison::NotAbove, Comparison::Above)
                    };
                    let newest_first = descending != reverse;
                    let indexed =
                        Ordering::Group { column, descending: newest_first, newest_first, may_lead: true };
                    let peek = path().into_iter().chain([bound(next)]).collect();
                    texts.push((
                        format!("peek {way} by {name}{segment_name}"),
                        sql(&selected(peek, indexed, 1, 52)),
                    ));
                    let groups = path().into_iter().chain([bound(next), bound(before)]).collect();
                    texts.push((
                        format!("sorted groups {way} by {name}{segment_name}"),
                        sql(&selected(groups, in_order, 26, 0)),
                    ));
                    let group = path()
                        .into_iter()
                        .chain([bound(Comparison::Is), behind(&order, newest, reverse, true)])
                        .collect();
                    texts.push((
                        format!("one group {way} by {name}{segment_name}"),
                        sql(&selected(group, Ordering::of(newest, reverse, true), 26, 0)),
                    ));
                } else {
                    let conditions = path()
                        .into_iter()
                        .chain([behind(&sample::order(), segment.inner, reverse, true)])
                        .collect();
                    texts.push((
                        format!("walk {way} by {name}{segment_name}"),
                        sql(&selected(conditions, in_order, 26, 0)),
                    ));
                }
            }
        }
    }
    texts
}

/// A rare value and a common one have a text each, on SQL Server.
#[cfg(test)]
fn of_each_class(query: &FindQuery) -> Vec<(String, String)> {
    use crate::db::find::{ValueClass, sample};
    let newest = Ordering::Date { newest_first: true, may_lead: true };
    let mut texts = Vec::new();
    for (name, test) in sample::tests().into_iter().filter(|(_, test)| test.has_class()) {
        for class in [ValueClass::Rare, ValueClass::Common] {
            let query = FindQuery { classes: vec![(test.clone(), class)], ..query.clone() };
            let text = super::super::sql(&selected(led_by(&query, &test, None, &[]), newest, 26, 0));
            texts.push((format!("led by {name}, {}", class.name()), text));
        }
    }
    texts
}

/// Where many have warnings of a kind, they are picked out of those that are to check.
#[cfg(test)]
fn among_those_to_check(query: &FindQuery) -> (String, String) {
    use crate::order::Warning;
    let kinds =
        [Clause(vec![Test::Warning { kinds: vec![Warning::CardLength, Warning::CustomerId], most: 5001 }])];
    let conditions = led_by(query, &Test::ToCheck, None, &kinds);
    let newest = Ordering::Date { newest_first: true, may_lead: true };
    let text = super::super::sql(&selected(conditions, newest, 26, 0));
    ("led by warnings of a kind among those to check".to_owned(), text)
}
