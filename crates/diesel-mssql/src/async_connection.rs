//! What diesel-async asks of a connection.

use diesel::connection::{CacheSize, Instrumentation};
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::{AsyncConnection, AsyncConnectionCore, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};

use crate::connection::MssqlConnection;
use crate::connection_string::ConnectionString;
use crate::login::Login;
use crate::mssql::Mssql;
use crate::row::MssqlRow;
use crate::statement::Statement;
use crate::transaction::MssqlTransactions;

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

    /// Connects by a [`ConnectionString`] that has a user and a password.
    ///
    /// A text has no room for a source of tokens: for those, and for other timeouts, there is
    /// [`ConnectOptions::connect`](crate::ConnectOptions::connect).
    async fn establish(database_url: &str) -> ConnectionResult<Self> {
        let string: ConnectionString = database_url.parse().map_err(|error| {
            ConnectionError::InvalidConnectionUrl(format!("the connection string {error}"))
        })?;
        let Some(credentials) = string.credentials.clone() else {
            let without = "the connection string has no user and password".to_owned();
            return Err(ConnectionError::InvalidConnectionUrl(without));
        };
        let connected = string.options(Login::Password(credentials)).connect().await;
        connected.map_err(|error| ConnectionError::BadConnection(error.to_string()))
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
