//! A double of SQL Server: TLS before anything else, within it the protocol and canned answers of `mssql-mock-tds`.
//!
//! It remembers what arrives, and breaks off or stalls inside of answers, which canned answers cannot.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel_mssql::{ConnectOptions, Encryption, Login, Pool, Trust};
use mssql_mock_tds::protocol::{build_prelogin_response_with_fedauth, build_query_result, parse_sql_batch};
use mssql_mock_tds::server::ConnectionProcessor;
use mssql_mock_tds::{
    ColumnDefinition, ColumnValue, QueryRegistry, QueryResponse, RedirectionConfig, Row, SqlDataType,
    TerminalError,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_native_tls::TlsAcceptor;

use crate::certificate;
use crate::message::{self, BATCH, CALL, Delivery, HEADER, LOGIN, PRELOGIN};

pub const USER: &str = "desk";
pub const PASSWORD: &str = "Zimt&Zucker-4711";

/// Longer than anything takes; who waits for so long waits in vain.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the server remembers of a connection.
#[derive(Debug, Clone, Default)]
pub struct Session {
    pub open: bool,
    /// User and password, as they came.
    pub login: Option<(String, String)>,
    pub token: Option<String>,
    pub database: Option<String>,
    /// Batches by their text, calls as `CALL`.
    pub requests: Vec<String>,
}

impl Session {
    /// In, and not yet gone.
    pub fn is_served(&self) -> bool {
        self.open && self.login.is_some()
    }
}

#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    tls: TlsAcceptor,
    canned: Arc<tokio::sync::Mutex<QueryRegistry>>,
    redirect: Mutex<Option<RedirectionConfig>>,
    refusal: Mutex<Option<TerminalError>>,
    delivery: Mutex<Delivery>,
    sessions: watch::Sender<Vec<Session>>,
    most_at_once: watch::Sender<usize>,
}

impl Server {
    /// A server whose certificate is for its address.
    pub async fn start() -> Self {
        Self::named("127.0.0.1").await
    }

    /// A server whose certificate is for a name.
    pub async fn named(name: &str) -> Self {
        let tls = native_tls::TlsAcceptor::builder(certificate::identity(name))
            .accept_alpn(&["tds/8.0"])
            .build()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = Arc::new(Shared {
            tls: tls.into(),
            canned: Arc::default(),
            redirect: Mutex::default(),
            refusal: Mutex::default(),
            delivery: Mutex::default(),
            sessions: watch::Sender::default(),
            most_at_once: watch::Sender::default(),
        });
        let server = Self { address: listener.local_addr().unwrap(), shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Ok((socket, peer)) = listener.accept().await {
                let visit = Visit::begin(&shared);
                tokio::spawn(async move { visit.serve(socket, peer).await });
            }
        });
        server
    }

    /// How to reach it.
    pub fn options(&self) -> ConnectOptions {
        ConnectOptions {
            host: "127.0.0.1".to_owned(),
            port: self.address.port(),
            database: "orders".to_owned(),
            login: Login::password(USER, PASSWORD),
            encryption: Encryption::Strict,
            trust: Trust::Ca(certificate::authority_file()),
            host_in_certificate: None,
            connect_timeout: PATIENCE,
            command_timeout: PATIENCE,
            application: "orders".to_owned(),
        }
    }

    /// A pool of connections to it.
    pub fn pool(&self, connections: usize) -> Pool {
        Pool::new(self.options(), connections, PATIENCE)
    }

    /// Answers a query, whose text is in capitals, with a column of numbers.
    pub async fn answer(&self, query: &str, numbers: impl IntoIterator<Item = i32>) {
        self.answer_with(query, column(numbers)).await;
    }

    /// Answers a query, whose text is in capitals, with an error.
    pub async fn refuse(&self, query: &str, error: TerminalError) {
        self.answer_with(query, QueryResponse::error_only(error)).await;
    }

    /// Answers a query, whose text is in capitals.
    pub async fn answer_with(&self, query: &str, response: QueryResponse) {
        self.shared.canned.lock().await.register(query, response);
    }

    /// Sends everybody on at login.
    pub fn redirect(&self, to: SocketAddr) {
        let redirect = RedirectionConfig::new(to.ip().to_string(), to.port());
        *self.shared.redirect.lock().unwrap() = Some(redirect);
    }

    /// Lets nobody in.
    pub fn refuse_logins(&self, error: TerminalError) {
        *self.shared.refusal.lock().unwrap() = Some(error);
    }

    /// From now on, sends the answers to queries like this.
    pub fn deliver(&self, delivery: Delivery) {
        *self.shared.delivery.lock().unwrap() = delivery;
    }

    /// All connections that there ever were, in order.
    pub fn sessions(&self) -> Vec<Session> {
        self.shared.sessions.borrow().clone()
    }

    /// How many connections are served now.
    pub fn served(&self) -> usize {
        served(&self.shared.sessions.borrow())
    }

    /// How many connections were served at once, at most.
    pub fn most_at_once(&self) -> usize {
        *self.shared.most_at_once.borrow()
    }

    /// Waits until something is true of the connections.
    pub async fn until(&self, what: &str, mut is_true: impl FnMut(&[Session]) -> bool) {
        let mut sessions = self.shared.sessions.subscribe();
        let seen = timeout(PATIENCE, sessions.wait_for(|sessions| is_true(sessions))).await;
        assert!(seen.is_ok(), "waited in vain until {what}: {:?}", self.sessions());
    }

    /// Waits until so many connections are served.
    pub async fn until_served(&self, connections: usize) {
        self.until(&format!("{connections} are served"), |sessions| served(sessions) == connections).await;
    }
}

