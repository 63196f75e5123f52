//! One connection: its requests, and what is known of its state.

use std::fmt;

use diesel::QueryResult;
use diesel::connection::Instrumentation;
use diesel::result::{DatabaseErrorKind, Error};
use tiberius::Client;
use tokio::net::TcpStream;
use tokio_util::compat::Compat;

use crate::error::to_diesel;
use crate::retry::{RetryClass, ends_connection};
use crate::row::MssqlRow;
use crate::statement::Statement;
use crate::transaction::{Isolation, MssqlTransactions};

pub(crate) type Wire = Compat<TcpStream>;

/// A connection to SQL Server or Azure SQL.
///
/// Its requests may be given up at any moment, by dropping their futures. From then on the connection answers
/// nothing more and [`MssqlConnection::is_usable`] is false: what the server still sends belongs to the old
/// request. Close it by dropping it; the server then rolls its transaction back.
pub struct MssqlConnection {
    client: Client<Wire>,
    /// A request is under way, or its answer was not read to its end.
    in_flight: bool,
    retry_class: Option<RetryClass>,
    pub(crate) transactions: MssqlTransactions,
    pub(crate) instrumentation: Box<dyn Instrumentation>,
}

impl MssqlConnection {
    pub(crate) fn new(client: Client<Wire>) -> Self {
        Self {
            client,
            in_flight: false,
            retry_class: None,
            transactions: MssqlTransactions::default(),
            instrumentation: Box::new(|_: diesel::connection::InstrumentationEvent<'_>| {}),
        }
    }

    /// Whether the next request would be answered: none was given up, and the server is still there.
    pub fn is_usable(&self) -> bool {
        !self.in_flight
    }

    /// Whether it may go to somebody else: usable, and outside of any transaction.
    pub fn is_clean(&self) -> bool {
        self.is_usable() && self.transactions.depth() == Some(0)
    }

    /// What to do about the last failure, once; none if nothing has failed since.
    pub fn take_retry_class(&mut self) -> Option<RetryClass> {
        self.retry_class.take()
    }

    /// How isolated the next transactions are, until this is called again.
    pub fn set_isolation(&mut self, isolation: Isolation) {
        self.transactions.isolation = isolation;
    }

    /// Sends a batch as it is and returns the rows of its first answer.
    pub(crate) async fn batch(&mut self, sql: &str) -> QueryResult<Vec<MssqlRow>> {
        self.request(async |client| client.simple_query(sql).await?.into_first_result().await).await.map(rows)
    }

    /// Sends a request and reads its whole answer.
    pub(crate) async fn request<T>(
        &mut self,
        send: impl AsyncFnOnce(&mut Client<Wire>) -> tiberius::Result<T>,
    ) -> QueryResult<T> {
        if !self.is_usable() {
            return Err(given_up());
        }
        self.in_flight = true;
        let answer = send(&mut self.client).await;
        // Not reached if this future is dropped: then the mark stays.
        self.in_flight = answer.as_ref().is_err_and(ends_connection);
        answer.map_err(|error| {
            self.retry_class = Some(RetryClass::of(&error));
            to_diesel(error)
        })
    }

    pub(crate) async fn query(&mut self, statement: Statement) -> QueryResult<Vec<MssqlRow>> {
        let query = statement.into_query()?;
        self.request(async |client| query.query(client).await?.into_first_result().await).await.map(rows)
    }

    pub(crate) async fn execute(&mut self, statement: Statement) -> QueryResult<usize> {
        let query = statement.into_query()?;
        let rows = self
            .request(async |client| query.execute(client).await.map(tiberius::ExecuteResult::total))
            .await?;
        usize::try_from(rows).map_err(|error| Error::DeserializationError(error.into()))
    }
}

fn rows(rows: Vec<tiberius::Row>) -> Vec<MssqlRow> {
    rows.into_iter().map(MssqlRow).collect()
}

fn given_up() -> Error {
    Error::DatabaseError(
        DatabaseErrorKind::ClosedConnection,
        Box::new("an earlier request on this connection was given up, or ended it".to_owned()),
    )
}

impl fmt::Debug for MssqlConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MssqlConnection")
            .field("in_flight", &self.in_flight)
            .field("transactions", &self.transactions)
            .finish_non_exhaustive()
    }
}
