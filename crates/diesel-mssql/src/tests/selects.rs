//! SELECTs of every kind, but for their limits and offsets.

use diesel::dsl::{case_when, count, count_star, exists, not};
use diesel::prelude::*;
use diesel::query_builder::AsQuery;
use diesel::sql_types::{Integer, Text};

use super::super::functions;
use super::{Named, odd_things, owners, things, written};

/// Every kind of SELECT, by name.
pub fn all() -> Vec<Named> {
    [columns(), conditions(), groups(), joins(), subqueries(), expressions()].concat()
}

fn columns() -> Vec<Named> {
    vec![
        ("all columns", written(&things::table.as_query())),
        ("some columns", written(&things::table.select((things::id, things::name)))),
        ("distinct", written(&things::table.select(things::name).distinct())),
        (
            "in an order",
            written(&things::table.select(things::id).order((things::name.asc(), things::id.desc()))),
        ),
        (
            "one order, then another",
            written(&things::table.select(things::id).order(things::name).then_order_by(things::id)),
        ),
        ("names with brackets", written(&odd_things::table.filter(odd_things::id.eq(1)))),
        ("without a table", written(&diesel::select(1.into_sql::<Integer>()))),
    ]
}

fn conditions() -> Vec<Named> {
    let ids = things::table.select(things::id);
    vec![
        ("equal", written(&ids.filter(things::name.eq("lamp")))),
        ("by key", written(&things::table.find(7).select(things::name))),
        ("not equal", written(&ids.filter(things::name.ne("lamp")))),
        ("greater", written(&ids.filter(things::big.gt(1)))),
        ("at least", written(&ids.filter(things::big.ge(1)))),
        ("less", written(&ids.filter(things::real.lt(0.5)))),
        ("at most", written(&ids.filter(things::double.le(0.5)))),
        ("between", written(&ids.filter(things::small.between(1, 3)))),
        ("not between", written(&ids.filter(things::small.not_between(1, 3)))),
        ("like", written(&ids.filter(things::name.like("l%")))),
        ("like, with an escape", written(&ids.filter(things::name.like("l!%").escape('!')))),
        ("not like", written(&ids.filter(things::name.not_like("l%")))),
        ("null", written(&ids.filter(things::maybe_day.is_null()))),
        ("not null", written(&ids.filter(things::maybe_day.is_not_null()))),
        ("equal to nothing", written(&ids.filter(things::maybe_name.eq(None::<&str>)))),
        ("one of some", written(&ids.filter(things::id.eq_any([1, 2, 3])))),
        ("one of none", written(&ids.filter(things::id.eq_any(Vec::<i32>::new())))),
        ("none of some", written(&ids.filter(things::id.ne_all([1, 2, 3])))),
        ("none of none", written(&ids.filter(things::id.ne_all(Vec::<i32>::new())))),
        (
            "and, or, not",
            written(
                &ids.filter(things::id.eq(1).and(not(things::id.eq(2).or(things::flag.eq(true)))))
                    .or_filter(things::name.eq("lamp")),
            ),
        ),
        ("a column against a column", written(&ids.filter(things::number.lt(things::id)))),
        (
            "a boxed condition",
            written(&{
                let condition: Box<dyn BoxableExpression<things::table, super::Mssql, SqlType = _>> =
                    Box::new(things::id.eq(1));
                ids.filter(condition)
            }),
        ),
    ]
}

fn groups() -> Vec<Named> {
    vec![
        ("count", written(&things::table.select(count_star()))),
        ("count, by method", written(&things::table.count())),
        ("count of a column", written(&things::table.select(count(things::maybe_name)))),
        (
            "count of different values",
            written(&things::table.select(count(things::name).aggregate_distinct())),
        ),
        ("wide count", written(&things::table.select(functions::count_big(things::maybe_name)))),
        ("wide sum", written(&things::table.select(functions::sum(things::big)))),
        (
            "least and greatest",
            written(&things::table.select((diesel::dsl::min(things::day), diesel::dsl::max(things::at)))),
        ),
        (
            "groups, some of them",
            written(
                &things::table
                    .group_by(things::name)
                    .having(functions::sum(things::big).gt(10))
                    .select((things::name, count_star()))
                    .order(things::name),
            ),
        ),
        (
            "counted over a partition",
            written(
                &things::table
                    .select((things::id, count_star().partition_by(things::owner).window_order(things::id))),
            ),
        ),
        (
            "numbered",
            written(&things::table.select((things::id, diesel::dsl::row_number().window_order(things::at)))),
        ),
    ]
}

fn joins() -> Vec<Named> {
    let (first, second) = diesel::alias!(things as first, things as second);
    vec![
        ("inner join", written(&things::table.inner_join(owners::table).select((things::id, owners::name)))),
        (
            "left join",
            written(&things::table.left_join(owners::table).select((things::id, owners::name.nullable()))),
        ),
        (
            "join on a condition",
            written(
                &things::table
                    .inner_join(owners::table.on(owners::name.eq(things::name).and(owners::id.gt(3))))
                    .select(things::id),
            ),
        ),
        (
            "aliases",
            written(
                &first
                    .inner_join(second.on(second.field(things::owner).eq(first.field(things::owner))))
                    .filter(first.field(things::id).ne(second.field(things::id)))
                    .select((first.field(things::id), second.field(things::name))),
            ),
        ),
    ]
}

fn subqueries() -> Vec<Named> {
    let owned = || things::table.select(things::id).filter(things::owner.eq(owners::id.nullable()));
    vec![
        (
            "one of a query's",
            written(
                &owners::table
                    .select(owners::name)
                    .filter(owners::name.eq_any(things::table.select(things::name).filter(things::id.gt(3)))),
            ),
        ),
        ("where there is one", written(&owners::table.select(owners::name).filter(exists(owned())))),
        ("where there is none", written(&owners::table.select(owners::name).filter(not(exists(owned()))))),
        (
            "whether there is one",
            written(
                &owners::table
                    .select((owners::name, case_when(exists(owned()), 1.into_sql::<Integer>()).otherwise(0))),
            ),
        ),
        (
            "one value of a query",
            written(
                &owners::table.select((
                    owners::name,
                    owned().select(things::at).order(things::at.desc()).single_value(),
                )),
            ),
        ),
        (
            "a query as a query's condition",
            written(&things::table.select(things::id).filter(
                things::maybe_at.eq(things::table.select(diesel::dsl::max(things::at)).single_value()),
            )),
        ),
    ]
}

fn expressions() -> Vec<Named> {
    vec![
        (
            "cases",
            written(
                &things::table.select(
                    case_when(things::number.lt(0), "below".into_sql::<Text>())
                        .when(things::number.eq(0), "nothing")
                        .otherwise("above"),
                ),
            ),
        ),
        ("concatenation", written(&things::table.select(things::name.concat(" of ").concat(things::name)))),
        (
            "arithmetic",
            written(&things::table.select((things::number + 1) * things::id - things::number / 2)),
        ),
        (
            "a piece of raw text",
            written(
                &things::table.select(things::id).filter(
                    diesel::dsl::sql::<diesel::sql_types::Bool>("LEN([name]) > ").bind::<Integer, _>(3),
                ),
            ),
        ),
        (
            "raw text",
            written(
                &diesel::sql_query("SELECT [id] FROM [things] WHERE [name] = @P2 AND [id] > @P1")
                    .bind::<Integer, _>(7)
                    .bind::<Text, _>("lamp"),
            ),
        ),
    ]
}
