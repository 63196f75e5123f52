//! What Diesel offers, and what the dialect does of it.
//!
//! The statements of each kind stand, as they are sent, in the snapshots of the crate's tests. Where T-SQL has nothing
//! like it, a query does not compile; the few that compile and that the server refuses are in the last table.
//!
//! # Supported
//!
//! | Diesel | T-SQL |
//! |---|---|
//! | `select`, `filter`, `find`, `order`, `distinct`, `group_by`, `having` | as in every dialect |
//! | `inner_join`, `left_join`, `on`, `alias!` | as in every dialect |
//! | `limit` | `TOP (@P1)` |
//! | `offset`, `limit` and `offset` | `OFFSET … ROWS FETCH NEXT … ROWS ONLY`; by no order where the query has none, or by its first column if it is distinct |
//! | `into_boxed` | the same statements |
//! | `eq_any`, `ne_all` with values | `IN (@P1, @P2, …)`, up to [`MAX_PARAMETERS`](crate::MAX_PARAMETERS) |
//! | subqueries: `eq_any`, `exists` in conditions, `single_value` | as in every dialect |
//! | `count_star`, `count`, `min`, `max`, `sum`, `avg` | read as Diesel types them: an INT count as a `BigInt`. [`functions`](crate::functions) has a sum and a count that are BIGINTs on the server too |
//! | `over`, `partition_by`, `window_order`, frames of ROWS and RANGE | aggregates and `row_number` |
//! | `case_when`, `concat`, arithmetic | `CASE`, `+` |
//! | `like`, `escape`, `between`, `is_null` | as in every dialect; `[` in a pattern begins a set of characters |
//! | `sql`, `sql_query` | as they are written; parameters of `sql_query` are `@P1`, `@P2`, … |
//! | `insert_into` with one row, many, a query or `default_values` | up to [`rows_per_insert`](crate::rows_per_insert) rows; for more there is [`bulk_copy`](crate::bulk_copy) |
//! | `update`, `AsChangeset`, `delete` | as in every dialect |
//! | `transaction`, nested too | `BEGIN`, `SAVE`, `COMMIT` and `ROLLBACK TRANSACTION`, with a choice of [`Isolation`](crate::Isolation) |
//! | `Queryable`, `Selectable`, `QueryableByName`, `Insertable`, `Identifiable`, `Associations` | derived as for every dialect |
//!
//! # Types
//!
//! | Diesel | T-SQL | Rust |
//! |---|---|---|
//! | `Bool` | BIT | `bool` |
//! | `SmallInt`, `Integer`, `BigInt` | SMALLINT, INT, BIGINT; any whole number is read | `i16`, `i32`, `i64` |
//! | `Float`, `Double` | REAL, FLOAT | `f32`, `f64` |
//! | `Text` | NVARCHAR; any text is read | `String`, `&str` |
//! | `Binary` | VARBINARY | `Vec<u8>`, `&[u8]` |
//! | `Date`, `Time`, `Timestamp` | DATE, TIME, DATETIME2 | types of your own around chrono's; chrono's own with Diesel's feature `chrono` |
//! | `Nullable` of each | typed NULLs | `Option` |
//!
//! # What does not compile
//!
//! | Diesel | because |
//! |---|---|
//! | `returning`, and with it `get_result` of a write | T-SQL's OUTPUT disagrees with triggers |
//! | `on_conflict`, `insert_or_ignore_into`, `replace_into` | MERGE is not safe beside other writers: insert, and look at the [unique violation](crate#errors) |
//! | `for_update` and other locks | T-SQL has hints on tables instead |
//! | `union`, `intersect`, `except` | not written yet |
//! | `cast` | not written yet |
//! | `rank`, `dense_rank`, `lag` and other functions of windows but `row_number` | T-SQL wants an order in their window, which Diesel does not |
//! | `distinct_on`, arrays, JSON, ranges | PostgreSQL's own |
//! | loading a `Numeric`, such as Diesel's `sum` of a `BigInt` and `avg` of whole numbers | there is no decimal type here |
//!
//! ```compile_fail,E0277
//! # use diesel::prelude::*;
//! # use diesel::query_builder::QueryFragment;
//! # diesel::table! { things (id) { id -> Integer, } }
//! # fn send(_: impl QueryFragment<diesel_mssql::Mssql>) {}
//! # let insert = || diesel::insert_into(things::table).values(things::id.eq(1));
//! # send(insert());
//! send(insert().returning(things::id));
//! ```
//!
//! ```compile_fail,E0277
//! # use diesel::prelude::*;
//! # use diesel::query_builder::QueryFragment;
//! # diesel::table! { things (id) { id -> Integer, } }
//! # fn send(_: impl QueryFragment<diesel_mssql::Mssql>) {}
//! # let insert = || diesel::insert_into(things::table).values(things::id.eq(1));
//! # send(insert());
//! send(insert().on_conflict_do_nothing());
//! ```
//!
//! ```compile_fail,E0277
//! # use diesel::prelude::*;
//! # use diesel::query_builder::QueryFragment;
//! # diesel::table! { things (id) { id -> Integer, } }
//! # fn send(_: impl QueryFragment<diesel_mssql::Mssql>) {}
//! # send(things::table.select(things::id));
//! send(things::table.select(things::id).for_update());
//! ```
//!
//! ```compile_fail,E0277
//! # use diesel::prelude::*;
//! # use diesel::query_builder::QueryFragment;
//! # diesel::table! { things (id) { id -> Integer, } }
//! # fn send(_: impl QueryFragment<diesel_mssql::Mssql>) {}
//! # let ids = || things::table.select(things::id);
//! # send(ids());
//! send(ids().union(ids()));
//! ```
//!
//! ```compile_fail,E0277
//! # use diesel::prelude::*;
//! # use diesel::query_builder::QueryFragment;
//! # diesel::table! { things (id) { id -> Integer, } }
//! # fn send(_: impl QueryFragment<diesel_mssql::Mssql>) {}
//! # send(things::table.select(things::id));
//! send(things::table.select(things::id.cast::<diesel::sql_types::Text>()));
//! ```
//!
//! ```compile_fail,E0277
//! # use diesel::dsl::{rank, row_number};
//! # use diesel::prelude::*;
//! # use diesel::query_builder::QueryFragment;
//! # diesel::table! { things (id) { id -> Integer, } }
//! # fn send(_: impl QueryFragment<diesel_mssql::Mssql>) {}
//! # send(things::table.select(row_number().window_order(things::id)));
//! send(things::table.select(rank().over()));
//! ```
//!
//! ```compile_fail,E0277
//! # use diesel::prelude::*;
//! # use diesel_async::RunQueryDsl;
//! # use diesel_mssql::MssqlConnection;
//! # diesel::table! { things (id) { id -> Integer, big -> BigInt, } }
//! # async fn load(conn: &mut MssqlConnection) {
//! # let _ = things::table.select(things::big).load::<i64>(conn).await;
//! let _ = things::table.select(diesel::dsl::sum(things::big)).load::<Option<i64>>(conn).await;
//! # }
//! ```
//!
//! # What compiles and differs
//!
//! | Diesel | here |
//! |---|---|
//! | a Bool as a condition (`filter(flag)`) | the server refuses it: write `flag.eq(true)`. [`bare_conditions`](crate::bare_conditions()) finds them in a test |
//! | `exists` in a select list | the server refuses it outside of `case_when` |
//! | `row_number().over()` | the server refuses it without an order in the window |
//! | `order` in a subquery | the server refuses it without a limit or an offset |
//! | `limit(0)` with an offset | the server refuses it |
//! | `None` in an `Insertable` | DEFAULT, which an IDENTITY column does not take |
//! | `sum` and `avg` of a `Float` | the server's FLOAT is not read as a `Float` |
//! | rows that a statement changed | counts those that triggers change, unless they have SET NOCOUNT ON |
//! | prepared statements | the server keeps plans by their text; nothing is kept here |
//! | `load_stream` | the rows are read to the end of the answer first |
//! | instrumentation | kept and never called |
//! | `debug_query` | shows values, which this crate's own types and errors never do |
