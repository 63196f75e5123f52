//! People, sessions and sign-ins, as Diesel reads and writes them.

use diesel::prelude::*;

use crate::db::schema::{people, sessions, sign_ins};
use crate::db::sessions::{BegunSignIn, NewPerson, NewSession, NewSignIn, SealedForm, StoredSession};
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
    browser: Option<String>,
    disabled_at: Option<Timestamp>,
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
            browser: self.browser,
            is_disabled: self.disabled_at.is_some(),
        })
    }
}

/// State, nonce, verifier, where to return to, and the form that waits.
#[derive(Queryable)]
pub struct SignInRow(String, String, String, String, Option<Vec<u8>>, Option<Timestamp>);

impl SignInRow {
    pub fn into_sign_in(self) -> BegunSignIn {
        let Self(state, nonce, verifier, return_path, form, until) = self;
        BegunSignIn { state, nonce, verifier, return_path, form: FormRow(form, until).into_form() }
    }
}

/// A form that waits, and until when.
#[derive(Queryable)]
pub struct FormRow(Option<Vec<u8>>, Option<Timestamp>);

impl FormRow {
    pub fn into_form(self) -> Option<SealedForm> {
        self.0.zip(self.1).map(|(sealed, until)| SealedForm { sealed, until })
    }
}

#[derive(Insertable)]
#[diesel(table_name = sign_ins, treat_none_as_default_value = false)]
pub struct NewSignInRow {
    token_hash: Vec<u8>,
    state: String,
    nonce: String,
    verifier: String,
    return_path: String,
    ends_at: Timestamp,
    form: Option<Vec<u8>>,
    form_until: Option<Timestamp>,
}

impl NewSignInRow {
    /// With the form that waits, for as long as that does.
    pub fn new(sign_in: &NewSignIn, form: Option<SealedForm>) -> Self {
        let NewSignIn { token_hash, state, nonce, verifier, return_path, ends_at, .. } = sign_in;
        let (form, form_until) = form.map(|form| (form.sealed, form.until)).unzip();
        Self {
            token_hash: token_hash.to_vec(),
            state: state.clone(),
            nonce: nonce.clone(),
            verifier: verifier.clone(),
            return_path: return_path.clone(),
            ends_at: form_until.map_or(*ends_at, |until| until.max(*ends_at)),
            form,
            form_until,
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
    pub fn new(NewPerson { issuer, subject, name, at }: &NewPerson) -> Self {
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
    browser: Option<String>,
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
            browser: session.browser.clone(),
        }
    }
}
