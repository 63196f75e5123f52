//! What is done to many orders at once: what becomes of each, and why one is left out.

use super::{
    DateError, Dates, Day, Edit, Field, JobId, LocalTime, Note, Now, Order, Typed, ValidationError,
    ValidationErrors,
};

/// What is done to each of many orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkAction {
    /// Gives a shipping date to those that have none.
    Ship(Typed),
    /// Gives a delivery date to those that are shipped and have none.
    Deliver(Typed),
    /// Replaces one of the dates, in those that have it.
    Correct(Field, Typed),
    /// Calls orders off, for a reason if there is one.
    Cancel(Option<Note>),
    /// Takes a cancellation back.
    Reopen,
    /// Takes back what another action has done, in those that nobody touched since.
    Undo(JobId),
}

/// What becomes of one order.
#[derive(Debug, Clone)]
pub enum BulkStep {
    /// It has other dates.
    Change(Box<Order>),
    Cancel,
    Reopen,
}

/// Why a date cannot be used, in the words that a clerk reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BulkDateError {
    #[error("Enter the {}", .0.label().to_lowercase())]
    Missing(Field),
    #[error("{} {}", .0.label(), .1)]
    Unreadable(Field, DateError),
    /// What is marked as done has happened.
    #[error("{} is in the future: today is {today}", .field.label())]
    Future { field: Field, today: Day },
    #[error(transparent)]
    Rule(ValidationError),
}

/// Why an order is left out, as people read it behind its number: `is cancelled`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    #[error("is cancelled")]
    Cancelled,
    #[error("is not cancelled")]
    NotCancelled,
    #[error("was shipped on {0}")]
    Shipped(Day),
    #[error("is to be shipped on {0}")]
    ToBeShipped(Day),
    #[error("was delivered on {0}")]
    Delivered(Day),
    #[error("is to be delivered on {0}")]
    ToBeDelivered(Day),
    #[error("has not been shipped")]
    NotShipped,
    #[error("has no {}", .0.label().to_lowercase())]
    NoDate(Field),
    #[error("has this {} already", .0.label().to_lowercase())]
    SameDate(Field),
    #[error("would be shipped before it was ordered, on {0}")]
    ShippedBeforeOrdered(Day),
    #[error("would be shipped more than two years after it was ordered")]
    ShippedTooLate,
    #[error("would be delivered before it was shipped, on {0}")]
    DeliveredBeforeShipped(Day),
    #[error("would be delivered more than two years after it was shipped")]
    DeliveredTooLate,
    /// Another rule of orders.
    #[error("would break a rule: {0}")]
    Rule(ValidationError),
    /// It has another version than the one that was shown.
    #[error("was changed meanwhile")]
    Changed,
    #[error("was changed since")]
    ChangedSince,
    /// Its history does not say how it was.
    #[error("cannot be put back")]
    NotUndoable,
    #[error("is not there")]
    Gone,
}

impl BulkAction {
    /// Marks orders as shipped on a date that was typed; it has come.
    pub fn ship(typed: &str, now: Now) -> Result<Self, BulkDateError> {
        read_past(Field::ShippingDate, typed, now).map(Self::Ship)
    }

    /// Marks orders as delivered on a date that was typed; it has come.
    pub fn deliver(typed: &str, now: Now) -> Result<Self, BulkDateError> {
        read_past(Field::DeliveryDate, typed, now).map(Self::Deliver)
    }

    /// Corrects one of the dates of orders; shipping and delivery may be to come.
    pub fn correct(field: Field, typed: &str, now: Now) -> Result<Self, BulkDateError> {
        let date = read(field, typed, now)?;
        if field == Field::OrderDate
            && let Err(errors) = Dates::parse(&date.text(), "", "", now)
            && let Some(error) = errors.into_iter().next()
        {
            return Err(BulkDateError::Rule(error));
        }
        Ok(Self::Correct(field, date))
    }

    /// What it makes of an order as it is now.
    pub fn apply(&self, order: &Order, now: Now) -> Result<BulkStep, LeftOut> {
        let dates = &order.dates;
        match (self, order.cancelled_at) {
            (Self::Reopen, Some(_)) => Ok(BulkStep::Reopen),
            (Self::Reopen, None) => Err(LeftOut::NotCancelled),
            (_, Some(_)) => Err(LeftOut::Cancelled),
            (Self::Cancel(_), None) => Ok(BulkStep::Cancel),
            (Self::Ship(date), None) => match dates.shipped() {
                Some(at) if at > now.local => Err(LeftOut::ToBeShipped(at.day())),
                Some(at) => Err(LeftOut::Shipped(at.day())),
                None => dated(order, Field::ShippingDate, *date, now),
            },
            (Self::Deliver(date), None) => match (dates.delivered(), dates.shipped()) {
                (Some(at), _) if at > now.local => Err(LeftOut::ToBeDelivered(at.day())),
                (Some(at), _) => Err(LeftOut::Delivered(at.day())),
                (None, None) => Err(LeftOut::NotShipped),
                (None, Some(_)) => dated(order, Field::DeliveryDate, *date, now),
            },
            (Self::Correct(field, date), None) => {
                date_of(dates, *field).ok_or(LeftOut::NoDate(*field))?;
                dated(order, *field, *date, now)
            }
            // That takes the order's history.
            (Self::Undo(_), None) => Err(LeftOut::NotUndoable),
        }
    }

