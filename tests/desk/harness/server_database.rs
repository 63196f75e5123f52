//! A database of a test's own on SQL Server, where `ORDERS_TEST_MSSQL_URL` names a server.
//!
//! What that URL says of a database is only where to connect first. Its login must be allowed to create databases.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Days, NaiveDate, TimeDelta};
use diesel_mssql::{ConnectionString, Credentials, Encryption, Trust};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tiberius::{AuthMethod, Client, ColumnData, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use crate::harness::database::Value;
use crate::harness::program::PATIENCE;

const VARIABLE: &str = "ORDERS_TEST_MSSQL_URL";

/// What the names of these databases begin with; then come a moment and a random part.
const PREFIX: &str = "orders_test_";

/// Databases of tests that were killed are dropped when they are this old.
const LEFT_BEHIND: Duration = Duration::from_hours(1);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
});

static SERVER: LazyLock<Option<ConnectionString>> = LazyLock::new(|| {
    #[allow(clippy::disallowed_methods, reason = "it is no setting of the desk, but of its tests")]
    let url = std::env::var(VARIABLE).ok()?;
    let mut server: ConnectionString = url.parse().unwrap_or_else(|error| panic!("{VARIABLE} {error}"));
    // The program runs in folders of its own.
    if let Trust::Ca(file) = &mut server.trust {
        *file = std::path::absolute(&file).unwrap();
    }
    drop_what_was_left_behind(&server);
    Some(server)
});

/// A server makes one database at a time, and refuses others meanwhile, also those of other processes.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The server that the tests run on; none if they run on SQLite.
pub fn server() -> Option<&'static ConnectionString> {
    SERVER.as_ref()
}

/// Whether a test that needs a server has to be left out, which it says.
pub fn is_skipped_without_server() -> bool {
    let is_skipped = server().is_none();
    if is_skipped {
        say(&format!("skipped: {VARIABLE} is not set"));
    }
    is_skipped
}

/// Whether a test about SQLite's file has to be left out, which it says.
pub fn is_skipped_on_server() -> bool {
    let is_skipped = server().is_some();
    if is_skipped {
        say("skipped: about SQLite's file");
    }
    is_skipped
}

/// A line on standard output even for a test that passes: what is printed otherwise is kept back.
pub fn say(line: &str) {
    use std::io::Write;
    writeln!(std::io::stdout().lock(), "{line}").unwrap();
}

/// A database that goes when this is dropped.
pub struct ServerDatabase {
    server: &'static ConnectionString,
    pub name: String,
}

impl ServerDatabase {
    pub fn create(server: &'static ConnectionString) -> Self {
        let name = format!("{PREFIX}{}_{:08x}", now().as_secs(), fastrand::u32(..));
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let mut session = Session::open(server, &server.database);
        session.insist(&format!("CREATE DATABASE {name}")).unwrap();
        // As every database on Azure SQL is made.
        for (column, option) in [
            ("snapshot_isolation_state", "ALLOW_SNAPSHOT_ISOLATION"),
            ("is_read_committed_snapshot_on", "READ_COMMITTED_SNAPSHOT"),
        ] {
            let is_on = format!("SELECT CAST({column} AS INT) FROM sys.databases WHERE name = '{name}'");
            if session.rows(&is_on) != [[Value::Number(1)]] {
                session.execute(&format!("ALTER DATABASE {name} SET {option} ON"));
            }
        }
        Self { server, name }
    }

    /// The database as the program is told of it.
    pub fn url(&self) -> String {
        self.url_by_way_of(&self.server.host, self.server.port)
    }

    /// The same through somebody who passes on what he gets.
    pub fn url_by_way_of(&self, host: &str, port: u16) -> String {
        let Credentials { user, password } = credentials(self.server);
        self.url_as((user, password.expose()), (host, port))
    }

    /// The same for somebody else.
    pub fn url_as(&self, (user, password): (&str, &str), (host, port): (&str, u16)) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let trust = match &self.server.trust {
            Trust::WebRoots => String::new(),
            Trust::Ca(file) => format!("&ca={}", encoded(file.to_str().unwrap())),
            Trust::Any => "&trust=any".to_owned(),
        };
        let encrypt = match self.server.encryption {
            Encryption::Required => "true",
            Encryption::Strict => "strict",
        };
        let certified = self.server.host_in_certificate.as_ref().unwrap_or(&self.server.host);
        format!(
            "mssql://{}:{}@{host}:{port}/{}?encrypt={encrypt}&hostname={certified}{trust}",
            encoded(user),
            encoded(password),
            self.name
        )
    }

    /// A login of a test's own, which may do everything.
    pub fn let_in(&self, password: &str) -> ServerLogin {
        let name = format!("{PREFIX}{:08x}", fastrand::u32(..));
        let mut onlooker = self.onlooker();
        onlooker.execute(&format!("CREATE LOGIN {name} WITH PASSWORD = '{password}'"));
        let login = ServerLogin { server: self.server, name };
        onlooker.execute(&format!("ALTER SERVER ROLE sysadmin ADD MEMBER {}", login.name));
        login
    }

    /// The database, as the program calls it.
    pub fn called(&self) -> String {
        format!("{} on {}", self.name, self.server.host)
    }

    pub fn host_and_port(&self) -> (&'static str, u16) {
        (&self.server.host, self.server.port)
    }

    pub fn session(&self) -> Session {
        Session::open(self.server, &self.name)
    }

    /// A session that is in another database, and therefore in nobody's way.
    pub fn onlooker(&self) -> Session {
        Session::open(self.server, &self.server.database)
    }
}

