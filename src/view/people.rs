//! People who have ever signed in: all of them, and one with their sessions.

use std::time::Duration;

use serde::Serialize;

use super::PageContext;
use super::account::place;
use super::form::Entered;
use super::nav::Nav;
use crate::auth::{Person, Roles, Session};
use crate::order::{Note, NoteError, PersonId, counted};

pub const PEOPLE_URL: &str = "/people";

/// From so many people on a page they can be searched for.
const MANY: usize = 10;

/// The page of a person.
pub fn person_url(id: PersonId) -> String {
    format!("{PEOPLE_URL}/{id}")
}

/// What `people.html` shows.
#[derive(Serialize)]
pub struct PeoplePage {
    nav: Nav,
    title: &'static str,
    query: String,
    has_search: bool,
    caption: String,
    people: Vec<PersonLine>,
    first_url: Option<String>,
    next_url: Option<String>,
}

/// Some people, by name, each with how many sessions they have.
#[derive(Debug, Clone, Copy)]
pub struct SomePeople<'a> {
    pub people: &'a [(Person, usize)],
    /// What was looked for in their names; empty, if nothing.
    pub query: &'a str,
    /// Whether others come before.
    pub has_earlier: bool,
    /// Behind whom there may be more.
    pub next: Option<PersonId>,
}

#[derive(Serialize)]
struct PersonLine {
    id: i32,
    url: String,
    name: String,
    is_this: bool,
    roles: String,
    seen: String,
    sessions: usize,
    is_disabled: bool,
}

/// What `person.html` shows.
#[derive(Serialize)]
pub struct PersonPage {
    nav: Nav,
    title: String,
    notice: String,
    problem: String,
    url: String,
    name: String,
    /// Whether it is who looks at it.
    is_this: bool,
    roles: String,
    seen: String,
    since: String,
    host: String,
    subject: String,
    disabled: Option<DisabledLine>,
    sessions: Vec<SessionLine>,
    reason: Entered,
}

#[derive(Serialize)]
struct DisabledLine {
    at: String,
    by: String,
    reason: String,
}

#[derive(Serialize)]
struct SessionLine {
    browser: String,
    since: String,
    from: String,
    seen: String,
    ends: String,
    end_url: String,
}

/// What has just been done, as a person's page says it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonNotice {
    Disabled,
    DisabledBefore,
    Enabled,
    SessionEnded,
    AllEnded,
}

impl PersonNotice {
    const ALL: [Self; 5] =
        [Self::Disabled, Self::DisabledBefore, Self::Enabled, Self::SessionEnded, Self::AllEnded];

    /// The word that a cookie carries to the page.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::DisabledBefore => "disabled-before",
            Self::Enabled => "enabled",
            Self::SessionEnded => "session-ended",
            Self::AllEnded => "all-ended",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.word() == word)
    }

    fn sentence(self, name: &str) -> String {
        match self {
            Self::Disabled => {
                format!(
                    "{name} is disabled: signed out everywhere within 5 seconds, and kept from signing in."
                )
            }
            Self::DisabledBefore => format!("{name} was disabled already. Nothing was changed."),
            Self::Enabled => format!("{name} may sign in again."),
            Self::SessionEnded => {
                "That session has ended. Its browser is asked to sign in within 5 seconds.".to_owned()
            }
            Self::AllEnded => {
                format!(
                    "All sessions of {name} have ended. Their browsers are asked to sign in within 5 seconds."
                )
            }
        }
    }
}

impl PageContext for PeoplePage {
    const TEMPLATE: &'static str = "people.html";
}

impl PageContext for PersonPage {
    const TEMPLATE: &'static str = "person.html";
}

