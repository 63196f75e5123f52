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
    Cancelled,
    /// Somebody has looked at its warnings.
    Seen,
}

impl Notice {
    const ALL: [Self; 9] = [
        Self::Added,
        Self::Again,
        Self::Changed,
        Self::ChangedAgain,
        Self::Unchanged,
        Self::Shipped,
        Self::ShippedBefore,
        Self::Cancelled,
        Self::Seen,
    ];

    /// The word that a cookie carries to the next page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Again => "again",
            Self::Changed => "changed",
            Self::ChangedAgain => "changed-again",
            Self::Unchanged => "unchanged",
            Self::Shipped => "shipped",
            Self::ShippedBefore => "shipped-before",
            Self::Cancelled => "cancelled",
            Self::Seen => "seen",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.as_str() == word)
    }

    /// Whether it is the end of adding an order, after which another may follow.
    pub(super) fn is_of_adding(self) -> bool {
        matches!(self, Self::Added | Self::Again)
    }

    /// How it looks: as a success, or as something to know.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Added | Self::Changed | Self::Shipped | Self::Cancelled | Self::Seen => "success",
            Self::Again | Self::ChangedAgain | Self::Unchanged | Self::ShippedBefore => "info",
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
            Self::Cancelled => format!("Order {number} cancelled."),
            Self::Seen => "Marked as seen.".to_owned(),
        }
    }
}
