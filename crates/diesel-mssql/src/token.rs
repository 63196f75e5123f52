//! Access tokens of Microsoft Entra, fresh when they are needed.

use std::fmt;
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// A token is renewed when it has less than this to live. Entra's live for an hour or more.
const RENEW_BEFORE: Duration = Duration::from_mins(5);

/// An access token for a database. It does not print.
#[derive(Clone)]
pub struct AccessToken {
    secret: Zeroizing<String>,
    expires: SystemTime,
}

impl AccessToken {
    /// A token and its expiry.
    pub fn new(secret: String, expires: SystemTime) -> Self {
        Self { secret: Zeroizing::new(secret), expires }
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    fn lives_beyond(&self, moment: SystemTime) -> bool {
        self.expires > moment
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Why there is no token. Says what to do, and nothing secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenError {
    /// A later attempt may succeed.
    #[error("{0}")]
    Transient(String),
    /// No attempt succeeds until somebody changes something.
    #[error("{0}")]
    Permanent(String),
}

/// Where tokens come from: a credential, a file, a test.
pub type TokenSource = Box<dyn Fn() -> BoxFuture<'static, Result<AccessToken, TokenError>> + Send + Sync>;

/// The current token of a source, renewed before it expires.
///
/// A connection that was opened with an older token lives on: SQL Server looks at it at login only.
pub struct Tokens {
    source: TokenSource,
    clock: fn() -> SystemTime,
    current: Mutex<Option<AccessToken>>,
}

impl Tokens {
    /// Tokens of a source, by the system's clock.
    pub fn new(source: TokenSource) -> Self {
        Self::with_clock(source, SystemTime::now)
    }

    fn with_clock(source: TokenSource, clock: fn() -> SystemTime) -> Self {
        Self { source, clock, current: Mutex::new(None) }
    }

    /// A token that is valid for a while; concurrent callers wait for one request.
    ///
    /// Where the source fails, the last token serves until it expires.
    pub async fn current(&self) -> Result<AccessToken, TokenError> {
        let mut current = self.current.lock().await;
        let now = (self.clock)();
        if let Some(token) = current.as_ref().filter(|token| token.lives_beyond(now + RENEW_BEFORE)) {
            return Ok(token.clone());
        }
        match (self.source)().await {
            Ok(token) if token.lives_beyond(now) => Ok(current.insert(token).clone()),
            Ok(_) => Err(TokenError::Transient("the token that was handed out has expired".to_owned())),
            Err(error) => match current.as_ref().filter(|token| token.lives_beyond(now)) {
                Some(token) => {
                    tracing::warn!(%error, "no new access token; the last one is still good");
                    Ok(token.clone())
                }
                None => Err(error),
            },
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

#[cfg(test)]
mod tests;
