//! People who sign in, their sessions, and sign-ins that were begun, as the database keeps them.
//!
//! What a browser keeps is known here by its SHA-256 alone: whoever reads the database is nobody at the desk by that.

use std::fmt;
use std::net::IpAddr;

use crate::order::{PersonId, Timestamp};

/// The SHA-256 of what a browser keeps.
pub type TokenHash = [u8; 32];

/// The largest form that waits until somebody has signed in.
pub const MAX_FORM_BYTES: usize = 16 * 1024;

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
    /// What this browser has kept of a sign-in until now.
    pub replaces: Option<TokenHash>,
    /// A form that is to wait, in place of what waited; none: what waited goes on waiting.
    pub form: Option<SealedForm>,
}

/// A form that waits until somebody has signed in again, sealed (`cards::waiting`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedForm {
    pub sealed: Vec<u8>,
    /// In UTC.
    pub until: Timestamp,
}

/// Which sessions are not over.
#[derive(Debug, Clone, Copy)]
pub struct LiveSince {
    /// They end later.
    pub now: Timestamp,
    /// They were used later.
    pub used_after: Timestamp,
}

/// A sign-in that was begun, and is finished or refused now. `Debug` shows none of its secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct BegunSignIn {
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub return_path: String,
    pub form: Option<SealedForm>,
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
    /// With what they sign in, in words.
    pub browser: Option<String>,
    /// When it begins, in UTC, and when it ends at the latest.
    pub at: Timestamp,
    pub ends_at: Timestamp,
    /// The browser's session until now, which ends.
    pub replaces: Option<TokenHash>,
}

/// Somebody whom a provider vouches for, and who is about to sign in.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Who vouches for them, and what they are there.
    pub issuer: String,
    pub subject: String,
    /// What they are called now.
    pub name: String,
    pub at: Timestamp,
}

/// Somebody who has been here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    pub id: PersonId,
    /// As [`StoredSession::roles`], at the last sign-in; none before the first.
    pub last_roles: Option<String>,
    /// Whether somebody has disabled them.
    pub is_disabled: bool,
}