impl Drop for ServerDatabase {
    fn drop(&mut self) {
        // Sessions of programs that were killed end a moment after them.
        let dropped = self.onlooker().insist(&format!("DROP DATABASE {}", self.name));
        assert!(dropped.is_ok() || std::thread::panicking(), "{} is not dropped: {dropped:?}", self.name);
    }
}

/// A login that goes when this is dropped.
pub struct ServerLogin {
    server: &'static ConnectionString,
    pub name: String,
}

impl ServerLogin {
    pub fn change_password(&self, password: &str) {
        let mut session = Session::open(self.server, &self.server.database);
        session.execute(&format!("ALTER LOGIN {} WITH PASSWORD = '{password}'", self.name));
    }
}

impl Drop for ServerLogin {
    fn drop(&mut self) {
        // Sessions of programs that were killed end a moment after them.
        let mut session = Session::open(self.server, &self.server.database);
        let dropped = session.insist(&format!("DROP LOGIN {}", self.name));
        assert!(dropped.is_ok() || std::thread::panicking(), "{} is not dropped: {dropped:?}", self.name);
    }
}

/// A connection to the server that waits for its answers.
pub struct Session(Client<Compat<TcpStream>>);

impl Session {
    fn open(server: &ConnectionString, database: &str) -> Self {
        let mut config = Config::new();
        config.host(&server.host);
        config.port(server.port);
        config.database(database);
        config.application_name("tests of orders");
        let Credentials { user, password } = credentials(server);
        config.authentication(AuthMethod::sql_server(user, password.expose()));
        config.encryption(match server.encryption {
            Encryption::Required => EncryptionLevel::Required,
            Encryption::Strict => EncryptionLevel::Strict,
        });
        match &server.trust {
            Trust::WebRoots => config.trust_webpki_roots(),
            Trust::Ca(file) => config.trust_cert_ca(file.display()),
            Trust::Any => config.trust_cert(),
        }
        if let Some(name) = &server.host_in_certificate {
            config.hostname_in_certificate(name);
        }
        let client = RUNTIME.block_on(async {
            let stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
            stream.set_nodelay(true)?;
            Box::pin(Client::connect(config, stream.compat_write())).await
        });
        Self(client.unwrap_or_else(|error| panic!("the server of {VARIABLE} is not to be had: {error}")))
    }

    /// Runs a batch.
    pub fn execute(&mut self, sql: &str) {
        self.try_to(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The rows of a query, as the columns are.
    pub fn rows(&mut self, sql: &str) -> Vec<Vec<Value>> {
        self.try_to(sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    fn try_to(&mut self, sql: &str) -> tiberius::Result<Vec<Vec<Value>>> {
        let rows = RUNTIME.block_on(async { self.0.simple_query(sql).await?.into_first_result().await })?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(value).collect()).collect())
    }

    /// Runs what the server refuses while others are at it, or not yet gone.
    fn insist(&mut self, sql: &str) -> tiberius::Result<()> {
        let began = Instant::now();
        loop {
            match self.try_to(sql) {
                Ok(_) => return Ok(()),
                Err(error) if began.elapsed() > PATIENCE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

/// Times are as SQLite has them.
fn value(data: ColumnData<'static>) -> Value {
    match data {
        ColumnData::U8(Some(number)) => Value::Number(number.into()),
        ColumnData::I16(Some(number)) => Value::Number(number.into()),
        ColumnData::I32(Some(number)) => Value::Number(number.into()),
        ColumnData::I64(Some(number)) => Value::Number(number),
        ColumnData::String(Some(text)) => Value::Text(text.into_owned()),
        ColumnData::Binary(Some(bytes)) => Value::Bytes(bytes.into_owned()),
        ColumnData::DateTime2(Some(moment)) => {
            let day = NaiveDate::from_ymd_opt(1, 1, 1).unwrap() + Days::new(moment.date().days().into());
            let seconds = moment.time().increments() / 10_u64.pow(moment.time().scale().into());
            let time = day.and_time(chrono::NaiveTime::MIN) + TimeDelta::seconds(seconds.cast_signed());
            Value::Text(time.format("%Y-%m-%d %H:%M:%S").to_string())
        }
        ColumnData::I16(None)
        | ColumnData::I32(None)
        | ColumnData::I64(None)
        | ColumnData::String(None)
        | ColumnData::Binary(None)
        | ColumnData::DateTime2(None) => Value::Null,
        other => panic!("a column holds {other:?}"),
    }
}

fn credentials(server: &ConnectionString) -> &Credentials {
    server.credentials.as_ref().unwrap_or_else(|| panic!("{VARIABLE} must have a user and a password"))
}

fn drop_what_was_left_behind(server: &ConnectionString) {
    let mut session = Session::open(server, &server.database);
    let names = session.rows(&format!("SELECT name FROM sys.databases WHERE name LIKE '{PREFIX}%'"));
    for name in names.into_iter().flatten().map(Value::text) {
        let made = name.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next()?.parse().ok());
        let age = made.and_then(|made| now().checked_sub(Duration::from_secs(made)));
        if age.is_some_and(|age| age > LEFT_BEHIND) {
            // Another run may be doing the same, and whatever still uses it keeps it.
            let _ = session.try_to(&format!("DROP DATABASE {name}"));
        }
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(DateTime::UNIX_EPOCH.into()).unwrap()
}
