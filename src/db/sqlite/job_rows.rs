//! Orders of a job, noted one by one, each prepared statement used again.

use diesel_async::RunQueryDsl;

use super::Conn;
use crate::db::DbError;
use crate::db::rows::NewJobOrderRow;
use crate::db::schema::job_orders;

/// Adds orders to a job.
pub async fn insert_job_orders(conn: &mut Conn, rows: &[NewJobOrderRow]) -> Result<(), DbError> {
    for row in rows {
        diesel::insert_into(job_orders::table).values(row).execute(conn).await?;
    }
    Ok(())
}
