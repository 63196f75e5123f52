//! Which index SQLite is not to take, and which plan SQL Server is not to take again.

use diesel::QueryResult;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;

use super::find::ValueClass;

/// A column that an index may lead to, or none may.
///
/// Without statistics SQLite guesses which of several conditions leaves the fewest rows; here it is known. A unary plus
/// changes no value and hides the column from indexes (SQLite's documentation, "Query Planning"). SQL Server counts for
/// itself and is told of no index.
#[derive(Debug, Clone, Copy)]
pub struct Hinted<E> {
    column: E,
    is_hidden: bool,
    class: Option<ValueClass>,
}

impl<E> Hinted<E> {
    pub fn new(column: E, may_lead: bool) -> Self {
        Self { column, is_hidden: !may_lead, class: None }
    }

    /// A column that an index may lead to, compared with a value of a class.
    ///
    /// SQL Server keeps one plan for a text, made for the values that it first had; another class is another text.
    pub fn of_class(column: E, class: ValueClass) -> Self {
        Self { column, is_hidden: false, class: Some(class) }
    }
}

impl<E: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Hinted<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        if self.is_hidden {
            out.push_sql("+");
        }
        self.column.walk_ast(out)
    }
}

impl<E: QueryFragment<Mssql>> QueryFragment<Mssql> for Hinted<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        if let Some(class) = self.class {
            out.push_sql(" /* ");
            out.push_sql(class.name());
            out.push_sql(" */");
        }
        Ok(())
    }
}

impl<E> QueryId for Hinted<E> {
    type QueryId = ();

    // Two of one type may be two texts.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<E: Expression> Expression for Hinted<E> {
    type SqlType = E::SqlType;
}

impl<E: ValidGrouping<G>, G> ValidGrouping<G> for Hinted<E> {
    type IsAggregate = E::IsAggregate;
}

impl<E: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Hinted<E> {}

impl<E: SelectableExpression<QS>, QS> SelectableExpression<QS> for Hinted<E> {}
