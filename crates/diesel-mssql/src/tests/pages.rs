//! Limits, offsets and boxed queries.

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::{Mssql, Named, owners, things, written};

/// Every kind of page, by name.
pub fn all() -> Vec<Named> {
    [plain(), boxed()].concat()
}

fn plain() -> Vec<Named> {
    let ids = things::table.select(things::id);
    vec![
        ("limit", written(&ids.limit(5))),
        ("limit of a distinct query", written(&things::table.select(things::name).distinct().limit(5))),
        (
            "limit after other parameters",
            written(&ids.filter(things::name.eq("lamp")).order(things::id).limit(5)),
        ),
        ("offset", written(&ids.offset(10))),
        ("offset, ordered", written(&ids.order(things::id).offset(10))),
        ("limit and offset", written(&ids.limit(5).offset(10))),
        ("limit and offset, ordered", written(&ids.order(things::id).limit(5).offset(10))),
        ("offset and limit of distinct rows", {
            written(&things::table.select(things::name).distinct().limit(5).offset(10))
        }),
        ("offset and limit of distinct rows, ordered", {
            written(&things::table.select(things::name).distinct().order(things::name).limit(5).offset(10))
        }),
        (
            "limit and offset of groups",
            written(
                &things::table
                    .group_by(things::name)
                    .select((things::name, count_star()))
                    .limit(5)
                    .offset(10),
            ),
        ),
        (
            "limit and offset within a condition",
            written(
                &owners::table
                    .select(owners::name)
                    .filter(owners::id.eq_any(ids.order(things::id).limit(5).offset(10)))
                    .limit(1),
            ),
        ),
    ]
}

fn boxed() -> Vec<Named> {
    let ids = things::table.select(things::id);
    vec![
        ("boxed", written(&ids.filter(things::id.gt(3)).into_boxed::<Mssql>())),
        ("boxed, with conditions", {
            let mut query = ids.into_boxed::<Mssql>();
            for name in ["lamp", "chair"] {
                query = query.or_filter(things::name.eq(name));
            }
            written(&query.filter(things::id.gt(3)))
        }),
        ("limited, then boxed", written(&ids.limit(5).into_boxed::<Mssql>())),
        ("boxed, then limited", written(&ids.into_boxed::<Mssql>().limit(5))),
        ("limited, boxed, limited anew", written(&ids.limit(5).into_boxed::<Mssql>().limit(6))),
        ("with an offset, then boxed", written(&ids.offset(10).into_boxed::<Mssql>())),
        ("boxed, then with an offset", written(&ids.into_boxed::<Mssql>().offset(10))),
        ("limited with an offset, then boxed", written(&ids.limit(5).offset(10).into_boxed::<Mssql>())),
        (
            "boxed, then limited with an offset",
            written(
                &ids.filter(things::id.gt(3)).into_boxed::<Mssql>().order(things::id).limit(5).offset(10),
            ),
        ),
        ("limited, boxed, then with an offset", written(&ids.limit(5).into_boxed::<Mssql>().offset(10))),
        (
            "boxed distinct rows with an offset",
            written(&things::table.select(things::name).distinct().into_boxed::<Mssql>().offset(10)),
        ),
        (
            "boxed groups",
            written(
                &things::table
                    .group_by(things::name)
                    .select((things::name, count_star()))
                    .into_boxed::<Mssql>()
                    .order(things::name)
                    .limit(5),
            ),
        ),
        ("boxed without a table", {
            use diesel::sql_types::Integer;
            written(&diesel::select(1.into_sql::<Integer>()).into_boxed::<Mssql>())
        }),
    ]
}
