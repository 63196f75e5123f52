//! Statements, written out and ready to be sent.

use diesel::QueryResult;
use diesel::query_builder::QueryFragment;
use diesel::result::Error;
use tiberius::Query;

use crate::bind::{Binds, Parameter};
use crate::mssql::Mssql;
use crate::query_builder::MssqlQueryBuilder;

/// What `sp_executesql` leaves of SQL Server's 2,100 parameters a call: it takes two itself.
pub const MAX_PARAMETERS: usize = 2_098;

/// Rows that one INSERT … VALUES may have. [`rows_per_insert`] keeps this limit and [`MAX_PARAMETERS`].
pub const MAX_ROWS: usize = 1_000;

/// How many rows of so many columns one INSERT may have; at least one.
///
/// ```
/// use diesel_mssql::rows_per_insert;
///
/// assert_eq!(rows_per_insert(2), 1_000);
/// assert_eq!(rows_per_insert(14), 149);
/// ```
///
/// A row that has more than [`MAX_PARAMETERS`] columns by itself is refused when it is sent.
pub const fn rows_per_insert(columns: usize) -> usize {
    match MAX_PARAMETERS.checked_div(columns) {
        None | Some(MAX_ROWS..) => MAX_ROWS,
        Some(0) => 1,
        Some(rows) => rows,
    }
}

/// A query written out: it owns all that it needs.
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<Parameter>,
}

impl Statement {
    pub(crate) fn write(query: &impl QueryFragment<Mssql>) -> QueryResult<Self> {
        let mut binds = Binds::default();
        query.collect_binds(&mut binds, &mut (), &Mssql)?;
        let mut builder = MssqlQueryBuilder::default();
        query.to_sql(&mut builder, &Mssql)?;
        let (sql, parameters) = builder.finish_with(binds.0);
        Ok(Self { sql, parameters })
    }

    pub(crate) fn into_query(self) -> QueryResult<Query<'static>> {
        let count = self.parameters.len();
        if count > MAX_PARAMETERS {
            return Err(Error::QueryBuilderError(
                format!("a statement has {count} parameters, and SQL Server takes {MAX_PARAMETERS}").into(),
            ));
        }
        let mut query = Query::new(self.sql);
        for parameter in self.parameters {
            query.bind(parameter);
        }
        Ok(query)
    }
}

impl<'a> tiberius::IntoSql<'a> for Parameter {
    fn into_sql(self) -> tiberius::ColumnData<'a> {
        self.into_data()
    }
}
