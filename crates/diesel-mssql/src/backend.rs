//! What SQL Server is to Diesel: its types and its kinds of syntax.

use diesel::backend::{Backend, DieselReserveSpecialization, SqlDialect, TrustedBackend, sql_dialect};
use diesel::sql_types::{self, HasSqlType, TypeMetadata};

use crate::bind::Binds;
use crate::mssql::{Mssql, MssqlType};
use crate::query_builder::MssqlQueryBuilder;
use crate::value::MssqlValue;

impl Backend for Mssql {
    type QueryBuilder = MssqlQueryBuilder;
    type RawValue<'a> = MssqlValue<'a>;
    type BindCollector<'a> = Binds;
}

impl TypeMetadata for Mssql {
    type TypeMetadata = MssqlType;
    type MetadataLookup = ();
}

impl TrustedBackend for Mssql {}
impl DieselReserveSpecialization for Mssql {}

impl SqlDialect for Mssql {
    // T-SQL's OUTPUT stands in the middle of a statement and disagrees with triggers: not offered.
    type ReturningClause = sql_dialect::returning_clause::DoesNotSupportReturningClause;
    type OnConflictClause = sql_dialect::on_conflict_clause::DoesNotSupportOnConflictClause;
    type InsertWithDefaultKeyword = sql_dialect::default_keyword_for_insert::IsoSqlDefaultKeyword;
    type BatchInsertSupport = sql_dialect::batch_insert_support::PostgresLikeBatchInsertSupport;
    type ConcatClause = ConcatWithPlus;
    type DefaultValueClauseForInsert = sql_dialect::default_value_clause::AnsiDefaultValueClause;
    type EmptyFromClauseSyntax = sql_dialect::from_clause_syntax::AnsiSqlFromClauseSyntax;
    type ExistsSyntax = sql_dialect::exists_syntax::AnsiSqlExistsSyntax;
    type ArrayComparison = sql_dialect::array_comparison::AnsiSqlArrayComparison;
    type SelectStatementSyntax = SelectWithTop;
    type AliasSyntax = sql_dialect::alias_syntax::AsAliasSyntax;
    type WindowFrameClauseGroupSupport =
        sql_dialect::window_frame_clause_group_support::NoGroupWindowFrameUnit;
    type WindowFrameExclusionSupport =
        sql_dialect::window_frame_exclusion_support::NoFrameFrameExclusionSupport;
    type AggregateFunctionExpressions =
        sql_dialect::aggregate_function_expressions::NoAggregateFunctionExpressions;
    type BuiltInWindowFunctionRequireOrder = WindowFunctionsNeedOrder;
}

/// Text is joined with `+`.
#[derive(Debug, Clone, Copy)]
pub struct ConcatWithPlus;

/// `SELECT TOP (n)` for a limit alone, `OFFSET … FETCH` with an offset.
#[derive(Debug, Clone, Copy)]
pub struct SelectWithTop;

/// `RANK()` and its like need an `ORDER BY` in their window; Diesel's, which can do without, do not compile.
#[derive(Debug, Clone, Copy)]
pub struct WindowFunctionsNeedOrder;

macro_rules! sql_types {
    ($($diesel:ident => $mssql:ident),* $(,)?) => {$(
        impl HasSqlType<sql_types::$diesel> for Mssql {
            fn metadata((): &mut ()) -> MssqlType {
                MssqlType::$mssql
            }
        }
    )*};
}
sql_types! {
    Bool => Bit,
    SmallInt => SmallInt,
    Integer => Int,
    BigInt => BigInt,
    Float => Real,
    Double => Float,
    Text => NVarChar,
    Binary => VarBinary,
    Date => Date,
    Time => Time,
    Timestamp => DateTime2,
}
