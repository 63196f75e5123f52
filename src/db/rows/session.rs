//! People, sessions and sign-ins, as Diesel reads and writes them.

use diesel::prelude::*;

use crate::db::schema::{people, sessions, sign_ins};
use crate::db::sessions::{BegunSignIn, NewSession, NewSignIn, StoredSession};
use crate::order::{PersonId, Timestamp};

/// A session with its person, in the columns' order of `queries::sessions`.
#[derive(Queryable)]
pub struct SessionRow {
    id: i32,
    person_id: i32,
    name: String,
    roles: String,
    client: Option<String>,
    created_at: Timestamp,
    seen_at: Timestamp,
    ends_at: Timestamp,
}

impl SessionRow {
    /// None if the database has numbered the person in a way that it never does.
    pub fn into_session(self) -> Option<StoredSession> {
        Some(StoredSession {
            id: self.id,
            person: PersonId::new(self.person_id)?,
            name: self.name,
            roles: self.roles,
            client: self.client.and_then(|client| client.parse().ok()),
            created_at: self.created_at,
            seen_at: self.seen_at,
            ends_at: self.ends_at,
        })
    }
}

/// State, nonce, verifier, and where to return to.
#[derive(Queryable)]
pub struct SignInRow(String, String, String, String);

impl SignInRow {
    pub fn into_sign_in(self) -> BegunSignIn {
        let Self(state, nonce, verifier, return_path) = self;
        BegunSignIn { state, nonce, verifier, return_path }
    }
}

#[derive(Insertable)]
#[diesel(table_name = sign_ins)]
pub struct NewSignInRow {
    token_hash: Vec<u8>,
    state: String,
    nonce: String,
    verifier: String,
    return_path: String,
    ends_at: Timestamp,
}

impl NewSignInRow {
    pub fn new(sign_in: &NewSignIn) -> Self {
        let NewSignIn { token_hash, state, nonce, verifier, return_path, at: _, ends_at } = sign_in;
        Self {
            token_hash: token_hash.to_vec(),
            state: state.clone(),
            nonce: nonce.clone(),
            verifier: verifier.clone(),
            return_path: return_path.clone(),
            ends_at: *ends_at,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = people)]
pub struct NewPersonRow {
    issuer: String,
    subject: String,
    name: String,
    created_at: Timestamp,
    seen_at: Timestamp,
}

impl NewPersonRow {
    pub fn new(NewSession { issuer, subject, name, at, .. }: &NewSession) -> Self {
        Self {
            issuer: issuer.clone(),
            subject: subject.clone(),
            name: name.clone(),
            created_at: *at,
            seen_at: *at,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub struct NewSessionRow {
    token_hash: Vec<u8>,
    person_id: i32,
    roles: String,
    client: Option<String>,
    created_at: Timestamp,
    seen_at: Timestamp,
    ends_at: Timestamp,
}

impl NewSessionRow {
    pub fn new(session: &NewSession, person_id: i32) -> Self {
        Self {
            token_hash: session.token_hash.to_vec(),
            person_id,
            roles: session.roles.clone(),
            client: session.client.map(|client| client.to_string()),
            created_at: session.at,
            seen_at: session.at,
            ends_at: session.ends_at,
        }
    }
}
