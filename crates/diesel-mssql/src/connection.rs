//! One connection, for diesel-async.

use std::fmt;

use diesel::connection::{CacheSize, Instrumentation};
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error};
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::{AsyncConnection, AsyncConnectionCore, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use tiberius::{Client, Query};
use tokio::net::TcpStream;
use tokio_util::compat::Compat;

use crate::bind::{Binds, Parameter};
use crate::error::{RetryClass, ends_connection, to_diesel};
use crate::mssql::Mssql;
use crate::query_builder::MssqlQueryBuilder;
use crate::row::MssqlRow;
use crate::transaction::{Isolation, MssqlTransactions};

/// What `sp_executesql` leaves of SQL Server's 2,100 parameters a call: it takes two itself.
pub const MAX_PARAMETERS: usize = 2_098;

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
    instrumentation: Box<dyn Instrumentation>,
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

    async fn query(&mut self, statement: Statement) -> QueryResult<Vec<MssqlRow>> {
        let query = statement.into_query()?;
        self.request(async |client| query.query(client).await?.into_first_result().await).await.map(rows)
    }

    async fn execute(&mut self, statement: Statement) -> QueryResult<usize> {
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

impl SimpleAsyncConnection for MssqlConnection {
    async fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        self.batch(sql).await.map(drop)
    }
}

/// Rows are read to the end of the answer before the first is handed on: dropping the stream of rows leaves
/// the connection usable.
impl AsyncConnectionCore for MssqlConnection {
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<Self::Stream<'conn, 'query>>>;
    type Stream<'conn, 'query> = BoxStream<'static, QueryResult<MssqlRow>>;
    type Row<'conn, 'query> = MssqlRow;
    type Backend = Mssql;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Mssql> + QueryId + 'query,
    {
        let statement = Statement::write(&source.as_query());
        async move { Ok(stream::iter(self.query(statement?).await?.into_iter().map(Ok)).boxed()) }.boxed()
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Mssql> + QueryId + 'query,
    {
        let statement = Statement::write(&source);
        async move { self.execute(statement?).await }.boxed()
    }
}

impl AsyncConnection for MssqlConnection {
    type TransactionManager = MssqlTransactions;

    /// Connections are opened by [`super::ConnectOptions::connect`]: a text has no room for a source of tokens.
    async fn establish(_: &str) -> ConnectionResult<Self> {
        Err(ConnectionError::BadConnection("open it with ConnectOptions::connect".to_owned()))
    }

    fn transaction_state(&mut self) -> &mut MssqlTransactions {
        &mut self.transactions
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.instrumentation.as_mut()
    }

    /// Diesel's instrumentation is not supported: it is kept and never called.
    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.instrumentation = Box::new(instrumentation);
    }

    /// The server keeps the plans of parameterized statements; there is nothing to keep here.
    fn set_prepared_statement_cache_size(&mut self, _: CacheSize) {}
}

impl fmt::Debug for MssqlConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MssqlConnection")
            .field("in_flight", &self.in_flight)
            .field("transactions", &self.transactions)
            .finish_non_exhaustive()
    }
}
