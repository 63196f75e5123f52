//! SELECT as T-SQL has it, and text joined with `+`.

use diesel::QueryResult;
use diesel::expression::Concat;
use diesel::query_builder::{
    AstPass, BoxedLimitOffsetClause, BoxedSelectStatement, IntoBoxedClause, LimitClause, LimitOffsetClause,
    NoLimitClause, NoOffsetClause, OffsetClause, QueryFragment, SelectStatement,
};

use crate::backend::{ConcatWithPlus, SelectWithTop};
use crate::mssql::Mssql;

/// How many rows a query wants, and from where: `TOP` stands before its columns, `OFFSET … FETCH` at its end.
pub trait Paging {
    /// `TOP (n)`, for a limit without an offset.
    fn top<'b>(&'b self, out: AstPass<'_, 'b, Mssql>) -> QueryResult<()>;

    /// `OFFSET n ROWS` with what it needs around it, after the order that the query lacks.
    fn offset<'b>(&'b self, order: &'static str, out: AstPass<'_, 'b, Mssql>) -> QueryResult<()>;
}

impl Paging for LimitOffsetClause<NoLimitClause, NoOffsetClause> {
    fn top<'b>(&'b self, _: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        Ok(())
    }

    fn offset<'b>(&'b self, _: &'static str, _: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        Ok(())
    }
}

impl<L: QueryFragment<Mssql>> Paging for LimitOffsetClause<LimitClause<L>, NoOffsetClause> {
    fn top<'b>(&'b self, out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        write_top(&self.limit_clause.0, out)
    }

    fn offset<'b>(&'b self, _: &'static str, _: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        Ok(())
    }
}

impl<O: QueryFragment<Mssql>> Paging for LimitOffsetClause<NoLimitClause, OffsetClause<O>> {
    fn top<'b>(&'b self, _: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        Ok(())
    }

    fn offset<'b>(&'b self, order: &'static str, out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        write_offset(order, &self.offset_clause, out)
    }
}

impl<L, O> Paging for LimitOffsetClause<LimitClause<L>, OffsetClause<O>>
where
    L: QueryFragment<Mssql>,
    O: QueryFragment<Mssql>,
{
    fn top<'b>(&'b self, _: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        Ok(())
    }

    fn offset<'b>(&'b self, order: &'static str, mut out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        write_offset(order, &self.offset_clause, out.reborrow())?;
        write_fetch(&self.limit_clause.0, out)
    }
}

impl Paging for BoxedLimitOffsetClause<'_, Mssql> {
    fn top<'b>(&'b self, out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        match (&self.limit, &self.offset) {
            (Some(limit), None) => write_top(limit, out),
            _ => Ok(()),
        }
    }

    fn offset<'b>(&'b self, order: &'static str, mut out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        let Some(offset) = &self.offset else { return Ok(()) };
        write_offset(order, offset, out.reborrow())?;
        self.limit.as_ref().map_or(Ok(()), |limit| write_fetch(limit, out))
    }
}

/// The order that OFFSET needs, being part of ORDER BY, where a query has none.
fn lacking_order(is_ordered: bool, is_distinct: bool) -> &'static str {
    match (is_ordered, is_distinct) {
        (true, _) => "",
        (false, false) => " ORDER BY (SELECT NULL)",
        // DISTINCT allows no order but by its own columns.
        (false, true) => " ORDER BY 1",
    }
}

fn write_top<'b>(limit: &'b impl QueryFragment<Mssql>, mut out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
    out.push_sql("TOP (");
    limit.walk_ast(out.reborrow())?;
    out.push_sql(") ");
    Ok(())
}

/// The clause brings its own keyword.
fn write_offset<'b>(
    order: &'static str,
    offset: &'b impl QueryFragment<Mssql>,
    mut out: AstPass<'_, 'b, Mssql>,
) -> QueryResult<()> {
    out.push_sql(order);
    offset.walk_ast(out.reborrow())?;
    out.push_sql(" ROWS");
    Ok(())
}

fn write_fetch<'b>(limit: &'b impl QueryFragment<Mssql>, mut out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
    out.push_sql(" FETCH NEXT ");
    limit.walk_ast(out.reborrow())?;
    out.push_sql(" ROWS ONLY");
    Ok(())
}

