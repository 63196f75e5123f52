//! What the access log has of what somebody did: in types here, in a few columns of text in the database.

use super::{ActorName, Day, ListQuery, PersonId};

/// What somebody did, or tried to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Took all orders of a list out, as a file of a format (`csv`).
    Export {
        list: ListQuery,
        format: String,
    },
    /// Took orders out that were ticked in a list, or noted as all of it, as a file of a format.
    ExportSelected {
        list: ListQuery,
        format: String,
    },
    /// Took what happened to orders out, as a file of a format: all of it, or what a query string says.
    ExportChanges {
        filter: String,
        format: String,
    },
    /// Took entries of this log out, as a file of a format.
    LogExport {
        filter: String,
        format: String,
    },
    /// Searched for the orders of a whole card, which is not said.
    CardSearch,
    /// Came back from the provider to be signed in.
    SignIn,
    SignOut,
    /// Ended sessions by another way than signing out: somebody's own, or another person's.
    SessionsEnded {
        of: NamedPerson,
        which: EndedSessions,
    },
    /// Asked for what they may not have, by a method and a path (`POST /webhooks/7/resend`).
    Refused {
        request: String,
    },
    /// Signed in with other roles than the last time; without any before, for the first time. Names of
    /// roles between commas.
    RolesChanged {
        of: NamedPerson,
        before: Option<String>,
        after: String,
    },
    PersonDisabled(NamedPerson),
    PersonEnabled(NamedPerson),
    /// Did something about a webhook message, or about all that were given up.
    Webhook {
        message: Option<i64>,
        act: WebhookAct,
    },
    /// Did something to a view that all see, by its name.
    View {
        name: String,
        act: ViewAct,
    },
    /// Did something to the keys that seal and hash cards: `seal 3`.
    Key {
        key: Option<String>,
        act: KeyAct,
    },
    /// Erased the card numbers of orders from before a day.
    CardsErased {
        before: Day,
    },
    /// Deleted entries of this log from before a day.
    LogPurged {
        before: Day,
    },
    /// What only another release knows, by the name that it has there.
    Other(String),
}

/// A person as they were called then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPerson {
    pub id: PersonId,
    pub name: ActorName,
}

/// Which of a person's sessions were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedSessions {
    /// The one with this number.
    One(i32),
    /// All but the one that asked for it.
    Others,
    All,
}

