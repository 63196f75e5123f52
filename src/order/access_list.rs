//! Which entries of the access log are looked at, and how far.

use std::net::IpAddr;

use super::{AccessEntry, Actor, DeedKind, End, PersonId, Timestamp};

/// Which entries are looked at: those that all of it is said of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessFilter {
    pub by: Option<AccessBy>,
    pub kind: Option<DeedKind>,
    pub state: Option<AccessState>,
    pub client: Option<IpAddr>,
    /// From a moment, and before another, in UTC.
    pub span: Option<(Timestamp, Timestamp)>,
}

/// Whose entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessBy {
    /// Whoever was called so then.
    Actor(Actor),
    /// One person, whatever they were called.
    Person(PersonId),
}

/// How an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessState {
    /// Under way, or broken off with the program.
    Begun,
    Ended(End),
}

impl AccessBy {
    /// Reads whom somebody means: `#7` is the person with that number.
    pub fn typed(text: &str) -> Option<Self> {
        match text.strip_prefix('#') {
            Some(number) => number.parse().ok().and_then(PersonId::new).map(Self::Person),
            None => Actor::typed(text).map(Self::Actor),
        }
    }

    fn is(&self, actor: &Actor) -> bool {
        match self {
            Self::Actor(by) => by.text() == actor.text(),
            Self::Person(person) => actor.person() == Some(*person),
        }
    }
}

impl AccessState {
    const BEGUN: &str = "begun";

    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Begun).chain(End::ALL.iter().copied().map(Self::Ended))
    }

    /// As the database and URLs call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Begun => Self::BEGUN,
            Self::Ended(end) => end.word(),
        }
    }
}

impl AccessFilter {
    /// How many conditions there are besides that on the time.
    pub fn conditions(&self) -> usize {
        let Self { by, kind, state, client, span: _ } = self;
        [by.is_some(), kind.is_some(), state.is_some(), client.is_some()].into_iter().filter(|is| *is).count()
    }

    /// Whether an entry is one of them.
    pub fn has(&self, entry: &AccessEntry) -> bool {
        let AccessEntry { access, outcome, .. } = entry;
        let state = outcome.map_or(AccessState::Begun, |outcome| AccessState::Ended(outcome.end));
        self.by.as_ref().is_none_or(|by| by.is(&access.by))
            && self.kind.is_none_or(|kind| access.deed.to_stored().kind == kind.word())
            && self.state.is_none_or(|asked| asked == state)
            && self.client.is_none_or(|client| access.client == Some(client))
            && self.span.is_none_or(|(from, until)| (from..until).contains(&access.at))
    }
}

/// Where an entry stands among all, newest first: by its time, then by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessKey {
    pub at: Timestamp,
    pub number: i64,
}

impl AccessKey {
    /// Before all entries.
    pub const NEWEST: Self = Self { at: Timestamp::LATEST, number: i64::MAX };

    /// The key of an entry.
    pub fn of(entry: &AccessEntry) -> Self {
        Self { at: entry.access.at, number: entry.number }
    }

    /// Behind all entries that are older than a moment, and before all others.
    pub fn before(at: Timestamp) -> Self {
        Self { at, number: 0 }
    }

    /// As URLs have it: `1772546700n17`. The letter keeps its digits from being taken for those of a card.
    pub fn text(self) -> String {
        format!("{}n{}", self.at.get().and_utc().timestamp(), self.number)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (seconds, number) = text.split_once('n')?;
        let at = chrono::DateTime::from_timestamp(seconds.parse().ok()?, 0)?.naive_utc();
        let key = Self { at: Timestamp::new(at), number: number.parse().ok()? };
        // Years that databases know.
        Some(key)
            .filter(|key| (Timestamp::EARLIEST..=Timestamp::LATEST).contains(&key.at) && key.text() == text)
    }
}

/// Some entries, newest first.
#[derive(Debug, Clone, Default)]
pub struct AccessPage {
    pub entries: Vec<AccessEntry>,
    /// Behind which older ones may be; none where there are no more.
    pub next: Option<AccessKey>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::order::holds_card_number;

    proptest! {
        #[test]
        fn a_key_is_read_as_it_was_written(seconds in -62_135_596_800_i64..253_402_214_400, number in 0..=i64::MAX) {
            let at = Timestamp::new(chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc());
            let key = AccessKey { at, number };
            prop_assert_eq!(AccessKey::parse(&key.text()), Some(key));
        }

        #[test]
        fn a_key_of_these_years_is_no_card_number(seconds in 0..4_000_000_000_i64, number in 0..=9_999_999_999_i64) {
            let at = Timestamp::new(chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc());
            let text = AccessKey { at, number }.text();
            prop_assert!(!holds_card_number(&text));
        }

        #[test]
        fn any_text_is_a_key_or_none(text in "\\PC{0,30}|[0-9n-]{0,30}") {
            if let Some(key) = AccessKey::parse(&text) {
                prop_assert_eq!(key.text(), text);
            }
        }
    }

    #[test]
    fn people_are_typed_by_name_or_number() {
        assert_eq!(AccessBy::typed("#7"), PersonId::new(7).map(AccessBy::Person));
        assert_eq!(AccessBy::typed("the command line"), Actor::typed("command-line").map(AccessBy::Actor));
        assert_eq!(AccessBy::typed("#0"), None);
        assert_eq!(AccessBy::typed("4111 1111 1111 1111"), None);
    }
}