    /// The word that is stored and sent.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ship(_) => "ship",
            Self::Deliver(_) => "deliver",
            Self::Correct(..) => "correct",
            Self::Cancel(_) => "cancel",
            Self::Reopen => "reopen",
            Self::Undo(_) => "undo",
        }
    }

    /// What it does, as the heading of its page: `Mark as shipped on 3 March 2026`.
    pub fn words(&self) -> String {
        match self {
            Self::Ship(date) => format!("Mark as shipped on {}", date.in_words()),
            Self::Deliver(date) => format!("Mark as delivered on {}", date.in_words()),
            Self::Correct(field, date) => {
                format!("Correct the {} to {}", field.label().to_lowercase(), date.in_words())
            }
            Self::Cancel(None) => "Cancel".to_owned(),
            Self::Cancel(Some(reason)) => format!("Cancel: {}", reason.as_str()),
            Self::Reopen => "Reopen".to_owned(),
            Self::Undo(job) => format!("Undo action #{job}"),
        }
    }

    /// What has become of the orders, behind how many they are: `marked as shipped`.
    pub fn done_words(&self) -> String {
        match self {
            Self::Ship(_) => "marked as shipped".to_owned(),
            Self::Deliver(_) => "marked as delivered".to_owned(),
            Self::Correct(field, _) => format!("given another {}", field.label().to_lowercase()),
            Self::Cancel(_) => "cancelled".to_owned(),
            Self::Reopen => "reopened".to_owned(),
            Self::Undo(_) => "put back".to_owned(),
        }
    }
}

fn read(field: Field, typed: &str, now: Now) -> Result<Typed, BulkDateError> {
    if typed.trim().is_empty() {
        return Err(BulkDateError::Missing(field));
    }
    Typed::parse(typed, now).map_err(|error| BulkDateError::Unreadable(field, error))
}

fn read_past(field: Field, typed: &str, now: Now) -> Result<Typed, BulkDateError> {
    let date = read(field, typed, now)?;
    if date.at_start() > now.local {
        return Err(BulkDateError::Future { field, today: now.local.day() });
    }
    Ok(date)
}

fn date_of(dates: &Dates, field: Field) -> Option<LocalTime> {
    match field {
        Field::ShippingDate => dates.shipped(),
        Field::DeliveryDate => dates.delivered(),
        _ => Some(dates.ordered()),
    }
}

/// The order with another date, if the rules of orders let it have that.
fn dated(order: &Order, field: Field, date: Typed, now: Now) -> Result<BulkStep, LeftOut> {
    let edit = Edit::dated(order, field, &date.text(), now).map_err(|errors| LeftOut::of(&errors, field))?;
    if edit.dates == order.dates {
        return Err(LeftOut::SameDate(field));
    }
    Ok(BulkStep::Change(Box::new(edit.applied(order, None))))
}

