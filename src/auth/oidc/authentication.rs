//! How the desk shows the provider who it is.

use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::SignInError;
use crate::azure::TokenFile;
use crate::config::ClientAuthentication;

/// What goes along with a code that is redeemed.
pub(super) enum Proof {
    Secret(Zeroizing<String>),
    /// A token that another party signed (RFC 7523, section 2.2).
    Assertion(Zeroizing<String>),
    Nothing,
}

/// The way that is in force; a secret may be replaced while the desk serves.
pub(super) struct Authentication(RwLock<ClientAuthentication>);

impl Authentication {
    pub(super) fn new(way: ClientAuthentication) -> Self {
        Self(RwLock::new(way))
    }

    /// Whether it is another one.
    pub(super) fn replace(&self, way: ClientAuthentication) -> bool {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = *current != way;
        *current = way;
        is_other
    }

    /// What to show now: a file is read anew each time.
    pub(super) fn proof(&self, now: SystemTime) -> Result<Proof, SignInError> {
        let way = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        match way {
            ClientAuthentication::Public => Ok(Proof::Nothing),
            ClientAuthentication::Secret(secret) => {
                Ok(Proof::Secret(Zeroizing::new(secret.expose().to_owned())))
            }
            ClientAuthentication::Assertion(path) => {
                let refused = |why: String| {
                    SignInError::Refused(format!(
                        "the desk has no client assertion to show the provider: {why}"
                    ))
                };
                let token =
                    TokenFile::new(path.clone()).read().map_err(|error| refused(error.to_string()))?;
                if token.expires <= now {
                    return Err(refused(format!("the token in {} has expired", path.display())));
                }
                Ok(Proof::Assertion(Zeroizing::new(token.text)))
            }
        }
    }
}

impl Proof {
    /// What no sentence may repeat.
    pub(super) fn secret(&self) -> Option<&str> {
        match self {
            Self::Secret(text) | Self::Assertion(text) => Some(text),
            Self::Nothing => None,
        }
    }
}