fn served(sessions: &[Session]) -> usize {
    sessions.iter().filter(|session| session.is_served()).count()
}

/// An answer of one column of numbers.
pub fn column(numbers: impl IntoIterator<Item = i32>) -> QueryResponse {
    let rows = numbers.into_iter().map(|number| Row::new(vec![ColumnValue::Int(number)])).collect();
    QueryResponse::new(vec![ColumnDefinition::new("n", SqlDataType::Int)], rows)
}

/// A connection that is being served, closed in the server's memory when it is dropped.
struct Visit {
    shared: Arc<Shared>,
    number: usize,
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.note(|session| session.open = false);
    }
}

impl Visit {
    fn begin(shared: &Arc<Shared>) -> Self {
        let mut number = 0;
        shared.sessions.send_modify(|sessions| {
            number = sessions.len();
            sessions.push(Session { open: true, ..Session::default() });
        });
        Self { shared: Arc::clone(shared), number }
    }

    fn note(&self, change: impl FnOnce(&mut Session)) {
        self.shared.sessions.send_modify(|sessions| change(&mut sessions[self.number]));
        let now = served(&self.shared.sessions.borrow());
        self.shared.most_at_once.send_modify(|most| *most = now.max(*most));
    }

    /// Talks until the client goes, and says nothing of how.
    async fn serve(self, socket: TcpStream, peer: SocketAddr) -> Option<()> {
        let mut wire = self.shared.tls.accept(socket).await.ok()?;
        let redirect = self.shared.redirect.lock().unwrap().clone();
        let mut processor = ConnectionProcessor::new_with_redirection(
            self.number.try_into().unwrap(),
            peer,
            Arc::clone(&self.shared.canned),
            None,
            redirect,
        );
        loop {
            let message = message::read(&mut wire).await?;
            let kind = message[0];
            self.remember(&message);
            let reply = if kind == PRELOGIN {
                build_prelogin_response_with_fedauth(true, true)
            } else if let Some(error) = self.refusal().filter(|_| kind == LOGIN) {
                build_query_result(&QueryResponse::error_only(error))
            } else if kind == CALL && message::holds(&message, "SELECT @P1") {
                build_query_result(&column([message::last_number(&message)]))
            } else {
                processor.buffer_mut().extend_from_slice(&message);
                processor.process_packet(&mut wire).await.ok()??
            };
            if kind == LOGIN {
                self.note(|session| {
                    session.login = Some(message::credentials(&message));
                    session.token = processor.received_token_as_string();
                    session.database = processor.received_database().map(str::to_owned);
                });
            }
            let delivery = match kind {
                BATCH | CALL => self.shared.delivery.lock().unwrap().clone(),
                _ => Delivery::Whole,
            };
            message::deliver(&mut wire, &reply, delivery).await?;
        }
    }

    fn refusal(&self) -> Option<TerminalError> {
        self.shared.refusal.lock().unwrap().clone()
    }

    fn remember(&self, message: &[u8]) {
        match message[0] {
            BATCH => {
                let sql = parse_sql_batch(&message[HEADER..]).unwrap();
                self.note(|session| session.requests.push(sql));
            }
            CALL => self.note(|session| session.requests.push("CALL".to_owned())),
            _ => {}
        }
    }
}