impl PeoplePage {
    /// For somebody who is among them.
    pub fn new(some: SomePeople<'_>, this: PersonId) -> Self {
        let SomePeople { people, query, has_earlier, next } = some;
        let url = |after: Option<PersonId>| {
            let after = after.map(|id| id.to_string());
            let parameters =
                [("q", Some(query).filter(|query| !query.is_empty())), ("after", after.as_deref())];
            let given: Vec<_> =
                parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            let text = serde_urlencoded::to_string(given).unwrap_or_default();
            if text.is_empty() { PEOPLE_URL.to_owned() } else { format!("{PEOPLE_URL}?{text}") }
        };
        let count = counted(people.len() as u64, "person").replace("persons", "people");
        let is_part = has_earlier || next.is_some();
        Self {
            nav: Nav::people(),
            title: "People",
            query: query.to_owned(),
            has_search: !query.is_empty() || is_part || people.len() >= MANY,
            caption: match (query, is_part) {
                ("", false) => format!("{count}, by name"),
                ("", true) => format!("{count} on this page, by name"),
                (query, false) => format!("{count} with ‘{query}’ in their name"),
                (query, true) => format!("{count} with ‘{query}’ in their name on this page"),
            },
            people: people
                .iter()
                .map(|(person, sessions)| PersonLine::new(person, *sessions, this))
                .collect(),
            first_url: has_earlier.then(|| url(None)),
            next_url: next.map(|next| url(Some(next))),
        }
    }
}

impl PersonLine {
    fn new(person: &Person, sessions: usize, this: PersonId) -> Self {
        Self {
            id: person.id.get(),
            url: person_url(person.id),
            name: person.name.as_str().to_owned(),
            is_this: person.id == this,
            roles: roles(person),
            seen: person.seen_at.in_words(),
            sessions,
            is_disabled: person.disabled.is_some(),
        }
    }
}

/// In words; a dash where a release before this one saw them.
fn roles(person: &Person) -> String {
    person.roles.as_ref().map_or_else(|| "–".to_owned(), Roles::words)
}

impl PersonPage {
    /// A person with their sessions, each of which ends when nobody has used it for so long; for somebody.
    pub fn new(person: &Person, sessions: &[Session], idle: Duration, this: PersonId) -> Self {
        let name = person.name.as_str();
        let host = person.issuer.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next());
        Self {
            nav: Nav::people(),
            title: name.to_owned(),
            notice: String::new(),
            problem: String::new(),
            url: person_url(person.id),
            name: name.to_owned(),
            is_this: person.id == this,
            roles: roles(person),
            seen: person.seen_at.in_words(),
            since: person.created_at.in_words(),
            host: host.unwrap_or(&person.issuer).to_owned(),
            subject: person.subject.clone(),
            disabled: person.disabled.as_ref().map(|disabled| DisabledLine {
                at: disabled.at.in_words(),
                by: disabled.by.words().into_owned(),
                reason: disabled.reason.as_ref().map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
            }),
            sessions: sessions.iter().map(|session| SessionLine::new(session, idle)).collect(),
            reason: Entered::default(),
        }
    }

    /// The same after something was done.
    #[must_use]
    pub fn with_notice(self, notice: PersonNotice) -> Self {
        Self { notice: notice.sentence(&self.name), ..self }
    }

    /// The same with a reason as it was typed, and what is wrong with it.
    #[must_use]
    pub fn with_error(self, reason: &str, error: NoteError) -> Self {
        let words = match error {
            NoteError::LongNumber => {
                "There may be a card number among these digits: say it without a number of 11 digits and more"
                    .to_owned()
            }
            error => error.words("The reason"),
        };
        // What may be a card number is not shown again.
        let value =
            if error == NoteError::LongNumber || Note::hides_a_card(reason) { "" } else { reason }.to_owned();
        Self {
            title: format!("Error: {}", self.title),
            problem: words.clone(),
            reason: Entered { value, error: words },
            ..self
        }
    }
}

impl SessionLine {
    fn new(session: &Session, idle: Duration) -> Self {
        Self {
            browser: session.browser.clone().unwrap_or_default(),
            since: session.created_at.in_words(),
            from: session.client.map(place).unwrap_or_default(),
            seen: session.seen_at.in_words(),
            ends: session.idle_end(idle).in_words(),
            end_url: format!("{}/sessions/{}/end", person_url(session.person), session.id),
        }
    }
}

