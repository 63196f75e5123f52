//! The access log: who took what out of the desk, and what came of it.

use std::net::IpAddr;

use uuid::Uuid;

use super::{Actor, ListQuery, Timestamp};

/// Something that is written down before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Made by the program, so that an entry that is written twice is there once.
    pub id: Uuid,
    /// When, in UTC.
    pub at: Timestamp,
    pub by: Actor,
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    pub deed: Deed,
}

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Took all orders of a list out, as a file of a format (`csv`).
    Export { list: ListQuery, format: String },
    /// Took orders out that were ticked in a list, or noted as all of it, as a file of a format.
    ExportSelected { list: ListQuery, format: String },
    /// Took what happened to orders out, as a file of a format; of all of it, or of what a query string says.
    ExportChanges { query: String, format: String },
    /// Searched for the orders of a whole card, which is not said.
    CardSearch,
    /// What only another release knows, by the name that it has there.
    Other(String),
}

/// How something ended, written down when it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub end: End,
    /// How many orders, or changes of orders, were handed out or found until then.
    pub orders: u64,
}

/// Which way something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Finished,
    /// Whoever asked went away.
    CutOff,
    /// The desk could not go on.
    Failed,
}

/// An entry of the log, with what came of it; nothing while it is under way, or if the program ended with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// Counted up by the database from 1.
    pub number: i64,
    pub access: Access,
    pub outcome: Option<Outcome>,
}

const EXPORT: &str = "export";
const EXPORT_SELECTED: &str = "export-selected";
const EXPORT_CHANGES: &str = "export-changes";
const CARD_SEARCH: &str = "card-search";

impl Deed {
    /// What was stored of a deed: its kind, the list that it is about, and a detail.
    pub fn stored(kind: &str, query: Option<&str>, detail: Option<&str>) -> Self {
        let list = |query| ListQuery::parse(query).filter_and_sort();
        match (kind, query, detail) {
            (EXPORT, Some(query), Some(format)) => {
                Self::Export { list: list(query), format: format.to_owned() }
            }
            (EXPORT_SELECTED, Some(query), Some(format)) => {
                Self::ExportSelected { list: list(query), format: format.to_owned() }
            }
            (EXPORT_CHANGES, Some(query), Some(format)) => {
                Self::ExportChanges { query: query.to_owned(), format: format.to_owned() }
            }
            (CARD_SEARCH, ..) => Self::CardSearch,
            (kind, ..) => Self::Other(kind.to_owned()),
        }
    }

    /// As the database calls it.
    pub fn kind(&self) -> &str {
        match self {
            Self::Export { .. } => EXPORT,
            Self::ExportSelected { .. } => EXPORT_SELECTED,
            Self::ExportChanges { .. } => EXPORT_CHANGES,
            Self::CardSearch => CARD_SEARCH,
            Self::Other(kind) => kind,
        }
    }

    /// The canonical query string of what it is about.
    pub fn query(&self) -> Option<String> {
        match self {
            Self::Export { list, .. } | Self::ExportSelected { list, .. } => {
                Some(list.filter_and_sort().write())
            }
            Self::ExportChanges { query, .. } => Some(query.clone()),
            Self::CardSearch | Self::Other(_) => None,
        }
    }

    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Export { format, .. }
            | Self::ExportSelected { format, .. }
            | Self::ExportChanges { format, .. } => Some(format),
            Self::CardSearch | Self::Other(_) => None,
        }
    }
}

impl End {
    const ALL: [Self; 3] = [Self::Finished, Self::CutOff, Self::Failed];

    /// As the database and style sheets call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::CutOff => "cut-off",
            Self::Failed => "failed",
        }
    }

    /// Reads the name that was stored; what another release calls by a name of its own did not finish, as far as this one
    /// can tell.
    pub fn stored(name: &str) -> Self {
        Self::ALL.into_iter().find(|end| end.name() == name).unwrap_or(Self::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_are_read_as_they_were_stored() {
        let list = ListQuery::parse("store=HI-9B97EE4E&sort=number");
        for deed in [
            Deed::Export { list: list.clone(), format: "csv".to_owned() },
            Deed::ExportSelected { list, format: "xlsx".to_owned() },
            Deed::ExportChanges { query: "by=anna&kind=undone".to_owned(), format: "csv".to_owned() },
            Deed::CardSearch,
            Deed::Other("sign-in".to_owned()),
        ] {
            let (query, detail) = (deed.query(), deed.detail());
            assert_eq!(Deed::stored(deed.kind(), query.as_deref(), detail), deed);
        }
        assert_eq!(End::ALL.map(|end| End::stored(end.name())), End::ALL);
    }

    #[test]
    fn of_a_list_its_filter_and_sort_are_kept() {
        let list = ListQuery::parse("store=HI-9B97EE4E&sort=number&page=7&view=3&per_page=100");
        let deed = Deed::Export { list, format: "csv".to_owned() };
        assert_eq!(deed.query().unwrap(), "store=HI-9B97EE4E&sort=number");
    }
}
