//! The desk's events, whichever order they are about: which of them are looked at, and how far.

use super::{Actor, Event, EventKind, JobId, LocalTime, OrderNumber, Timestamp};

/// Which events are looked at: those that all of it is said of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeFilter {
    pub by: Option<Actor>,
    pub kind: Option<EventKind>,
    pub order: Option<OrderNumber>,
    /// The action on many orders that did it.
    pub job: Option<JobId>,
    /// From a moment, and before another, in UTC.
    pub span: Option<(Timestamp, Timestamp)>,
}

impl ChangeFilter {
    /// Whether an event is one of them.
    pub fn has(&self, order: OrderNumber, event: &Event) -> bool {
        self.by.as_ref().is_none_or(|by| event.by == *by)
            && self.kind.is_none_or(|kind| event.kind == kind)
            && self.order.is_none_or(|number| order == number)
            && self.job.is_none_or(|job| event.job == Some(job))
            && self.span.is_none_or(|(from, until)| (from..until).contains(&event.at))
    }
}

/// Where an event stands among all, newest first: by its time, then by its order and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeKey {
    pub at: Timestamp,
    /// The order's number; 0 is before them all.
    pub order: i64,
    pub version: i32,
}

impl ChangeKey {
    /// Before all events.
    pub const NEWEST: Self = Self { at: Timestamp::LATEST, order: i64::MAX, version: i32::MAX };

    /// The key of an event.
    pub fn of(order: OrderNumber, event: &Event) -> Self {
        Self { at: event.at, order: order.get(), version: event.version }
    }

    /// Behind all events that are older than a moment, and before all others.
    pub fn before(at: Timestamp) -> Self {
        Self { at, order: 0, version: 0 }
    }

    /// As URLs have it: `1772546700o7v3`. The letters keep its digits from being taken for those of a card.
    pub fn text(self) -> String {
        format!("{}o{}v{}", self.at.get().and_utc().timestamp(), self.order, self.version)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (seconds, rest) = text.split_once('o')?;
        let (order, version) = rest.split_once('v')?;
        let at = chrono::DateTime::from_timestamp(seconds.parse().ok()?, 0)?.naive_utc();
        // Years that databases know.
        let is_known = LocalTime::parse(&Timestamp::new(at).text()).is_some();
        let key = Self { at: Timestamp::new(at), order: order.parse().ok()?, version: version.parse().ok()? };
        Some(key).filter(|key| is_known && key.text() == text)
    }
}

/// Some events, newest first.
#[derive(Debug, Clone, Default)]
pub struct ChangePage {
    /// Each with the order that it is about.
    pub events: Vec<(OrderNumber, Event)>,
    /// Behind which older ones may be; none where there are no more.
    pub next: Option<ChangeKey>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::order::holds_card_number;

    proptest! {
        #[test]
        fn a_key_is_read_as_it_was_written(
            seconds in -62_135_596_800_i64..253_402_300_800, order in 0..=i64::MAX, version in 0..=i32::MAX,
        ) {
            let at = Timestamp::new(chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc());
            let key = ChangeKey { at, order, version };
            prop_assert_eq!(ChangeKey::parse(&key.text()), Some(key));
        }

        #[test]
        fn a_key_of_these_years_is_no_card_number(
            seconds in 0..4_000_000_000_i64, order in 0..=9_999_999_999_i64, version in 0..=i32::MAX,
        ) {
            let at = Timestamp::new(chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc());
            let text = ChangeKey { at, order, version }.text();
            prop_assert!(!holds_card_number(&text));
        }

        #[test]
        fn any_text_is_a_key_or_none(text in "\\PC{0,30}|[0-9o-v-]{0,30}") {
            if let Some(key) = ChangeKey::parse(&text) {
                prop_assert_eq!(key.text(), text);
            }
        }
    }
}
