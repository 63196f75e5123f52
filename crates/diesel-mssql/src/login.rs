//! Who logs in.

use std::fmt;
use std::sync::Arc;

use tiberius::AuthMethod;

use crate::connect_error::ConnectError;
use crate::secret::Secret;
use crate::token::Tokens;

/// A user of the database or server, and the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// Never empty; shown to the server alone.
    pub password: Secret,
}

/// How to log in.
#[derive(Clone)]
pub enum Login {
    /// A user of the database or server, by password.
    Password(Credentials),
    /// An identity of Microsoft Entra, by access token.
    Token(Arc<Tokens>),
}

impl Login {
    /// A user and a password.
    pub fn password(user: &str, password: &str) -> Self {
        Self::Password(Credentials { user: user.to_owned(), password: Secret::new(password.to_owned()) })
    }

    /// Whether it is known to be no other: the same password, or tokens, which are renewed by themselves.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Password(credentials), Self::Password(other)) => credentials == other,
            (Self::Token(_), Self::Token(_)) => true,
            _ => false,
        }
    }

    pub(crate) async fn method(&self) -> Result<AuthMethod, ConnectError> {
        match self {
            Self::Password(Credentials { user, password }) => {
                Ok(AuthMethod::sql_server(user, password.expose()))
            }
            Self::Token(tokens) => {
                let token = tokens.current().await.map_err(ConnectError::Token)?;
                Ok(AuthMethod::aad_token(token.secret()))
            }
        }
    }
}

/// The kind of login alone.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password",
            Self::Token(_) => "Token",
        })
    }
}
