//! The domain's types as values in queries, on either database.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, AsExpression, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Nullable, Timestamp as SqlTimestamp};
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;

use crate::order::{LocalTime, Timestamp};

/// A time as a parameter.
#[derive(Debug, Clone, Copy)]
pub struct Time<ST, T>(T, PhantomData<ST>);

impl<ST, T> QueryFragment<Sqlite> for Time<ST, T>
where
    Sqlite: HasSqlType<ST>,
    T: ToSql<ST, Sqlite>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_bind_param::<ST, T>(&self.0)
    }
}

/// The driver declares times as `DATETIME2(7)`. Compared with a column of whole seconds it is the column that would
/// be converted, row by row; so the parameter is.
impl<ST, T> QueryFragment<Mssql> for Time<ST, T>
where
    Mssql: HasSqlType<ST>,
    T: ToSql<ST, Mssql>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        out.push_sql("CAST(");
        out.push_bind_param::<ST, T>(&self.0)?;
        out.push_sql(" AS DATETIME2(0))");
        Ok(())
    }
}

impl<ST: QueryId, T> QueryId for Time<ST, T> {
    type QueryId = Time<ST::QueryId, ()>;

    const HAS_STATIC_QUERY_ID: bool = ST::HAS_STATIC_QUERY_ID;
}

impl<ST, T> Expression for Time<ST, T>
where
    ST: diesel::sql_types::SqlType + diesel::expression::TypedExpressionType,
{
    type SqlType = ST;
}

impl<ST, T, G> ValidGrouping<G> for Time<ST, T> {
    type IsAggregate = is_aggregate::Never;
}

impl<ST, T, QS: ?Sized> AppearsOnTable<QS> for Time<ST, T> where Self: Expression {}

impl<ST, T, QS: ?Sized> SelectableExpression<QS> for Time<ST, T> where Self: Expression {}

macro_rules! bound_as {
    ($($value:ty => $sql:ty),* $(,)?) => {$(
        impl AsExpression<$sql> for $value {
            type Expression = Time<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                Time(self, PhantomData)
            }
        }

        impl<'a> AsExpression<$sql> for &'a $value {
            type Expression = Time<$sql, &'a $value>;

            fn as_expression(self) -> Self::Expression {
                Time(self, PhantomData)
            }
        }
    )*};
}
bound_as! {
    LocalTime => SqlTimestamp,
    LocalTime => Nullable<SqlTimestamp>,
    Timestamp => SqlTimestamp,
    Timestamp => Nullable<SqlTimestamp>,
}
