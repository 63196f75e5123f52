//! What has just been done with an own view, as the next page says it once.

use crate::order::{ViewId, ViewName};

/// What has just been done with an own view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewNotice {
    Saved,
    /// A view of the same name had the same list already.
    Known,
    Renamed(ViewId),
    Moved(ViewId),
    Deleted,
}

impl ViewNotice {
    /// The word that a cookie carries to the next page.
    pub fn word(self) -> String {
        match self {
            Self::Saved => "view-saved".to_owned(),
            Self::Known => "view-known".to_owned(),
            Self::Renamed(id) => format!("view-renamed-{id}"),
            Self::Moved(id) => format!("view-moved-{id}"),
            Self::Deleted => "view-deleted".to_owned(),
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        let what = word.strip_prefix("view-")?;
        match what.split_once('-') {
            Some(("renamed", id)) => ViewId::parse(id).map(Self::Renamed),
            Some(("moved", id)) => ViewId::parse(id).map(Self::Moved),
            _ => [Self::Saved, Self::Known, Self::Deleted].into_iter().find(|notice| notice.word() == word),
        }
    }

    /// The view that it is about, where the page cannot tell.
    pub fn view(self) -> Option<ViewId> {
        match self {
            Self::Renamed(id) | Self::Moved(id) => Some(id),
            Self::Saved | Self::Known | Self::Deleted => None,
        }
    }

    /// How it looks: as a success, or as something to know.
    pub(super) fn kind(self) -> &'static str {
        if self == Self::Known { "info" } else { "success" }
    }

    /// A view that is gone by now has no name.
    pub(super) fn sentence(self, name: Option<&ViewName>) -> String {
        let view = name.map_or("The view".to_owned(), |name| format!("View ‘{name}’"));
        match self {
            Self::Saved => format!("{view} saved."),
            Self::Known => format!("{view} has had this list before. Nothing was changed."),
            Self::Renamed(_) => {
                name.map_or("View renamed.".to_owned(), |name| format!("The view is called ‘{name}’ now."))
            }
            Self::Moved(_) => format!("{view} moved."),
            Self::Deleted => "View deleted.".to_owned(),
        }
    }
}