impl LeftOut {
    fn of(errors: &ValidationErrors, field: Field) -> Self {
        match errors.all().first() {
            Some(ValidationError::ShippedBeforeOrdered(day)) => Self::ShippedBeforeOrdered(*day),
            Some(ValidationError::ShippedTooLate(_)) => Self::ShippedTooLate,
            Some(ValidationError::DeliveredBeforeShipped(day)) => Self::DeliveredBeforeShipped(*day),
            Some(ValidationError::DeliveredTooLate(_)) => Self::DeliveredTooLate,
            Some(ValidationError::DeliveredUnshipped) => Self::NotShipped,
            Some(other) => Self::Rule(other.clone()),
            // Errors are never empty.
            None => Self::SameDate(field),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::change::tests::any_order;
    use super::*;
    use crate::order::{Changes, Timestamp};

    fn now() -> Now {
        Now::in_utc(Timestamp::parse("2026-03-03 14:05:00").unwrap())
    }

    fn order(ordered: &str, shipped: &str, delivered: &str) -> Order {
        let at = |text: &str| LocalTime::parse(&format!("{text} 12:00:00"));
        Order {
            dates: Dates::recorded(at(ordered).unwrap(), at(shipped), at(delivered)),
            ..Order::sample().0
        }
    }

    fn applied(action: &BulkAction, order: &Order) -> String {
        match action.apply(order, now()) {
            Ok(BulkStep::Change(after)) => {
                let date =
                    |date: Option<LocalTime>| date.map_or("-".to_owned(), |date| date.text().to_string());
                let dates = after.dates;
                format!("{} {} {}", dates.ordered().text(), date(dates.shipped()), date(dates.delivered()))
            }
            Ok(BulkStep::Cancel) => "cancelled".to_owned(),
            Ok(BulkStep::Reopen) => "reopened".to_owned(),
            Err(left_out) => left_out.to_string(),
        }
    }

    #[test]
    fn what_becomes_of_an_order_or_why_it_is_left_out() {
        let ship = BulkAction::ship("1.3.2026", now()).unwrap();
        let deliver = BulkAction::deliver("today", now()).unwrap();
        let correct = BulkAction::correct(Field::ShippingDate, "2 March 2026, 9:30", now()).unwrap();
        let plain = || order("2026-02-01", "", "");
        let cancelled =
            || Order { cancelled_at: Some(Timestamp::parse("2026-03-01 00:00:00").unwrap()), ..plain() };
        for (action, order, expected) in [
            (&ship, plain(), "2026-02-01 12:00:00 2026-03-01 00:00:00 -"),
            // On the day of the order it leaves at once.
            (&ship, order("2026-03-01", "", ""), "2026-03-01 12:00:00 2026-03-01 12:00:00 -"),
            (&ship, cancelled(), "is cancelled"),
            (&ship, order("2026-02-01", "2026-02-02", ""), "was shipped on 2 February 2026"),
            (&ship, order("2026-02-01", "2026-04-02", ""), "is to be shipped on 2 April 2026"),
            (&ship, order("2026-03-02", "", ""), "would be shipped before it was ordered, on 2 March 2026"),
            (&ship, order("2023-03-02", "", ""), "would be shipped more than two years after it was ordered"),
            (
                &deliver,
                order("2026-02-01", "2026-02-02", ""),
                "2026-02-01 12:00:00 2026-02-02 12:00:00 2026-03-03 00:00:00",
            ),
            (&deliver, plain(), "has not been shipped"),
            (&deliver, order("2026-02-01", "2026-02-02", "2026-02-03"), "was delivered on 3 February 2026"),
            (
                &deliver,
                order("2026-02-01", "2026-03-04", ""),
                "would be delivered before it was shipped, on 4 March 2026",
            ),
            (&correct, order("2026-02-01", "2026-02-02", ""), "2026-02-01 12:00:00 2026-03-02 09:30:00 -"),
            (&correct, plain(), "has no shipping date"),
            (
                &correct,
                order("2026-02-01", "2026-02-02", "2026-02-03"),
                "would be delivered before it was shipped, on 2 March 2026",
            ),
            (&BulkAction::Cancel(None), plain(), "cancelled"),
            (&BulkAction::Cancel(None), cancelled(), "is cancelled"),
            (&BulkAction::Reopen, cancelled(), "reopened"),
            (&BulkAction::Reopen, plain(), "is not cancelled"),
        ] {
            assert_eq!(applied(action, &order), expected, "{action:?} {:?}", order.dates);
        }
        let again = BulkAction::correct(Field::ShippingDate, "2026-02-02 12:00", now()).unwrap();
        assert_eq!(applied(&again, &order("2026-02-01", "2026-02-02", "")), "has this shipping date already");
    }

    #[test]
    fn a_date_that_makes_no_sense_is_refused_in_words() {
        let said = |action: Result<BulkAction, BulkDateError>| action.unwrap_err().to_string();
        assert_eq!(said(BulkAction::ship(" ", now())), "Enter the shipping date");
        assert_eq!(
            said(BulkAction::deliver("4 March 2026", now())),
            "Delivery date is in the future: today is 3 March 2026"
        );
        assert_eq!(
            said(BulkAction::correct(Field::OrderDate, "3.3.1989", now())),
            "Order date must be on or after 1 January 1990"
        );
        assert!(said(BulkAction::ship("3/4/2026", now())).starts_with("Shipping date "));
        assert!(BulkAction::correct(Field::DeliveryDate, "4 March 2026", now()).is_ok());
    }

    proptest! {
        #[test]
        fn an_action_changes_the_date_that_it_is_about_and_nothing_else(order in any_order(), field in 0..3_usize) {
            let field = [Field::OrderDate, Field::ShippingDate, Field::DeliveryDate][field];
            let action = BulkAction::correct(field, "2026-03-01 10:00", now()).unwrap();
            if let Ok(BulkStep::Change(after)) = action.apply(&order, now()) {
                let changes = Changes::between(&order, &after, false);
                prop_assert_eq!(changes.all().iter().map(|change| change.field).collect::<Vec<_>>(), [field]);
            }
        }

        #[test]
        fn a_date_is_stored_whatever_day_it_is(year in 1990..2100, month in 1..=12_u32, day in 1..=28_u32, minute in prop::option::of(0..1440_u32)) {
            let text = match minute {
                Some(minute) => format!("{year}-{month:02}-{day:02} {:02}:{:02}", minute / 60, minute % 60),
                None => format!("{year}-{month:02}-{day:02}"),
            };
            let typed = Typed::parse(&text, now()).unwrap();
            prop_assert_eq!(Typed::parse_text(&typed.text()), Some(typed));
        }
    }
}
