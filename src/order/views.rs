//! The lists that every desk has.

use super::{Condition, ListQuery, OrderFilter, Sort, SortKey, Status, WarningFilter};

/// A list that every desk has a link to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    ToShip,
    Late,
    OnTheWay,
    ToCheck,
    All,
}

impl View {
    pub const ALL: [Self; 5] = [Self::ToShip, Self::Late, Self::OnTheWay, Self::ToCheck, Self::All];

    pub fn label(self) -> &'static str {
        match self {
            Self::ToShip => "To ship",
            Self::Late => "Late",
            Self::OnTheWay => "On the way",
            Self::ToCheck => "To check",
            Self::All => "All orders",
        }
    }

    /// Its list; an order is late when it is to ship for more than so many days.
    pub fn list(self, late_days: u16) -> ListQuery {
        let (condition, descending) = match self {
            Self::ToShip => (Some(Condition::Status(Status::ToShip)), false),
            Self::Late => (Some(Condition::OlderThan(late_days)), false),
            Self::OnTheWay => (Some(Condition::Status(Status::Shipped)), true),
            Self::ToCheck => (Some(Condition::Warning(WarningFilter::Any)), true),
            Self::All => (None, true),
        };
        ListQuery::default()
            .filtered(OrderFilter::new(condition))
            .sorted(Sort { key: SortKey::Ordered, descending })
    }

    /// The view that is a list, on whatever page.
    pub fn of(list: &ListQuery, late_days: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.list(late_days).is_same_view(list))
    }
}
