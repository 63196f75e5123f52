//! How far an order has come.

use super::{Dates, LocalTime};

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It has no shipping date, or one that is still to come.
    ToShip,
    Shipped,
    Delivered,
    Cancelled,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::ToShip, Self::Shipped, Self::Delivered, Self::Cancelled];

    /// Reads the name that URLs have for it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// How far an order with these dates is at a moment.
    pub fn of(dates: &Dates, cancelled: bool, now: LocalTime) -> Self {
        let past = |date: Option<LocalTime>| date.is_some_and(|date| date <= now);
        if cancelled {
            Self::Cancelled
        } else if past(dates.delivered()) {
            Self::Delivered
        } else if past(dates.shipped()) {
            Self::Shipped
        } else {
            Self::ToShip
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::ToShip => "To ship",
            Self::Shipped => "Shipped",
            Self::Delivered => "Delivered",
            Self::Cancelled => "Cancelled",
        }
    }

    /// As style sheets and URLs name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ToShip => "to-ship",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> LocalTime {
        LocalTime::parse(text).unwrap()
    }

    #[test]
    fn an_order_is_shipped_from_the_moment_that_it_leaves() {
        let dates = Dates::recorded(at("2026-03-01 09:00:00"), Some(at("2026-03-03 12:00:00")), None);
        assert_eq!(Status::of(&dates, false, at("2026-03-03 11:59:59")), Status::ToShip);
        assert_eq!(Status::of(&dates, false, at("2026-03-03 12:00:00")), Status::Shipped);
        assert_eq!(Status::of(&dates, true, at("2026-03-03 12:00:00")), Status::Cancelled);
    }

    #[test]
    fn an_order_is_delivered_from_the_moment_that_it_arrives() {
        let shipped = at("2026-03-03 12:00:00");
        let dates = Dates::recorded(shipped, Some(shipped), Some(at("2026-03-05 08:00:00")));
        assert_eq!(Status::of(&dates, false, at("2026-03-04 00:00:00")), Status::Shipped);
        assert_eq!(Status::of(&dates, false, at("2026-03-05 08:00:00")), Status::Delivered);
    }
}
