//! What has just happened to an order, as the next page says it once.

use crate::order::OrderNumber;

/// What has just happened to the order that a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    Added,
    /// A form that had added it was sent again.
    Again,
    Changed,
    /// A form that had changed it was sent again.
    ChangedAgain,
    /// A form was sent that changes nothing.
    Unchanged,
    /// It was marked as shipped.
    Shipped,
    /// It had a shipping date already.
    ShippedBefore,
    /// It was marked as delivered.
    Delivered,
    /// It had a delivery date already.
    DeliveredBefore,
    Cancelled,
    /// It is not cancelled any more.
    Reopened,
    /// It was not cancelled.
    OpenBefore,
    /// Its last change was taken back.
    Undone,
    /// A form that had taken it back was sent again.
    UndoneAgain,
    /// Somebody has looked at its warnings.
    Seen,
}

/// A notice on its way to the next page, with the version that came of what it tells, if that may be taken back there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub notice: Notice,
    pub version: Option<i32>,
}

impl Told {
    /// The word that a cookie carries: `changed`, or `changed.7` with its version.
    pub fn word(self) -> String {
        let version = self.version.map(|version| format!(".{version}")).unwrap_or_default();
        format!("{}{version}", self.notice.as_str())
    }

    pub fn parse(word: &str) -> Option<Self> {
        let (word, version) = match word.split_once('.') {
            Some((word, version)) => (word, Some(version.parse().ok()?)),
            None => (word, None),
        };
        Some(Self { notice: Notice::parse(word)?, version })
    }
}

impl From<Notice> for Told {
    fn from(notice: Notice) -> Self {
        Self { notice, version: None }
    }
}

impl Notice {
    const ALL: [Self; 15] = [
        Self::Added,
        Self::Again,
        Self::Changed,
        Self::ChangedAgain,
        Self::Unchanged,
        Self::Shipped,
        Self::ShippedBefore,
        Self::Delivered,
        Self::DeliveredBefore,
        Self::Cancelled,
        Self::Reopened,
        Self::OpenBefore,
        Self::Undone,
        Self::UndoneAgain,
        Self::Seen,
    ];

    /// What it tells, with the version that came of it.
    pub fn of_version(self, version: i32) -> Told {
        Told { notice: self, version: Some(version) }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Again => "again",
            Self::Changed => "changed",
            Self::ChangedAgain => "changed-again",
            Self::Unchanged => "unchanged",
            Self::Shipped => "shipped",
            Self::ShippedBefore => "shipped-before",
            Self::Delivered => "delivered",
            Self::DeliveredBefore => "delivered-before",
            Self::Cancelled => "cancelled",
            Self::Reopened => "reopened",
            Self::OpenBefore => "open-before",
            Self::Undone => "undone",
            Self::UndoneAgain => "undone-again",
            Self::Seen => "seen",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.as_str() == word)
    }

    /// Whether it is the end of adding an order, after which another may follow.
    pub(super) fn is_of_adding(self) -> bool {
        matches!(self, Self::Added | Self::Again)
    }

    /// How it looks: as a success, or as something to know.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Added
            | Self::Changed
            | Self::Shipped
            | Self::Delivered
            | Self::Cancelled
            | Self::Reopened
            | Self::Undone
            | Self::Seen => "success",
            Self::Again
            | Self::ChangedAgain
            | Self::Unchanged
            | Self::ShippedBefore
            | Self::DeliveredBefore
            | Self::OpenBefore
            | Self::UndoneAgain => "info",
        }
    }

    pub(super) fn sentence(self, number: OrderNumber) -> String {
        match self {
            Self::Added => format!("Order {number} has been added."),
            Self::Again => format!("Order {number} had been added already; the form was sent twice."),
            Self::Changed => format!("Order {number} changed."),
            Self::ChangedAgain => {
                format!("Order {number} had been changed already; the form was sent twice.")
            }
            Self::Unchanged => "Nothing was changed.".to_owned(),
            Self::Shipped => format!("Order {number} marked as shipped."),
            Self::ShippedBefore => {
                format!("Order {number} had a shipping date already. Nothing was changed.")
            }
            Self::Delivered => format!("Order {number} marked as delivered."),
            Self::DeliveredBefore => {
                format!("Order {number} had a delivery date already. Nothing was changed.")
            }
            Self::Cancelled => format!("Order {number} cancelled."),
            Self::Reopened => format!("Order {number} reopened."),
            Self::OpenBefore => format!("Order {number} was not cancelled. Nothing was changed."),
            Self::Undone => format!("Undone. Order {number} is as it was before."),
            Self::UndoneAgain => "That had been undone already; the form was sent twice.".to_owned(),
            Self::Seen => "Marked as seen.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_as_it_was_written() {
        for notice in Notice::ALL {
            for told in [Told::from(notice), notice.of_version(7)] {
                assert_eq!(Told::parse(&told.word()), Some(told));
            }
        }
        for other in ["", "searched", "changed.", "changed.x", ".7"] {
            assert_eq!(Told::parse(other), None, "{other}");
        }
    }
}
