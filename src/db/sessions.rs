//! People who sign in, their sessions, and sign-ins that were begun, as the database keeps them.
//!
//! What a browser keeps is known here by its SHA-256 alone: whoever reads the database is nobody at the desk by that.

use std::fmt;
use std::net::IpAddr;

use crate::order::{PersonId, Timestamp};

/// The SHA-256 of what a browser keeps.
pub type TokenHash = [u8; 32];

/// A sign-in that begins. `Debug` shows none of its secrets.
#[derive(Clone)]
pub struct NewSignIn {
    pub token_hash: TokenHash,
    /// What the provider sends back with the browser.
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    /// Where the person was going to, within the desk.
    pub return_path: String,
    /// When it begins, in UTC, and until when it may be finished.
    pub at: Timestamp,
    pub ends_at: Timestamp,
}

/// A sign-in that was begun, and is finished or refused now. `Debug` shows none of its secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct BegunSignIn {
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub return_path: String,
}

/// A session that begins, with the person who signs in.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub token_hash: TokenHash,
    /// Who vouches for the person, and what they are there.
    pub issuer: String,
    pub subject: String,
    /// What they are called now.
    pub name: String,
    /// As [`StoredSession::roles`].
    pub roles: String,
    pub client: Option<IpAddr>,
    /// When it begins, in UTC, and when it ends at the latest.
    pub at: Timestamp,
    pub ends_at: Timestamp,
    /// The browser's session until now, which ends.
    pub replaces: Option<TokenHash>,
}

/// A session as it is stored, whether it is over or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// To speak of it: whoever knows it can do nothing with it.
    pub id: i32,
    pub person: PersonId,
    /// What the person was called when they last signed in.
    pub name: String,
    /// Names of roles between commas.
    pub roles: String,
    /// From where they signed in, if that is known.
    pub client: Option<IpAddr>,
    /// In UTC.
    pub created_at: Timestamp,
    /// When it was last used, within a minute.
    pub seen_at: Timestamp,
    pub ends_at: Timestamp,
}

impl fmt::Debug for NewSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSignIn").field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

impl fmt::Debug for BegunSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BegunSignIn").finish_non_exhaustive()
    }
}
