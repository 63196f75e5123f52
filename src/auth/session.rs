//! Who has signed in, and until when they are.

use std::net::IpAddr;
use std::time::Duration;

use chrono::TimeDelta;

use super::{Permission, Roles};
use crate::db::StoredSession;
use crate::order::{ActorName, NamedPerson, PersonId, Timestamp};

/// How often its being used is noted at most, unless it would end meanwhile.
const SEEN_EVERY: Duration = Duration::from_mins(1);

/// Somebody's being signed in, with one browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// To speak of it: whoever knows it can do nothing with it.
    pub id: i32,
    pub person: PersonId,
    pub name: ActorName,
    /// As the provider said at the sign-in: they last as long as the session.
    pub roles: Roles,
    /// From where they signed in, if that is known.
    pub client: Option<IpAddr>,
    /// With what they signed in, in words, if that is known.
    pub browser: Option<String>,
    /// In UTC.
    pub created_at: Timestamp,
    /// When it was last used, within a minute.
    pub seen_at: Timestamp,
    /// When it ends, used or not.
    pub ends_at: Timestamp,
}

impl Session {
    /// None of roles that this release knows is no session, nor is one of somebody who is disabled.
    pub(super) fn stored(stored: &StoredSession) -> Option<Self> {
        if stored.is_disabled {
            return None;
        }
        Some(Self {
            id: stored.id,
            person: stored.person,
            name: ActorName::of_person(&stored.name),
            roles: Roles::stored(&stored.roles)?,
            client: stored.client,
            browser: stored.browser.clone(),
            created_at: stored.created_at,
            seen_at: stored.seen_at,
            ends_at: stored.ends_at,
        })
    }

    /// Whose it is.
    pub fn person(&self) -> NamedPerson {
        NamedPerson { id: self.person, name: self.name.clone() }
    }

    /// When it ends if nobody uses it any more.
    pub fn idle_end(&self, idle: Duration) -> Timestamp {
        later(self.seen_at, idle).min(self.ends_at)
    }

    pub(super) fn is_over(&self, idle: Duration, now: Timestamp) -> bool {
        self.idle_end(idle) <= now
    }

    /// Whether its being used is worth to be noted.
    pub(super) fn is_stale(&self, idle: Duration, now: Timestamp) -> bool {
        later(self.seen_at, (idle / 4).min(SEEN_EVERY)) <= now
    }

    /// Whether its roles give a permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.all().iter().any(|role| permission.is_of(*role))
    }
}

/// So much later.
pub(super) fn later(time: Timestamp, by: Duration) -> Timestamp {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    Timestamp::new(time.get().checked_add_signed(by).unwrap_or(chrono::NaiveDateTime::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn session(seen_at: &str) -> Session {
        let stored = StoredSession {
            id: 1,
            person: PersonId::new(1).unwrap(),
            name: "Anna Berg".to_owned(),
            roles: "clerk".to_owned(),
            client: None,
            created_at: at("2026-11-30 08:00:00"),
            seen_at: at(seen_at),
            ends_at: at("2026-12-01 08:00:00"),
            browser: None,
            is_disabled: false,
        };
        Session::stored(&stored).unwrap()
    }

    #[test]
    fn a_session_ends_when_nobody_uses_it_and_in_any_case_at_its_end() {
        let idle = Duration::from_hours(8);
        for (seen, now, is_over) in [
            ("2026-11-30 08:00:00", "2026-11-30 15:59:59", false),
            ("2026-11-30 08:00:00", "2026-11-30 16:00:00", true),
            ("2026-12-01 07:59:00", "2026-12-01 07:59:59", false),
            ("2026-12-01 07:59:00", "2026-12-01 08:00:00", true),
        ] {
            assert_eq!(session(seen).is_over(idle, at(now)), is_over, "{seen} {now}");
        }
    }

    #[test]
    fn its_use_is_noted_once_a_minute_and_often_enough_to_live_on() {
        let seen = session("2026-11-30 08:00:00");
        for (idle_minutes, now, is_stale) in [
            (480, "2026-11-30 08:00:59", false),
            (480, "2026-11-30 08:01:00", true),
            (1, "2026-11-30 08:00:14", false),
            (1, "2026-11-30 08:00:15", true),
        ] {
            assert_eq!(seen.is_stale(Duration::from_mins(idle_minutes), at(now)), is_stale, "{now}");
        }
    }
}