#[cfg(test)]
mod samples {
    use super::*;
    use crate::auth::Role;
    use crate::db::Disabled;
    use crate::order::{Actor, ActorName, Timestamp};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn person(id: i32, name: &str) -> Person {
        Person {
            id: PersonId::new(id).unwrap(),
            name: ActorName::parse(name).unwrap(),
            issuer: "https://login.example.com:8443/realms/shop".to_owned(),
            subject: format!("subject-{id}"),
            roles: Roles::new([Role::Clerk, Role::Auditor]),
            created_at: at("2026-03-03 08:00:00"),
            seen_at: at("2026-11-30 09:00:00"),
            disabled: None,
        }
    }

    fn disabled(person: Person) -> Person {
        let reason = Note::parse("left the company", false).unwrap();
        let disabled = Disabled { at: at("2026-11-30 09:05:00"), by: Actor::stored("user:Ada"), reason };
        Person { roles: None, disabled: Some(disabled), ..person }
    }

    impl PeoplePage {
        pub(in crate::view) fn samples() -> Vec<Self> {
            let (anna, bert) = (person(1, "Anna <b>Berg"), disabled(person(2, "Bert Hahn")));
            let (people, this) = ([(anna, 2), (bert, 0)], PersonId::new(1).unwrap());
            let all = SomePeople { people: &people, query: "", has_earlier: false, next: None };
            vec![
                Self::new(all, this),
                Self::new(SomePeople { query: "a<b>", has_earlier: true, next: Some(this), ..all }, this),
                Self::new(SomePeople { query: "x", people: &[], ..all }, this),
                Self::new(SomePeople { query: "x", people: &[], next: Some(this), ..all }, this),
            ]
        }
    }

    impl PersonPage {
        pub(in crate::view) fn samples() -> Vec<Self> {
            let anna = person(1, "Anna <b>Berg");
            let session = Session {
                id: 7,
                person: anna.id,
                name: anna.name.clone(),
                roles: anna.roles.clone().unwrap(),
                client: Some("192.0.2.7".parse().unwrap()),
                browser: Some("Firefox on Windows".to_owned()),
                created_at: at("2026-11-30 08:00:00"),
                seen_at: at("2026-11-30 09:00:00"),
                ends_at: at("2026-12-01 08:00:00"),
            };
            let idle = Duration::from_hours(8);
            let page =
                |sessions: &[Session], this| Self::new(&anna, sessions, idle, PersonId::new(this).unwrap());
            let sessions = [session.clone(), Session { client: None, browser: None, ..session }];
            vec![
                page(&sessions, 2).with_notice(PersonNotice::SessionEnded),
                page(&sessions, 1),
                page(&[], 2).with_error("00378282246310005128", NoteError::LongNumber),
                Self::new(&disabled(anna.clone()), &[], idle, PersonId::new(2).unwrap()),
            ]
        }
    }

    #[test]
    fn a_notice_is_read_as_it_was_written() {
        for notice in PersonNotice::ALL {
            assert_eq!(PersonNotice::parse(notice.word()), Some(notice));
        }
        assert_eq!(PersonNotice::parse("x"), None);
    }

    #[test]
    fn links_keep_what_is_looked_for() {
        let people = [(person(1, "Anna Berg"), 1)];
        let next = PersonId::new(1);
        let some = SomePeople { people: &people, query: "a & b", has_earlier: true, next };
        let page = PeoplePage::new(some, next.unwrap());
        assert_eq!(page.first_url.as_deref(), Some("/people?q=a+%26+b"));
        assert_eq!(page.next_url.as_deref(), Some("/people?q=a+%26+b&after=1"));
        let page = PeoplePage::new(SomePeople { query: "", ..some }, next.unwrap());
        assert_eq!(page.first_url.as_deref(), Some("/people"));
        assert!(page.caption.starts_with("1 person "), "{}", page.caption);
    }
}
