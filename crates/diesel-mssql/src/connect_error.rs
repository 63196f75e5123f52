//! Why there is no connection.

use crate::retry::RetryClass;
use crate::token::TokenError;

/// Why there is no connection.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConnectError {
    /// Nothing answers at the address, or the connection breaks.
    #[error("{host}:{port} cannot be reached ({cause})")]
    Unreachable {
        /// The host that was asked.
        host: String,
        /// Its port.
        port: u16,
        /// What the network says.
        cause: String,
    },
    /// The time for connecting ran out.
    #[error("{host}:{port} did not let us in within {seconds} seconds")]
    TimedOut {
        /// The host that was asked first.
        host: String,
        /// Its port.
        port: u16,
        /// The time it had.
        seconds: u64,
    },
    /// The server's certificate is not trusted, or there is no encryption to be had.
    #[error("the certificate of {host} is not trusted ({cause})")]
    Certificate {
        /// The host that was asked.
        host: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The server does not know the user, or the password or token is wrong.
    #[error("{host} refused the login: {message}")]
    Login {
        /// The host that was asked.
        host: String,
        /// What it says.
        message: String,
    },
    /// The server refuses this database, for good or for now.
    #[error("{host} did not open the database: {message}")]
    Server {
        /// The host that was asked.
        host: String,
        /// Its error number.
        number: u32,
        /// What it says.
        message: String,
    },
    /// Gateways redirected more often than is allowed.
    #[error("{host} sent us on more than {limit} times, last to {last}")]
    Redirects {
        /// The host that was asked first.
        host: String,
        /// The limit.
        limit: usize,
        /// The last redirect, which was not followed.
        last: String,
    },
    /// There is no access token to log in with.
    #[error("no access token: {0}")]
    Token(TokenError),
}

impl ConnectError {
    /// What is to be done about it.
    pub fn retry_class(&self) -> RetryClass {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Token(TokenError::Transient(_)) => {
                RetryClass::Unavailable
            }
            Self::Server { number, .. } => RetryClass::numbered(*number),
            Self::Certificate { .. }
            | Self::Login { .. }
            | Self::Redirects { .. }
            | Self::Token(TokenError::Permanent(_)) => RetryClass::Permanent,
        }
    }
}