// Locking clauses (`for_update`) have no fragment for this backend: a query with one does not compile.
impl<F, S, D, W, O, L, Of, G, H, LC> QueryFragment<Mssql, SelectWithTop>
    for SelectStatement<F, S, D, W, O, LimitOffsetClause<L, Of>, G, H, LC>
where
    S: QueryFragment<Mssql>,
    F: QueryFragment<Mssql>,
    D: QueryFragment<Mssql>,
    W: QueryFragment<Mssql>,
    O: QueryFragment<Mssql>,
    LimitOffsetClause<L, Of>: Paging,
    G: QueryFragment<Mssql>,
    H: QueryFragment<Mssql>,
    LC: QueryFragment<Mssql>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        self.distinct.walk_ast(out.reborrow())?;
        self.limit_offset.top(out.reborrow())?;
        self.select.walk_ast(out.reborrow())?;
        self.from.walk_ast(out.reborrow())?;
        self.where_clause.walk_ast(out.reborrow())?;
        self.group_by.walk_ast(out.reborrow())?;
        self.having.walk_ast(out.reborrow())?;
        self.order.walk_ast(out.reborrow())?;
        let order = lacking_order(!self.order.is_noop(&Mssql)?, !self.distinct.is_noop(&Mssql)?);
        self.limit_offset.offset(order, out.reborrow())?;
        self.locking.walk_ast(out)
    }
}

impl<ST, QS, GB> QueryFragment<Mssql, SelectWithTop> for BoxedSelectStatement<'_, ST, QS, Mssql, GB>
where
    QS: QueryFragment<Mssql>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        self.distinct.walk_ast(out.reborrow())?;
        self.limit_offset.top(out.reborrow())?;
        self.select.walk_ast(out.reborrow())?;
        self.from.walk_ast(out.reborrow())?;
        self.where_clause.walk_ast(out.reborrow())?;
        self.group_by.walk_ast(out.reborrow())?;
        self.having.walk_ast(out.reborrow())?;
        if let Some(order) = &self.order {
            out.push_sql(" ORDER BY ");
            order.walk_ast(out.reborrow())?;
        }
        let order = lacking_order(self.order.is_some(), !self.distinct.is_noop(&Mssql)?);
        self.limit_offset.offset(order, out)
    }
}

impl<'a> IntoBoxedClause<'a, Mssql> for LimitOffsetClause<NoLimitClause, NoOffsetClause> {
    type BoxedClause = BoxedLimitOffsetClause<'a, Mssql>;

    fn into_boxed(self) -> Self::BoxedClause {
        BoxedLimitOffsetClause { limit: None, offset: None }
    }
}

impl<'a, L> IntoBoxedClause<'a, Mssql> for LimitOffsetClause<LimitClause<L>, NoOffsetClause>
where
    L: QueryFragment<Mssql> + Send + 'a,
{
    type BoxedClause = BoxedLimitOffsetClause<'a, Mssql>;

    fn into_boxed(self) -> Self::BoxedClause {
        BoxedLimitOffsetClause { limit: Some(Box::new(self.limit_clause.0)), offset: None }
    }
}

impl<'a, O> IntoBoxedClause<'a, Mssql> for LimitOffsetClause<NoLimitClause, OffsetClause<O>>
where
    O: QueryFragment<Mssql> + Send + 'a,
{
    type BoxedClause = BoxedLimitOffsetClause<'a, Mssql>;

    fn into_boxed(self) -> Self::BoxedClause {
        BoxedLimitOffsetClause { limit: None, offset: Some(Box::new(self.offset_clause)) }
    }
}

impl<'a, L, O> IntoBoxedClause<'a, Mssql> for LimitOffsetClause<LimitClause<L>, OffsetClause<O>>
where
    L: QueryFragment<Mssql> + Send + 'a,
    O: QueryFragment<Mssql> + Send + 'a,
{
    type BoxedClause = BoxedLimitOffsetClause<'a, Mssql>;

    fn into_boxed(self) -> Self::BoxedClause {
        BoxedLimitOffsetClause {
            limit: Some(Box::new(self.limit_clause.0)),
            offset: Some(Box::new(self.offset_clause)),
        }
    }
}

impl<L, R> QueryFragment<Mssql, ConcatWithPlus> for Concat<L, R>
where
    L: QueryFragment<Mssql>,
    R: QueryFragment<Mssql>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Mssql>) -> QueryResult<()> {
        out.push_sql("(");
        self.left.walk_ast(out.reborrow())?;
        out.push_sql(" + ");
        self.right.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}