/// Makes an enum whose variants are stored as words.
macro_rules! words {
    ($(#[$documentation:meta])* $name:ident { $($(#[$about:meta])* $variant:ident $word:literal),+ $(,)? }) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$about])* $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that is stored.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word that was stored; none, if only another release knows it.
            pub fn stored(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}
pub(super) use words;

words! {
    /// What became of webhook messages.
    WebhookAct { Resent "resent", Discarded "discarded" }
}

words! {
    /// What became of a view.
    ViewAct { Added "added", Changed "changed", Renamed "renamed", Moved "moved", Deleted "deleted" }
}

words! {
    /// What became of card keys.
    KeyAct {
        Made "made",
        Rotated "rotated",
        Retired "retired",
        GivenUp "given-up",
        Resealed "resealed",
    }
}

words! {
    /// The kinds of deeds that this release knows, as the log is filtered by them.
    DeedKind {
        SignIn "sign-in",
        SignOut "sign-out",
        SessionsEnded "sessions-ended",
        Refused "refused",
        Role "role",
        Person "person",
        Export "export",
        ExportSelected "export-selected",
        ExportChanges "export-changes",
        CardSearch "card-search",
        LogExport "log-export",
        Webhook "webhook",
        View "view",
        Key "key",
        CardsErased "cards-erased",
        LogPurged "log-purged",
    }
}

/// A deed as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredDeed {
    pub kind: String,
    /// A list's filter and sort, or the log's filter, as a canonical query string.
    pub query: Option<String>,
    /// The person whom it is about.
    pub person: Option<i32>,
    /// What it is about, by its name.
    pub subject: Option<String>,
    pub detail: Option<String>,
}

const DISABLED: &str = "disabled";
const ENABLED: &str = "enabled";
const OTHERS: &str = "others";
const ALL: &str = "all";
/// Between roles before and after.
const BECAME: &str = " > ";

impl Deed {
    /// Reads what was stored of a deed. What cannot be read is what another release did.
    pub fn stored(stored: StoredDeed) -> Self {
        Self::read(&stored).unwrap_or(Self::Other(stored.kind))
    }

    fn read(stored: &StoredDeed) -> Option<Self> {
        let StoredDeed { kind, query, person, subject, detail } = stored;
        let detail = || detail.clone();
        let of = || {
            let (id, name) = (PersonId::new((*person)?)?, ActorName::parse(subject.as_deref()?)?);
            Some(NamedPerson { id, name })
        };
        let day = || Day::parse_iso(detail().as_deref()?);
        Some(match DeedKind::stored(kind)? {
            DeedKind::Export => Self::Export {
                list: ListQuery::parse(query.as_deref()?).filter_and_sort(),
                format: detail()?,
            },
            DeedKind::ExportSelected => Self::ExportSelected {
                list: ListQuery::parse(query.as_deref()?).filter_and_sort(),
                format: detail()?,
            },
            DeedKind::ExportChanges => {
                Self::ExportChanges { filter: query.clone().unwrap_or_default(), format: detail()? }
            }
            DeedKind::LogExport => {
                Self::LogExport { filter: query.clone().unwrap_or_default(), format: detail()? }
            }
            DeedKind::CardSearch => Self::CardSearch,
            DeedKind::SignIn => Self::SignIn,
            DeedKind::SignOut => Self::SignOut,
            DeedKind::SessionsEnded => {
                Self::SessionsEnded { of: of()?, which: EndedSessions::read(&detail()?)? }
            }
            DeedKind::Refused => Self::Refused { request: subject.clone()? },
            DeedKind::Role => {
                let detail = detail()?;
                let (before, after) = detail.split_once(BECAME)?;
                let before = Some(before.to_owned()).filter(|before| !before.is_empty());
                Self::RolesChanged { of: of()?, before, after: after.to_owned() }
            }
            DeedKind::Person => match detail()?.as_str() {
                DISABLED => Self::PersonDisabled(of()?),
                ENABLED => Self::PersonEnabled(of()?),
                _ => return None,
            },
            DeedKind::Webhook => {
                let message = subject.as_deref().map(str::parse).transpose().ok()?;
                Self::Webhook { message, act: WebhookAct::stored(&detail()?)? }
            }
            DeedKind::View => Self::View { name: subject.clone()?, act: ViewAct::stored(&detail()?)? },
            DeedKind::Key => Self::Key { key: subject.clone(), act: KeyAct::stored(&detail()?)? },
            DeedKind::CardsErased => Self::CardsErased { before: day()? },
            DeedKind::LogPurged => Self::LogPurged { before: day()? },
        })
    }

    /// What is stored of it.
    pub fn to_stored(&self) -> StoredDeed {
        let new = |kind: DeedKind| StoredDeed { kind: kind.word().to_owned(), ..StoredDeed::default() };
        let about = |kind, NamedPerson { id, name }: &NamedPerson, detail| StoredDeed {
            person: Some(id.get()),
            subject: Some(name.as_str().to_owned()),
            detail: Some(detail),
            ..new(kind)
        };
        let thing =
            |kind, subject, act: &str| StoredDeed { subject, detail: Some(act.to_owned()), ..new(kind) };
        let day = |kind, day: &Day| StoredDeed { detail: Some(day.iso()), ..new(kind) };
        match self {
            Self::Export { list, format } => StoredDeed {
                query: Some(list.filter_and_sort().write()),
                detail: Some(format.clone()),
                ..new(DeedKind::Export)
            },
            Self::ExportSelected { list, format } => StoredDeed {
                query: Some(list.filter_and_sort().write()),
                detail: Some(format.clone()),
                ..new(DeedKind::ExportSelected)
            },
            Self::ExportChanges { filter, format } => StoredDeed {
                query: Some(filter.clone()),
                detail: Some(format.clone()),
                ..new(DeedKind::ExportChanges)
            },
            Self::LogExport { filter, format } => StoredDeed {
                query: Some(filter.clone()),
                detail: Some(format.clone()),
                ..new(DeedKind::LogExport)
            },
            Self::CardSearch => new(DeedKind::CardSearch),
            Self::SignIn => new(DeedKind::SignIn),
            Self::SignOut => new(DeedKind::SignOut),
            Self::SessionsEnded { of, which } => about(DeedKind::SessionsEnded, of, which.text()),
            Self::Refused { request } => {
                StoredDeed { subject: Some(request.clone()), ..new(DeedKind::Refused) }
            }
            Self::RolesChanged { of, before, after } => {
                let before = before.as_deref().unwrap_or_default();
                about(DeedKind::Role, of, [before, BECAME, after].concat())
            }
            Self::PersonDisabled(of) => about(DeedKind::Person, of, DISABLED.to_owned()),
            Self::PersonEnabled(of) => about(DeedKind::Person, of, ENABLED.to_owned()),
            Self::Webhook { message, act } => {
                thing(DeedKind::Webhook, message.map(|id| id.to_string()), act.word())
            }
            Self::View { name, act } => thing(DeedKind::View, Some(name.clone()), act.word()),
            Self::Key { key, act } => thing(DeedKind::Key, key.clone(), act.word()),
            Self::CardsErased { before } => day(DeedKind::CardsErased, before),
            Self::LogPurged { before } => day(DeedKind::LogPurged, before),
            Self::Other(kind) => StoredDeed { kind: kind.clone(), ..StoredDeed::default() },
        }
    }
}

impl EndedSessions {
    fn text(self) -> String {
        match self {
            Self::One(id) => id.to_string(),
            Self::Others => OTHERS.to_owned(),
            Self::All => ALL.to_owned(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text {
            OTHERS => Some(Self::Others),
            ALL => Some(Self::All),
            id => id.parse().ok().map(Self::One),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Deed> {
        let of = || NamedPerson { id: PersonId::new(7).unwrap(), name: ActorName::of_person("Anna Berg") };
        let list = ListQuery::parse("store=HI-9B97EE4E&sort=number");
        let before = Day::parse_iso("2026-03-03").unwrap();
        let mut all = vec![
            Deed::Export { list: list.clone(), format: "csv".to_owned() },
            Deed::ExportSelected { list, format: "xlsx".to_owned() },
            Deed::ExportChanges { filter: "kind=undone&action=3".to_owned(), format: "csv".to_owned() },
            Deed::LogExport { filter: "deed=sign-in".to_owned(), format: "ndjson".to_owned() },
            Deed::CardSearch,
            Deed::SignIn,
            Deed::SignOut,
            Deed::Refused { request: "POST /webhooks/7/resend".to_owned() },
            Deed::RolesChanged { of: of(), before: None, after: "clerk".to_owned() },
            Deed::RolesChanged {
                of: of(),
                before: Some("clerk".to_owned()),
                after: "clerk,auditor".to_owned(),
            },
            Deed::PersonDisabled(of()),
            Deed::PersonEnabled(of()),
            Deed::Webhook { message: None, act: WebhookAct::Resent },
            Deed::Webhook { message: Some(12), act: WebhookAct::Discarded },
            Deed::CardsErased { before },
            Deed::LogPurged { before },
            Deed::Other("of another release".to_owned()),
        ];
        let ended = [EndedSessions::One(3), EndedSessions::Others, EndedSessions::All];
        all.extend(ended.map(|which| Deed::SessionsEnded { of: of(), which }));
        all.extend(ViewAct::ALL.iter().map(|act| Deed::View { name: "Web store".to_owned(), act: *act }));
        all.extend(KeyAct::ALL.iter().map(|act| Deed::Key { key: Some("seal 3".to_owned()), act: *act }));
        all
    }

    #[test]
    fn deeds_are_read_as_they_were_stored() {
        for deed in all() {
            assert_eq!(Deed::stored(deed.to_stored()), deed);
        }
        for kind in DeedKind::ALL {
            assert!(all().iter().any(|deed| deed.to_stored().kind == kind.word()), "{kind:?}");
        }
    }

    #[test]
    fn what_is_stored_fits_into_its_columns() {
        for deed in all() {
            let StoredDeed { kind, detail, subject, .. } = deed.to_stored();
            assert!(
                kind.len() <= 40 && detail.is_none_or(|text| (1..=200).contains(&text.len())),
                "{deed:?}"
            );
            assert!(subject.is_none_or(|text| (1..=200).contains(&text.len())), "{deed:?}");
        }
    }

    #[test]
    fn of_a_list_its_filter_and_sort_are_kept() {
        let list = ListQuery::parse("store=HI-9B97EE4E&sort=number&page=7&view=3&per_page=100");
        let deed = Deed::Export { list, format: "csv".to_owned() };
        assert_eq!(deed.to_stored().query.unwrap(), "store=HI-9B97EE4E&sort=number");
    }

    #[test]
    fn what_cannot_be_read_is_what_another_release_did() {
        for kind in ["export", "role", "person", "view", "key", "cards-erased", "of another release"] {
            let stored = StoredDeed { kind: kind.to_owned(), ..StoredDeed::default() };
            assert_eq!(Deed::stored(stored), Deed::Other(kind.to_owned()));
        }
    }
}
