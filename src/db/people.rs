//! People who have ever signed in, as the database keeps them, and whether they still may.

use super::sessions::LiveSince;
use crate::order::{Actor, Note, PersonId, Timestamp};

/// Somebody who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPerson {
    pub id: PersonId,
    /// Who vouches for them, and what they are there.
    pub issuer: String,
    pub subject: String,
    /// What they were called when they last signed in.
    pub name: String,
    /// Names of roles between commas, as of their last sign-in; none where a release before this one saw it.
    pub roles: Option<String>,
    /// When they first signed in, in UTC.
    pub created_at: Timestamp,
    /// When they were last seen, within a minute.
    pub seen_at: Timestamp,
    /// None, if they may sign in.
    pub disabled: Option<Disabled>,
}

/// Since when somebody may not sign in any more, by whom, and why, if that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disabled {
    pub at: Timestamp,
    pub by: Actor,
    pub reason: Option<Note>,
}

/// Which people are asked for.
#[derive(Debug, Clone)]
pub struct PeopleQuery {
    /// What their name has in it, whatever its case; all, if it is empty.
    pub name: String,
    /// Behind whom the page begins; from the start, if that is nobody.
    pub after: Option<PersonId>,
    pub wanted: usize,
    /// Which sessions are counted.
    pub live: LiveSince,
}

/// Some people by name, each with how many sessions they have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeoplePage {
    pub people: Vec<(StoredPerson, usize)>,
    /// Behind whom there may be more.
    pub next: Option<PersonId>,
}

