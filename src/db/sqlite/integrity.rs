//! Whether a database file is sound: SQLite's own checks, and the calendar against the orders that it counts.
//!
//! What is within a value has no check of its own: SQLite's pages have no checksums.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

/// Files up to this size are looked through wholly at the start.
const FULL_AT_START: u64 = 64 * 1024 * 1024;
/// Larger ones up to this are looked through quickly; beyond it a start would take more than a second or two.
const QUICK_AT_START: u64 = 256 * 1024 * 1024;

/// How closely a file is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Every page and row, but not whether indexes hold what their tables hold.
    Quick,
    /// That, too.
    Full,
}

/// What a start looks for in a file of this size; nothing in a large one.
pub(super) fn depth_at_start(bytes: u64) -> Option<Depth> {
    if bytes <= FULL_AT_START { Some(Depth::Full) } else { (bytes <= QUICK_AT_START).then_some(Depth::Quick) }
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = diesel::sql_types::Text)]
    finding: String,
}

#[derive(QueryableByName)]
struct Orders {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    orders: i64,
}

/// What is wrong with the file, in SQLite's words, up to 100 things; nothing if it is sound.
pub(super) fn damage(conn: &mut SqliteConnection, depth: Depth) -> QueryResult<Vec<String>> {
    let sql = match depth {
        Depth::Quick => "SELECT quick_check AS finding FROM pragma_quick_check",
        Depth::Full => "SELECT integrity_check AS finding FROM pragma_integrity_check",
    };
    let found: Vec<Finding> = diesel::sql_query(sql).load(conn)?;
    // Some are several lines, the first of which names the database.
    let lines = found.iter().flat_map(|Finding { finding }| finding.lines());
    Ok(lines.filter(|line| *line != "ok" && !line.starts_with("***")).map(str::to_owned).collect())
}

/// The number of orders in a file, or what is wrong with it.
pub(super) fn inspect(conn: &mut SqliteConnection) -> QueryResult<Result<i64, Vec<String>>> {
    conn.batch_execute("PRAGMA query_only = ON")?;
    let damage = damage(conn, Depth::Full)?;
    if !damage.is_empty() {
        return Ok(Err(damage));
    }
    // One statement, so that both are of one moment.
    let counted: Vec<Orders> = diesel::sql_query(
        "SELECT count(*) AS orders FROM orders UNION ALL \
         SELECT coalesce(sum(orders), 0) AS orders FROM order_counts WHERE period <= 9999",
    )
    .load(conn)?;
    Ok(match counted.as_slice() {
        [orders, counted] if orders.orders != counted.orders => {
            Err(vec![format!("{} orders, but {} counted", orders.orders, counted.orders)])
        }
        orders => Ok(orders.first().map_or(0, |count| count.orders)),
    })
}
