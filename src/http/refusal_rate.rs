//! Which refusals are written down: each kind of them once a minute, so that no storm of requests fills the access log.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::client_network::client_network;
use crate::order::{PersonId, Timestamp};

/// After so long the same is written down again.
const ONCE_EVERY: Duration = Duration::from_mins(1);
/// In that time, of all people together, and of all strangers together: nobody's requests keep those of the others out.
const MOST: usize = 60;

/// What this desk has written down of refusals lately.
#[derive(Default)]
pub struct Refusals(Mutex<Lately>);

#[derive(Default)]
struct Lately {
    since: Option<Timestamp>,
    people: HashSet<(PersonId, &'static str)>,
    strangers: HashSet<(Option<IpAddr>, &'static str)>,
}

impl Refusals {
    /// Whether a refusal is one to write down: the first of the same person, or of a stranger's network, and of the same kind
    /// within a minute.
    pub fn is_new(
        &self,
        now: Timestamp,
        person: Option<PersonId>,
        client: Option<IpAddr>,
        kind: &'static str,
    ) -> bool {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lately.since.is_none_or(|since| since.after(ONCE_EVERY) <= now || now < since) {
            *lately = Lately { since: Some(now), ..Lately::default() };
        }
        if let Some(person) = person {
            return lately.people.len() < MOST && lately.people.insert((person, kind));
        }
        let network = client.map(client_network);
        lately.strangers.len() < MOST && lately.strangers.insert((network, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn the_same_is_written_down_once_a_minute() {
        let (refusals, anna) = (Refusals::default(), PersonId::new(1));
        let one =
            |now, person, client: &str, kind| refusals.is_new(at(now), person, client.parse().ok(), kind);
        let now = "2026-11-30 08:00:00";
        assert!(one(now, anna, "192.0.2.1", "/webhooks"));
        assert!(!one(now, anna, "192.0.2.2", "/webhooks"), "wherever they are");
        assert!(
            one(now, anna, "192.0.2.1", "/audit") && one(now, PersonId::new(2), "192.0.2.1", "/webhooks")
        );
        assert!(
            one(now, None, "2001:db8::1", "no-role") && !one(now, None, "2001:db8::2", "no-role"),
            "a network"
        );
        assert!(!one("2026-11-30 08:00:59", anna, "192.0.2.1", "/webhooks"));
        assert!(one("2026-11-30 08:01:00", anna, "192.0.2.1", "/webhooks"));
        assert!(one(now, anna, "192.0.2.1", "/webhooks"), "a clock that is put back");
    }

    #[test]
    fn a_storm_from_anywhere_is_bounded_and_keeps_no_person_out() {
        let refusals = Refusals::default();
        let now = at("2026-11-30 08:00:00");
        let storm =
            (0..1000_u32).filter(|n| refusals.is_new(now, None, Some(IpAddr::V4((*n).into())), "no-role"));
        assert_eq!(storm.count(), MOST);
        assert!(refusals.is_new(now, PersonId::new(1), None, "/audit"));
    }
}