/// What becomes of a session that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionBegun {
    Begun(StoredSession),
    /// Somebody has disabled the person.
    Disabled,
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
    /// Not after it began, if somebody has ended it.
    pub ends_at: Timestamp,
    pub browser: Option<String>,
    /// Whether somebody has disabled the person.
    pub is_disabled: bool,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Db, SqliteOptions};

    struct Desk {
        db: Db,
        _folder: tempfile::TempDir,
    }

    fn desk() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let db = SqliteOptions::in_folder(folder.path(), 1).open().unwrap();
        Desk { db, _folder: folder }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn sign_in(token: u8) -> NewSignIn {
        NewSignIn {
            token_hash: [token; 32],
            state: "state".to_owned(),
            nonce: "nonce".to_owned(),
            verifier: "verifier".to_owned(),
            return_path: "/orders/7".to_owned(),
            at: at("2026-11-30 08:00:00"),
            ends_at: at("2026-11-30 08:10:00"),
            replaces: None,
            form: None,
        }
    }

    fn session(token: u8, subject: &str) -> NewSession {
        NewSession {
            token_hash: [token; 32],
            issuer: "https://login.example".to_owned(),
            subject: subject.to_owned(),
            name: subject.to_uppercase(),
            roles: "clerk".to_owned(),
            client: Some("192.0.2.7".parse().unwrap()),
            browser: None,
            at: at("2026-11-30 08:00:00"),
            ends_at: at("2026-12-01 08:00:00"),
            replaces: None,
        }
    }

    async fn begin(db: &Db, session: NewSession) -> StoredSession {
        match db.insert_session(session).await.unwrap() {
            SessionBegun::Begun(begun) => begun,
            SessionBegun::Disabled => panic!("nobody is disabled"),
        }
    }

    /// The ids of a person's sessions that are not over.
    async fn ids(db: &Db, person: PersonId, now: &str) -> Vec<i32> {
        let all = db.list_sessions(person).await.unwrap();
        all.into_iter().filter(|session| session.ends_at > at(now)).map(|session| session.id).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_request_claims_a_sign_in_and_may_try_again() {
        let Desk { db, _folder } = &desk();
        let now = at("2026-11-30 08:09:59");
        for _ in 0..2 {
            db.insert_sign_in(sign_in(1)).await.unwrap();
        }
        assert_eq!(db.claim_sign_in([2; 32], 10, now).await.unwrap(), None, "another browser's");
        for _ in 0..2 {
            let begun = db.claim_sign_in([1; 32], 10, now).await.unwrap().unwrap();
            assert_eq!((begun.state.as_str(), begun.return_path.as_str()), ("state", "/orders/7"));
        }
        assert_eq!(db.claim_sign_in([1; 32], 11, now).await.unwrap(), None, "used already");
        db.insert_sign_in(sign_in(3)).await.unwrap();
        assert_eq!(db.claim_sign_in([3; 32], 10, at("2026-11-30 08:10:00")).await.unwrap(), None, "over");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_session_begins_once_and_takes_the_place_of_another() {
        let Desk { db, _folder } = &desk();
        let begun = begin(db, session(1, "anna")).await;
        assert_eq!(begin(db, session(1, "anna")).await, begun);
        assert_eq!((begun.name.as_str(), begun.roles.as_str()), ("ANNA", "clerk"));
        assert_eq!(db.find_session([1; 32]).await.unwrap(), Some(begun.clone()));

        let other = begin(db, session(2, "bert")).await;
        assert_ne!(begun.person, other.person);
        let replacing = NewSession { replaces: Some([1; 32]), name: "Anna".to_owned(), ..session(3, "anna") };
        let next = begin(db, replacing).await;
        assert_eq!(
            (next.person, next.name.as_str()),
            (begun.person, "Anna"),
            "another name, the same person"
        );
        assert_eq!(db.find_session([1; 32]).await.unwrap(), None);

        // Of another provider it is another person.
        let elsewhere = NewSession { issuer: "https://other.example".to_owned(), ..session(4, "anna") };
        assert_ne!(begin(db, elsewhere).await.person, begun.person);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn people_end_their_own_sessions_alone() {
        let Desk { db, _folder } = &desk();
        let [one, two, three] = [1, 2, 3].map(|token| session(token, "anna"));
        let (one, two) = (begin(db, one).await, begin(db, two).await);
        begin(db, three).await;
        let bert = begin(db, session(4, "bert")).await;
        let now = "2026-11-30 09:00:00";
        db.end_session_of(bert.person, two.id, at(now)).await.unwrap();
        db.end_other_sessions(bert.person, bert.id, at(now)).await.unwrap();
        assert_eq!(ids(db, one.person, now).await.len(), 3);
        db.end_session_of(one.person, two.id, at(now)).await.unwrap();
        assert!(!ids(db, one.person, now).await.contains(&two.id));
        db.end_other_sessions(one.person, one.id, at(now)).await.unwrap();
        let left = async |person| ids(db, person, now).await;
        assert_eq!((left(one.person).await, left(bert.person).await), (vec![one.id], vec![bert.id]));
        db.end_sessions_of(bert.person, at(now)).await.unwrap();
        assert_eq!((left(one.person).await, left(bert.person).await), (vec![one.id], vec![]));
        db.delete_session([1; 32]).await.unwrap();
        db.delete_session([1; 32]).await.unwrap();
        assert!(left(one.person).await.is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn its_use_is_noted_and_never_goes_back() {
        let Desk { db, _folder } = &desk();
        let begun = begin(db, session(1, "anna")).await;
        for now in ["2026-11-30 09:00:00", "2026-11-30 08:30:00"] {
            db.touch_session((begun.id, begun.person), at(now)).await.unwrap();
            let seen = db.find_session([1; 32]).await.unwrap().unwrap().seen_at;
            assert_eq!(seen, at("2026-11-30 09:00:00"));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whose_a_session_was_is_known_for_a_day_and_then_goes_with_what_is_new() {
        let Desk { db, _folder } = &desk();
        for token in 0..5 {
            begin(db, session(token, "anna")).await;
        }
        let later = |token, time| NewSession { at: at(time), ends_at: at(time), ..session(token, "bert") };
        let anna = begin(db, session(5, "anna")).await.person;
        db.end_session_of(anna, 1, at("2026-12-01 12:00:00")).await.unwrap();
        let all = async || db.list_sessions(anna).await.unwrap().len();
        begin(db, later(7, "2026-12-02 07:59:59")).await;
        assert_eq!(all().await, 6, "a day has not passed since they were over");
        begin(db, later(8, "2026-12-02 08:00:00")).await;
        assert_eq!(all().await, 1, "somebody ended it later");
        begin(db, later(9, "2026-12-02 12:00:00")).await;
        assert_eq!(all().await, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_form_waits_through_sign_ins_until_another_comes_or_its_time_is_over() {
        let Desk { db, _folder } = &desk();
        let form = |byte, until| SealedForm { sealed: vec![byte; 17_000], until: at(until) };
        let waiting = async |token: u8, now| db.find_waiting_form([token; 32], at(now)).await.unwrap();
        let (first, now) = (form(1, "2026-11-30 08:15:00"), "2026-11-30 08:14:59");
        db.insert_sign_in(NewSignIn { form: Some(first.clone()), ..sign_in(1) }).await.unwrap();
        assert_eq!(waiting(1, now).await, Some(first.clone()));
        assert_eq!(waiting(1, "2026-11-30 08:15:00").await, None, "over");

        // Whoever clicks twice begins twice.
        for token in [2, 3] {
            let next = NewSignIn { replaces: Some([1; 32]), ..sign_in(token) };
            for _ in 0..2 {
                db.insert_sign_in(next.clone()).await.unwrap();
            }
            assert_eq!(waiting(token, now).await, Some(first.clone()));
        }
        let claimed = db.claim_sign_in([2; 32], 10, at("2026-11-30 08:05:00")).await.unwrap().unwrap();
        assert_eq!(claimed.form, Some(first.clone()));
        // Nobody was signed in, and it is begun again.
        db.insert_sign_in(NewSignIn { replaces: Some([2; 32]), ..sign_in(4) }).await.unwrap();
        assert_eq!(waiting(4, now).await, Some(first));

        let second = form(2, "2026-11-30 08:20:00");
        let sent = NewSignIn { form: Some(second.clone()), replaces: Some([4; 32]), ..sign_in(5) };
        db.insert_sign_in(sent).await.unwrap();
        assert_eq!((waiting(5, now).await, waiting(4, now).await), (Some(second), None), "one a browser");
        db.insert_sign_in(NewSignIn { replaces: Some([9; 32]), ..sign_in(6) }).await.unwrap();
        assert_eq!(waiting(6, now).await, None);
    }
}
