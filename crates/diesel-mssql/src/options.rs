//! Connecting: host, login and trusted certificates.

use std::io::ErrorKind;
use std::time::Duration;

#[cfg(target_os = "linux")]
use socket2::SockRef;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::compat::TokioAsyncWriteCompatExt;

use crate::connect_error::ConnectError;
use crate::connection::{MssqlConnection, Wire};
use crate::login::Login;
use crate::retry::RetryClass;
use crate::tls::{Encryption, Trust};

/// Where SQL Server and Azure SQL listen.
pub(crate) const PORT: u16 = 1433;

/// How many redirects are followed. Azure SQL's gateway sends one.
const REDIRECTS: usize = 3;

/// How to reach a database.
///
/// What travels is always encrypted.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The user or identity.
    pub login: Login,
    /// How it is encrypted.
    pub encryption: Encryption,
    /// Whose certificates to trust.
    pub trust: Trust,
    /// The name that the certificate must have, where it is not the host's.
    pub host_in_certificate: Option<String>,
    /// For all of connecting: names, tokens, TLS, redirects and login.
    pub connect_timeout: Duration,
    /// For the server to go on with taking a request (on Linux) or with its answer.
    pub command_timeout: Duration,
    /// What the server's lists of sessions show.
    pub application: String,
}

impl ConnectOptions {
    /// A database at port 1433, by TLS that Mozilla's authorities have vouched for.
    ///
    /// Connecting may take 15 seconds and an answer 30, as with Microsoft's own drivers.
    pub fn new(host: &str, database: &str, login: Login) -> Self {
        Self {
            host: host.to_owned(),
            port: PORT,
            database: database.to_owned(),
            login,
            encryption: Encryption::default(),
            trust: Trust::default(),
            host_in_certificate: None,
            connect_timeout: Duration::from_secs(15),
            command_timeout: Duration::from_secs(30),
            application: env!("CARGO_PKG_NAME").to_owned(),
        }
    }

    /// Opens a connection, following redirects, within `connect_timeout`.
    ///
    /// A token that has to be asked for first takes its own time, because its source is not the server: twice as long
    /// at most, so that a source with the same bound can say itself what kept it.
    pub async fn connect(&self) -> Result<MssqlConnection, ConnectError> {
        let login = timeout(2 * self.connect_timeout, self.login.method());
        let login = login.await.unwrap_or_else(|_| Err(self.late()))?;
        let connected = timeout(self.connect_timeout, Box::pin(self.follow_redirects(login)));
        connected.await.unwrap_or_else(|_| Err(self.late()))
    }

    fn late(&self) -> ConnectError {
        ConnectError::TimedOut {
            host: self.host.clone(),
            port: self.port,
            seconds: self.connect_timeout.as_secs(),
        }
    }

    async fn follow_redirects(&self, login: AuthMethod) -> Result<MssqlConnection, ConnectError> {
        let (mut host, mut port) = (self.host.clone(), self.port);
        for _ in 0..=REDIRECTS {
            match Box::pin(self.connect_to(&host, port, login.clone())).await {
                Ok(client) => return Ok(MssqlConnection::new(client)),
                Err(tiberius::error::Error::Routing { host: next, port: next_port }) => {
                    tracing::debug!(
                        from = host,
                        to = next,
                        port = next_port,
                        "the server redirects to another host"
                    );
                    (host, port) = (next, next_port);
                }
                Err(error) => return Err(self.failure(host, port, error)),
            }
        }
        Err(ConnectError::Redirects { host: self.host.clone(), limit: REDIRECTS, last: host })
    }

    async fn connect_to(&self, host: &str, port: u16, login: AuthMethod) -> tiberius::Result<Client<Wire>> {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        // The driver's own bound is for answers: a server that takes nothing of a request is given up by the
        // kernel (RFC 5482).
        #[cfg(target_os = "linux")]
        SockRef::from(&stream).set_tcp_user_timeout(Some(self.command_timeout))?;
        Box::pin(Client::connect(self.config(host, port, login), stream.compat_write())).await
    }

    fn config(&self, host: &str, port: u16, login: AuthMethod) -> Config {
        let mut config = Config::new();
        config.host(host);
        config.port(port);
        config.database(&self.database);
        config.application_name(&self.application);
        config.authentication(login);
        config.encryption(match self.encryption {
            Encryption::Required => EncryptionLevel::Required,
            Encryption::Strict => EncryptionLevel::Strict,
        });
        match &self.trust {
            Trust::WebRoots => config.trust_webpki_roots(),
            Trust::Ca(file) => {
                config.trust_webpki_roots();
                config.trust_cert_ca(file.display());
            }
            Trust::Any => config.trust_cert(),
        }
        if let Some(name) = &self.host_in_certificate {
            config.hostname_in_certificate(name);
        }
        config.handshake_timeout(Some(self.connect_timeout));
        config.command_timeout(Some(self.command_timeout));
        config
    }

    fn failure(&self, host: String, port: u16, error: tiberius::error::Error) -> ConnectError {
        match error {
            tiberius::error::Error::Server(said) if said.code() == 18456 => {
                ConnectError::Login { host, message: said.message().to_owned() }
            }
            tiberius::error::Error::Server(said) => {
                ConnectError::Server { host, number: said.code(), message: said.message().to_owned() }
            }
            tiberius::error::Error::Tls(cause) => {
                ConnectError::Certificate { host, cause: first_sentence(&cause) }
            }
            // The server has no encryption.
            tiberius::error::Error::Protocol(cause) if cause.contains("encryption level") => {
                ConnectError::Certificate { host, cause: first_sentence(&cause) }
            }
            // The file of certificates, or a server without TLS: neither changes by itself.
            tiberius::error::Error::Io {
                kind: ErrorKind::InvalidData | ErrorKind::InvalidInput,
                message,
            } => ConnectError::Certificate { host, cause: message },
            error if RetryClass::of(&error) == RetryClass::TimedOut => {
                ConnectError::TimedOut { host, port, seconds: self.connect_timeout.as_secs() }
            }
            tiberius::error::Error::Io { message, .. } => {
                ConnectError::Unreachable { host, port, cause: message }
            }
            error => ConnectError::Unreachable { host, port, cause: error.to_string() },
        }
    }
}

/// The driver goes on with advice for programmers.
fn first_sentence(text: &str) -> String {
    text.split(". ").next().unwrap_or(text).trim_end_matches('.').to_owned()
}
