//! Building the text of a statement.

use diesel::QueryResult;
use diesel::query_builder::QueryBuilder;

use crate::bind::Parameter;
use crate::mssql::Mssql;

/// Collects a statement's text and the places of its parameters.
#[derive(Debug, Default)]
pub struct MssqlQueryBuilder {
    text: String,
    /// Where in the text parameters stand, in order.
    places: Vec<usize>,
}

impl QueryBuilder<Mssql> for MssqlQueryBuilder {
    fn push_sql(&mut self, sql: &str) {
        // A boxed query keeps its limit as Diesel's own clause, whose keyword T-SQL does not know: the limit's
        // value is written by `select`, in its place.
        if sql != " LIMIT " {
            self.text.push_str(sql);
        }
    }

    fn push_identifier(&mut self, identifier: &str) -> QueryResult<()> {
        self.text.push('[');
        self.text.push_str(&identifier.replace(']', "]]"));
        self.text.push(']');
        Ok(())
    }

    fn push_bind_param(&mut self) {
        self.places.push(self.text.len());
    }

    /// The text with every parameter by its number, `@P1` the first.
    fn finish(self) -> String {
        let parameters = self.places.len();
        self.write(std::iter::repeat_n(None, parameters))
    }
}

impl MssqlQueryBuilder {
    /// The text, with NULLs that the driver cannot give a type written into it; and what is left to bind.
    ///
    /// A statement of raw SQL (`diesel::sql_query`) writes its parameters itself: it stays as it is.
    pub(crate) fn finish_with(self, parameters: Vec<Parameter>) -> (String, Vec<Parameter>) {
        if self.places.len() != parameters.len() {
            return (self.text, parameters);
        }
        let text = self.write(parameters.iter().map(Parameter::as_typed_null));
        (text, parameters.into_iter().filter(|parameter| parameter.as_typed_null().is_none()).collect())
    }

    /// Puts a text in the place of each parameter, or the next number where there is none.
    fn write(self, nulls: impl Iterator<Item = Option<String>>) -> String {
        let mut sql = String::with_capacity(self.text.len() + 6 * self.places.len());
        let (mut done, mut number) = (0, 0);
        for (place, null) in self.places.into_iter().zip(nulls) {
            sql.push_str(&self.text[done..place]);
            done = place;
            if let Some(null) = null {
                sql.push_str(&null);
            } else {
                number += 1;
                sql.push_str("@P");
                sql.push_str(&number.to_string());
            }
        }
        sql.push_str(&self.text[done..]);
        sql
    }
}
