//! Who did something to an order.

use std::borrow::Cow;
use std::fmt;

use super::holds_card_number;

/// Who did something to an order: recorded with it, and in its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Whoever sat at the desk, where nobody signs in.
    Desk,
    /// Whoever has not signed in, where people do.
    Stranger,
    /// Somebody who had signed in: what they were called then, and who that is, where it is known. The text has the name
    /// alone; the history keeps the person beside it.
    User(ActorName, Option<PersonId>),
    /// A program, by its access token.
    Token(ActorName),
    /// This program itself.
    System(SystemTask),
    /// A text of another release, as it was stored.
    Other(OtherActor),
}

/// What the program does to orders by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemTask {
    /// The generator of demo orders.
    Seed,
    /// The adoption of the replaced application's orders.
    Adopt,
    /// The check of the database, where it mends something.
    Check,
    /// Whoever gives commands on the machine.
    CommandLine,
    /// What erases and deletes what was kept for long enough.
    Retention,
    /// The command that seals cards again with newer keys.
    Reencrypt,
    /// The command that reads orders from a file.
    Import,
}

const DESK: &str = "desk";
const STRANGER: &str = "stranger";
const USER: &str = "user:";
const TOKEN: &str = "token:";

impl Actor {
    /// Reads an actor as it was stored. There is no text that is none: what cannot be understood stays as it is.
    pub fn stored(text: &str) -> Self {
        let name = |prefix| text.strip_prefix(prefix).and_then(ActorName::parse);
        if text == DESK {
            Self::Desk
        } else if text == STRANGER {
            Self::Stranger
        } else if let Some(task) = SystemTask::parse(text) {
            Self::System(task)
        } else if let Some(name) = name(USER) {
            Self::User(name, None)
        } else if let Some(name) = name(TOKEN) {
            Self::Token(name)
        } else {
            Self::Other(OtherActor(text.to_owned()))
        }
    }

    /// The text that is stored, another one for each actor: `desk`, `seed`, `user:anna`, `token:scanner`. The longest that is
    /// made has as many characters as its column, 200.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Desk => DESK.into(),
            Self::Stranger => STRANGER.into(),
            Self::User(name, _) => [USER, name.as_str()].concat().into(),
            Self::Token(name) => [TOKEN, name.as_str()].concat().into(),
            Self::System(task) => task.as_str().into(),
            Self::Other(other) => other.as_str().into(),
        }
    }
}

impl Actor {
    /// Who has signed in, whatever they are called by now; none for whatever else acts.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::User(_, person) => *person,
            Self::Desk | Self::Stranger | Self::Token(_) | Self::System(_) | Self::Other(_) => None,
        }
    }

    /// Reads whom somebody means: as people call it, as it is stored, or a user by name alone.
    pub fn typed(text: &str) -> Option<Self> {
        let known = SystemTask::ALL.into_iter().map(Self::System).chain([Self::Desk, Self::Stranger]);
        let named = |actor: &Self| actor.words().eq_ignore_ascii_case(text);
        known.into_iter().find(named).or_else(|| match Self::stored(text) {
            Self::Other(_) => ActorName::parse(text).map(|name| Self::User(name, None)),
            actor => Some(actor),
        })
    }

    /// As people call it.
    pub fn words(&self) -> Cow<'_, str> {
        match self {
            Self::Desk => "the desk".into(),
            Self::Stranger => "a stranger".into(),
            Self::User(name, _) => name.as_str().into(),
            Self::Token(name) => format!("the token {}", name.as_str()).into(),
            Self::System(SystemTask::Seed) => "the demo data generator".into(),
            Self::System(SystemTask::Adopt) => "the adoption of the Flask application's orders".into(),
            Self::System(SystemTask::Check) => "the check of the database".into(),
            Self::System(SystemTask::CommandLine) => "the command line".into(),
            Self::System(SystemTask::Retention) => "the purge of old data".into(),
            Self::System(SystemTask::Reencrypt) => "orders key reseal".into(),
            Self::System(SystemTask::Import) => "an import by the command line".into(),
            Self::Other(other) => other.as_str().into(),
        }
    }

    /// Whether a text may be one that is stored.
    pub(super) fn is_stored_text(text: &str) -> bool {
        (1..=200).contains(&text.len()) && !text.chars().any(char::is_control) && !holds_card_number(text)
    }
}

impl SystemTask {
    const ALL: [Self; 7] = [
        Self::Seed,
        Self::Adopt,
        Self::Check,
        Self::CommandLine,
        Self::Retention,
        Self::Reencrypt,
        Self::Import,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Adopt => "adopt",
            Self::Check => "check",
            Self::CommandLine => "command-line",
            Self::Retention => "retention",
            Self::Reencrypt => "reseal",
            Self::Import => "import",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.as_str() == word)
    }
}

/// Who signs in, by the number that the database has given them: it stays, whatever they are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(i32);

impl PersonId {
    /// From 1.
    pub fn new(id: i32) -> Option<Self> {
        (id > 0).then_some(Self(id))
    }