/// What becomes of disabling somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisableOutcome {
    Done,
    /// They were disabled already: when, by whom and why stays as it is.
    Before,
    /// There is no such person.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::sessions::{NewSession, SessionBegun};
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

    fn session(token: u8, subject: &str, name: &str) -> NewSession {
        NewSession {
            token_hash: [token; 32],
            issuer: "https://login.example".to_owned(),
            subject: subject.to_owned(),
            name: name.to_owned(),
            roles: "clerk".to_owned(),
            client: None,
            browser: Some("Firefox on Windows".to_owned()),
            at: at("2026-11-30 08:00:00"),
            ends_at: at("2026-12-01 08:00:00"),
            replaces: None,
        }
    }

    async fn sign_in(db: &Db, token: u8, name: &str) -> Option<PersonId> {
        match db.insert_session(session(token, name, name)).await.unwrap() {
            SessionBegun::Begun(begun) => Some(begun.person),
            SessionBegun::Disabled => None,
        }
    }

    fn query(name: &str, after: Option<PersonId>, wanted: usize) -> PeopleQuery {
        let live = LiveSince { now: at("2026-11-30 09:00:00"), used_after: at("2026-11-30 01:00:00") };
        PeopleQuery { name: name.to_owned(), after, wanted, live }
    }

    fn names(page: &PeoplePage) -> Vec<(&str, usize)> {
        page.people.iter().map(|(person, sessions)| (person.name.as_str(), *sessions)).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn people_come_by_name_page_by_page() {
        let Desk { db, _folder } = &desk();
        for (token, name) in (1..).zip(["Carla Berg", "Anna Kowalska", "Bert Ängström", "Anna Berg"]) {
            sign_in(db, token, name).await.unwrap();
        }
        // Two of one name, and somebody who has two sessions.
        db.insert_session(session(5, "other", "Anna Berg")).await.unwrap();
        db.insert_session(session(6, "other", "Anna Berg")).await.unwrap();
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let page = db.list_people(query("", after, 2)).await.unwrap();
            assert!(page.people.len() <= 2);
            all.extend(names(&page).into_iter().map(|(name, sessions)| (name.to_owned(), sessions)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let all: Vec<_> = all.iter().map(|(name, sessions)| (name.as_str(), *sessions)).collect();
        let expected = [
            ("Anna Berg", 1),
            ("Anna Berg", 2),
            ("Anna Kowalska", 1),
            ("Bert Ängström", 1),
            ("Carla Berg", 1),
        ];
        assert_eq!(all, expected);
        for (typed, found) in [
            ("berg", &["Anna Berg", "Anna Berg", "Carla Berg"][..]),
            ("KOW", &["Anna Kowalska"]),
            ("ängs", &["Bert Ängström"]),
            ("%", &[]),
        ] {
            let page = db.list_people(query(typed, None, 50)).await.unwrap();
            let some: Vec<_> = names(&page).into_iter().map(|(name, _)| name).collect();
            assert_eq!((some.as_slice(), page.next), (found, None), "{typed}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sessions_that_are_over_are_not_counted() {
        let Desk { db, _folder } = &desk();
        let anna = sign_in(db, 1, "Anna").await.unwrap();
        sign_in(db, 2, "Anna").await.unwrap();
        let count = async |used_after: &str, now: &str| {
            let live = LiveSince { now: at(now), used_after: at(used_after) };
            let page = db.list_people(PeopleQuery { live, ..query("", None, 9) }).await.unwrap();
            page.people[0].1
        };
        assert_eq!(count("2026-11-30 07:59:59", "2026-12-01 07:59:59").await, 2);
        assert_eq!(count("2026-11-30 08:00:00", "2026-11-30 16:00:00").await, 0, "nobody has used them");
        assert_eq!(count("2026-11-30 07:00:00", "2026-12-01 08:00:00").await, 0, "at their end");
        db.end_sessions_of(anna, at("2026-11-30 09:00:00")).await.unwrap();
        assert_eq!(count("2026-11-30 07:00:00", "2026-11-30 09:00:01").await, 0, "somebody has ended them");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_is_disabled_has_no_session_and_gets_none() {
        let Desk { db, _folder } = &desk();
        let (anna, bert) = (sign_in(db, 1, "Anna").await.unwrap(), sign_in(db, 2, "Bert").await.unwrap());
        let reason = Note::parse("left the company", false).unwrap();
        let disabled = Disabled { at: at("2026-11-30 09:00:00"), by: Actor::Desk, reason };
        for _ in 0..2 {
            let done = db.disable_person(anna, disabled.clone()).await.unwrap();
            assert_eq!(done, DisableOutcome::Done, "the same may be asked for once more");
        }
        let later = Disabled { at: at("2026-11-30 10:00:00"), reason: None, ..disabled.clone() };
        assert_eq!(db.disable_person(anna, later).await.unwrap(), DisableOutcome::Before);
        assert_eq!(db.find_person(anna).await.unwrap().unwrap().disabled, Some(disabled.clone()));
        let nobody = PersonId::new(99).unwrap();
        assert_eq!(db.disable_person(nobody, disabled).await.unwrap(), DisableOutcome::Gone);

        let ended = db.find_session([1; 32]).await.unwrap().unwrap();
        assert!(ended.is_disabled && ended.ends_at <= ended.created_at, "{ended:?}");
        assert!(!db.find_session([2; 32]).await.unwrap().unwrap().is_disabled);
        assert_eq!(sign_in(db, 3, "Anna").await, None);
        assert_eq!(db.find_session([3; 32]).await.unwrap(), None);
        assert_eq!(sign_in(db, 4, "Bert").await, Some(bert), "nobody else is");

        assert!(db.enable_person(anna, at("2026-11-30 11:00:00")).await.unwrap());
        assert!(db.enable_person(anna, at("2026-11-30 11:00:00")).await.unwrap(), "once more");
        assert!(!db.enable_person(nobody, at("2026-11-30 11:00:00")).await.unwrap());
        assert_eq!(db.find_person(anna).await.unwrap().unwrap().disabled, None);
        let before = db.find_session([1; 32]).await.unwrap().unwrap();
        assert!(before.ends_at <= before.created_at, "the session of before does not come back");
        assert_eq!(sign_in(db, 5, "Anna").await, Some(anna));
    }
}
