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
            at: at("2026-11-30 08:00:00"),
            ends_at: at("2026-12-01 08:00:00"),
            replaces: None,
        }
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
        let begun = db.insert_session(session(1, "anna")).await.unwrap();
        assert_eq!(db.insert_session(session(1, "anna")).await.unwrap(), begun);
        assert_eq!((begun.name.as_str(), begun.roles.as_str()), ("ANNA", "clerk"));
        assert_eq!(db.find_session([1; 32]).await.unwrap(), Some(begun.clone()));

        let other = db.insert_session(session(2, "bert")).await.unwrap();
        assert_ne!(begun.person, other.person);
        let replacing = NewSession { replaces: Some([1; 32]), name: "Anna".to_owned(), ..session(3, "anna") };
        let next = db.insert_session(replacing).await.unwrap();
        assert_eq!(
            (next.person, next.name.as_str()),
            (begun.person, "Anna"),
            "another name, the same person"
        );
        assert_eq!(db.find_session([1; 32]).await.unwrap(), None);

        // Of another provider it is another person.
        let elsewhere = NewSession { issuer: "https://other.example".to_owned(), ..session(4, "anna") };
        assert_ne!(db.insert_session(elsewhere).await.unwrap().person, begun.person);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn people_end_their_own_sessions_alone() {
        let Desk { db, _folder } = &desk();
        let [one, two, three] = [1, 2, 3].map(|token| session(token, "anna"));
        let (one, two) = (db.insert_session(one).await.unwrap(), db.insert_session(two).await.unwrap());
        db.insert_session(three).await.unwrap();
        let bert = db.insert_session(session(4, "bert")).await.unwrap();
        db.delete_session_of(bert.person, two.id).await.unwrap();
        db.delete_other_sessions(bert.person, bert.id).await.unwrap();
        let ids = async |person| -> Vec<i32> {
            db.list_sessions(person).await.unwrap().into_iter().map(|session| session.id).collect()
        };
        assert_eq!(ids(one.person).await.len(), 3);
        db.delete_session_of(one.person, two.id).await.unwrap();
        assert!(!ids(one.person).await.contains(&two.id));
        db.delete_other_sessions(one.person, one.id).await.unwrap();
        assert_eq!((ids(one.person).await, ids(bert.person).await), (vec![one.id], vec![bert.id]));
        db.delete_session([1; 32]).await.unwrap();
        db.delete_session([1; 32]).await.unwrap();
        assert!(ids(one.person).await.is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn its_use_is_noted_and_never_goes_back() {
        let Desk { db, _folder } = &desk();
        let begun = db.insert_session(session(1, "anna")).await.unwrap();
        for now in ["2026-11-30 09:00:00", "2026-11-30 08:30:00"] {
            db.touch_session((begun.id, begun.person), at(now)).await.unwrap();
            let seen = db.find_session([1; 32]).await.unwrap().unwrap().seen_at;
            assert_eq!(seen, at("2026-11-30 09:00:00"));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_over_goes_with_what_is_new() {
        let Desk { db, _folder } = &desk();
        for token in 0..5 {
            db.insert_session(session(token, "anna")).await.unwrap();
        }
        let later = |token| NewSession {
            at: at("2026-12-01 08:00:00"),
            ends_at: at("2026-12-02 08:00:00"),
            ..session(token, "anna")
        };
        let next = db.insert_session(later(9)).await.unwrap();
        let left: Vec<i32> =
            db.list_sessions(next.person).await.unwrap().iter().map(|session| session.id).collect();
        assert_eq!(left, [next.id]);
    }
}
