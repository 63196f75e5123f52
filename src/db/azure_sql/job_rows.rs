//! Orders of a job, noted many at once.

use diesel_async::RunQueryDsl;
use diesel_mssql::rows_per_insert;

use super::Conn;
use crate::db::DbError;
use crate::db::rows::NewJobOrderRow;
use crate::db::schema::job_orders;

/// Adds orders to a job, as many in a statement as it takes.
pub async fn insert_job_orders(conn: &mut Conn, rows: &[NewJobOrderRow]) -> Result<(), DbError> {
    for some in rows.chunks(rows_per_insert(NewJobOrderRow::COLUMNS)) {
        let some: Vec<&NewJobOrderRow> = some.iter().collect();
        diesel::insert_into(job_orders::table).values(some).execute(conn).await?;
    }
    Ok(())
}
