//! Counting that ends early.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;

use super::DB;

/// How many rows a query has; its limit says where counting ends.
pub struct CountUpTo<Q>(Q);

impl<Q> CountUpTo<Q> {
    pub fn new(query: Q) -> Self {
        Self(query)
    }
}

impl<Q: QueryFragment<DB>> QueryFragment<DB> for CountUpTo<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT COUNT(*) FROM (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") AS counted");
        Ok(())
    }
}

impl<Q: QueryId> QueryId for CountUpTo<Q> {
    type QueryId = CountUpTo<Q::QueryId>;

    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q> Query for CountUpTo<Q> {
    type SqlType = BigInt;
}

impl<Q, C> diesel::query_dsl::RunQueryDsl<C> for CountUpTo<Q> {}