    /// The number.
    pub fn get(self) -> i32 {
        self.0
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a user or a token is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorName(String);

impl ActorName {
    /// In bytes of UTF-8, of which SQL Server's characters (UTF-16) are never more.
    const MAX_BYTES: usize = 200 - TOKEN.len();

    /// Reads a name: printable, without spaces around it, and without what may be a card number (PCI DSS 4.0, requirement 3.4.1).
    pub fn parse(text: &str) -> Option<Self> {
        let is_name = (1..=Self::MAX_BYTES).contains(&text.len())
            && text.trim() == text
            && !text.chars().any(char::is_control)
            && !holds_card_number(text);
        is_name.then(|| Self(text.to_owned()))
    }

    /// The name of a person as somebody else calls them: cut to what fits, and without what no name may have.
    pub fn of_person(text: &str) -> Self {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        let end = text.floor_char_boundary(Self::MAX_BYTES.min(text.len()));
        let cut = text.get(..end).unwrap_or_default();
        Self::parse(cut.trim()).unwrap_or_else(|| Self("somebody".to_owned()))
    }

    /// The name, as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An actor that this release does not know, as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherActor(String);

impl OtherActor {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn actors_are_told_in_words_and_unknown_ones_as_they_were_stored() {
        for (stored, told) in [
            ("desk", "the desk"),
            ("seed", "the demo data generator"),
            ("adopt", "the adoption of the Flask application's orders"),
            ("check", "the check of the database"),
            ("stranger", "a stranger"),
            ("command-line", "the command line"),
            ("retention", "the purge of old data"),
            ("user:anna@example.com", "anna@example.com"),
            ("token:scanner 2", "the token scanner 2"),
            ("user:", "user:"),
            ("another release", "another release"),
        ] {
            assert_eq!(Actor::stored(stored).words(), told);
        }
    }

    fn any_name() -> impl Strategy<Value = ActorName> {
        // Everyday names, and any printable text up to the longest.
        "[a-z]{1,20}(@[a-z]{1,20}\\.example)?|[^\\pC\\pZ]{1,300}"
            .prop_filter_map("no name", |text| ActorName::parse(&text))
    }

    /// Anyone whom this release records.
    fn any_actor() -> impl Strategy<Value = Actor> {
        prop_oneof![
            Just(Actor::Desk),
            Just(Actor::Stranger),
            any_name().prop_map(|name| Actor::User(name, None)),
            any_name().prop_map(Actor::Token),
            prop::sample::select(&SystemTask::ALL[..]).prop_map(Actor::System),
        ]
    }

    proptest! {
        #[test]
        fn an_actor_is_read_as_it_was_stored_and_fits_into_its_column(actor in any_actor()) {
            let text = actor.text().into_owned();
            prop_assert!(text.encode_utf16().count() <= 200, "{}", text);
            prop_assert_eq!(Actor::stored(&text), actor);
        }

        #[test]
        fn a_person_has_a_name_whatever_others_call_them(text in ".{0,300}") {
            let name = ActorName::of_person(&text);
            prop_assert_eq!(ActorName::parse(name.as_str()), Some(name.clone()));
            if let Some(right) = ActorName::parse(&text) {
                prop_assert_eq!(name, right);
            }
        }

        #[test]
        fn whatever_stands_in_a_row_is_read_and_stays_the_same(text in "(user:|token:|desk|seed|check)?.{0,220}") {
            let actor = Actor::stored(&text);
            prop_assert_eq!(actor.text(), text.as_str());
        }

        #[test]
        fn a_name_holds_no_card_number_and_nothing_that_cannot_be_seen(text in "[ -~]{0,220}") {
            if let Some(name) = ActorName::parse(&text) {
                prop_assert!(!holds_card_number(name.as_str()) && name.as_str().trim() == text);
            }
        }
    }

    #[test]
    fn whoever_is_typed_is_somebody() {
        for (text, stored) in [
            ("The desk", "desk"),
            ("desk", "desk"),
            ("anna", "user:anna"),
            ("user:anna", "user:anna"),
            ("token:scanner 2", "token:scanner 2"),
            ("the demo data generator", "seed"),
        ] {
            assert_eq!(Actor::typed(text).unwrap().text(), stored);
        }
        assert_eq!(Actor::typed("4111 1111 1111 1111"), None);
        assert_eq!(Actor::typed(""), None);
    }

    #[test]
    fn rows_of_earlier_releases_are_read_as_before() {
        for (text, actor) in [
            ("desk", Actor::Desk),
            ("seed", Actor::System(SystemTask::Seed)),
            ("adopt", Actor::System(SystemTask::Adopt)),
            ("check", Actor::System(SystemTask::Check)),
        ] {
            assert_eq!((Actor::stored(text), actor.text().as_ref()), (actor.clone(), text));
        }
    }

    #[test]
    fn what_is_no_actor_of_this_release_stays_a_text() {
        for text in
            ["", "Desk", "user", "user:", "token: x", "user:a\u{7}b", "user:4111 1111 1111 1111", "clerk:x"]
        {
            assert_eq!(Actor::stored(text), Actor::Other(OtherActor(text.to_owned())), "{text:?}");
        }
        assert!(ActorName::parse(&"x".repeat(194)).is_some() && ActorName::parse(&"x".repeat(195)).is_none());
    }
}
