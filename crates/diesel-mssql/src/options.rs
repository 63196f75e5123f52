//! Connecting: host, login and trusted certificates.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[cfg(target_os = "linux")]
use socket2::SockRef;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::compat::TokioAsyncWriteCompatExt;
use zeroize::Zeroizing;

use super::connection::Wire;
use super::error::ConnectError;
use super::token::Tokens;
use super::{MssqlConnection, RetryClass};

/// How many redirects are followed. Azure SQL's gateway sends one.
const REDIRECTS: usize = 3;

/// How to reach a database.
///
/// What travels is always encrypted.
#[derive(Debug, Clone)]
pub struct MssqlOptions {
    /// Name or address of the server.
    pub host: String,
    /// Its port, 1433 as a rule.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The user or identity.
    pub login: MssqlLogin,
    /// How it is encrypted.
    pub encryption: MssqlEncryption,
    /// Whose certificates to trust.
    pub trust: MssqlTrust,
    /// The name that the certificate must have, where it is not the host's.
    pub host_in_certificate: Option<String>,
    /// For all of connecting: names, tokens, TLS, redirects and login.
    pub connect_timeout: Duration,
    /// For the server to go on with taking a request (on Linux) or with its answer.
    pub command_timeout: Duration,
    /// What the server's lists of sessions show.
    pub application: String,
}

/// How to log in.
#[derive(Clone)]
pub enum MssqlLogin {
    /// A user of the database or server, by password.
    Password {
        /// The user's name.
        user: String,
        /// Shown to the server alone.
        password: Zeroizing<String>,
    },
    /// An identity of Microsoft Entra, by access token.
    Token(Arc<Tokens>),
}

impl MssqlLogin {
    /// A user and a password.
    pub fn password(user: &str, password: &str) -> Self {
        Self::Password { user: user.to_owned(), password: Zeroizing::new(password.to_owned()) }
    }

    /// Whether it is known to be no other: the same password, or tokens, which are renewed by themselves.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Password { user, password }, Self::Password { user: others, password: other }) => {
                user == others && password == other
            }
            (Self::Token(_), Self::Token(_)) => true,
            _ => false,
        }
    }

    async fn method(&self) -> Result<AuthMethod, ConnectError> {
        match self {
            Self::Password { user, password } => Ok(AuthMethod::sql_server(user, password.as_str())),
            Self::Token(tokens) => {
                let token = tokens.current().await.map_err(ConnectError::Token)?;
                Ok(AuthMethod::aad_token(token.secret()))
            }
        }
    }
}

impl fmt::Debug for MssqlLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password",
            Self::Token(_) => "Token",
        })
    }
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MssqlEncryption {
    /// TLS within the first packets of TDS 7.4.
    Required,
    /// TLS before anything else (TDS 8.0).
    Strict,
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MssqlTrust {
    /// Those of Mozilla's certificate authorities, which are inside the program.
    WebRoots,
    /// Those, and the ones in a file (PEM or DER).
    Ca(PathBuf),
    /// Any: somebody in between can read and change everything. For development only.
    Any,
}

impl MssqlOptions {
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
            MssqlEncryption::Required => EncryptionLevel::Required,
            MssqlEncryption::Strict => EncryptionLevel::Strict,
        });
        match &self.trust {
            MssqlTrust::WebRoots => config.trust_webpki_roots(),
            MssqlTrust::Ca(file) => {
                config.trust_webpki_roots();
                config.trust_cert_ca(file.display());
            }
            MssqlTrust::Any => config.trust_cert(),
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
