//! The domain: what an order is, and how a new one is validated.
//!
//! A value of these types is right by construction: its fields are private and only `parse` makes one.
//! Imports nothing of the house.

mod access;
mod access_list;
mod actor;
mod alike;
mod anchor;
mod beginning;
mod brand;
mod bulk;
mod card;
mod change;
mod code;
mod date_error;
mod dates;
mod deed;
mod edit;
mod event;
mod feed;
mod filter;
mod form;
mod id;
mod kept;
mod list;
mod list_error;
mod listed;
mod mend;
mod merge;
mod note;
mod note_error;
mod number;
mod page;
mod pan;
mod period;
mod quality;
mod quantity;
mod question;
mod saved_view;
mod search;
mod sort;
mod status;
mod time;
mod typed_date;
mod undo;
mod usual_quantity;
mod validation;
mod views;
mod warning;

pub(crate) use access::{Access, AccessEntry, End, Outcome, Reason};
pub(crate) use access_list::{AccessBy, AccessFilter, AccessKey, AccessPage, AccessState};
pub use actor::{Actor, ActorName, PersonId, SystemTask};
pub(crate) use alike::{AlikeOrder, Likeness};
pub(crate) use anchor::Anchor;
pub(crate) use beginning::Beginning;
pub(crate) use brand::Brand;
pub(crate) use bulk::{BulkAction, BulkDateError, BulkStep, LeftOut};
pub(crate) use card::{CardNumber, CardSummary, LastFour};
pub(crate) use change::{Change, Changes};
pub use code::{ProductCode, StoreCode};
pub(crate) use date_error::DateError;
pub(crate) use dates::Dates;
pub(crate) use deed::{Deed, DeedKind, EndedSessions, KeyAct, NamedPerson, StoredDeed, ViewAct, WebhookAct};
pub(crate) use edit::Edit;
pub(crate) use event::How;
pub use event::{Event, EventDetail, EventKind};
pub(crate) use feed::{ChangeFilter, ChangeKey, ChangePage};
pub(crate) use filter::{Condition, Kind, OrderFilter, older_than};
pub(crate) use form::{NewOrder, OrderForm, Submission};
pub use id::UserId;
pub(crate) use id::{DateUuid, JobId, OrderNumber, ViewId};
pub(crate) use kept::{CardHolder, KeptCard, KeptCardError};
pub(crate) use list::{JUMP, ListQuery};
pub(crate) use list_error::{ListError, ListProblem};
pub(crate) use merge::{ChangedBy, Merge};
pub(crate) use note::Note;
pub(crate) use note_error::NoteError;
pub(crate) use number::{counted, grouped, whole_number};
pub(crate) use page::{LookedTo, Page, Total};
pub use page::{PageRequest, PerPage};
pub(crate) use pan::{
    holds_card_number, id_holds_card_number, mask_card_numbers, mask_card_numbers_in_json,
    may_hold_card_number,
};
pub(crate) use period::{Period, Preset};
pub(crate) use quality::QualityFlags;
pub(crate) use quantity::Quantity;
pub(crate) use question::{Confirmed, Doubt};
pub(crate) use saved_view::{SavedView, ViewName};
pub(crate) use search::{Search, SearchError};
pub(crate) use sort::{Sort, SortKey};
pub(crate) use status::Status;
pub(crate) use time::{Day, LocalTime, Timestamp};
pub(crate) use typed_date::{Now, Typed};
pub(crate) use undo::UndoError;
pub use usual_quantity::UsualQuantity;
pub(crate) use validation::{Field, ValidationError, ValidationErrors};
pub(crate) use views::View;
pub(crate) use warning::{Warning, WarningFilter};

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// An order as the desk keeps it.
#[derive(Debug, Clone)]
pub struct Order {
    /// What people call it, and what breaks ties in every sort.
    pub number: OrderNumber,
    /// Counted up by each change, from 1: the one that was read.
    pub version: i32,
    /// First part of the order's key.
    pub date_uuid: DateUuid,
    /// Second part of the order's key: the customer.
    pub user_id: UserId,
    /// The card as it may be shown.
    pub card: CardSummary,
    /// Where it was ordered.
    pub store: StoreCode,
    /// What was ordered.
    pub product: ProductCode,
    /// How many of it.
    pub quantity: Quantity,
    /// When it was ordered, shipped and delivered.
    pub dates: Dates,
    /// What somebody remarked on it.
    pub note: Option<Note>,
    /// When it was called off, if it was.
    pub cancelled_at: Option<Timestamp>,
    /// Its quality warnings.
    pub flags: QualityFlags,
    /// Those of them that nobody has looked at.
    pub unseen: QualityFlags,
}

impl Order {
    /// A new order, which the database has numbered.
    pub fn new(number: OrderNumber, order: &NewOrder) -> Self {
        Self {
            number,
            version: 1,
            date_uuid: order.date_uuid,
            user_id: order.user_id,
            card: order.card.summary(),
            store: order.store,
            product: order.product,
            quantity: order.quantity,
            dates: order.dates,
            note: order.note.clone(),
            cancelled_at: None,
            flags: order.flags,
            unseen: order.flags,
        }
    }

    /// How far the order has come at a moment of the business's local time.
    pub fn status(&self, now: LocalTime) -> Status {
        Status::of(&self.dates, self.cancelled_at.is_some(), now)
    }
}

#[cfg(test)]
impl Order {
    /// An order that keeps all rules, and a moment at which somebody may change it.
    pub(crate) fn sample() -> (Self, Timestamp) {
        let at = Timestamp::parse("2026-03-03 14:05:00").unwrap();
        let order = Self {
            number: OrderNumber::new(7).unwrap(),
            version: 1,
            date_uuid: DateUuid::parse("0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d").unwrap(),
            user_id: UserId::parse("2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2").unwrap(),
            card: CardNumber::parse("4111111111111111", false).unwrap().summary(),
            store: StoreCode::parse("HI-9B97EE4E").unwrap(),
            product: ProductCode::parse("R7-3126933h").unwrap(),
            quantity: Quantity::new(4).unwrap(),
            dates: Dates::parse("2026-03-01 09:30", "", "", Now::in_utc(at)).unwrap(),
            note: None,
            cancelled_at: None,
            flags: QualityFlags::NONE,
            unseen: QualityFlags::NONE,
        };
        (order, at)
    }
}

/// An order with all that its page shows.
#[derive(Debug)]
pub struct OrderDetails {
    /// The order.
    pub order: Order,
    /// Its warnings, and who has seen them.
    pub warnings: Vec<WarningRecord>,
    /// What happened to it, newest first.
    pub history: Vec<Event>,
    /// Where it stands in the list that somebody came from.
    pub place: Place,
}

/// A warning about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningRecord {
    /// What it warns of.
    pub warning: Warning,
    /// Who has seen it, and when in UTC; none if nobody has.
    pub seen: Option<(Actor, Timestamp)>,
}

/// Where an order stands in a list, whether the list has it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1; none if the list does not have it, or that would take long to count.
    pub position: Option<u64>,
    /// How many orders the list has; none, if that would take long to count.
    pub total: Option<Total>,
    /// The order before it in the list.
    pub previous: Option<OrderNumber>,
    /// The order behind it in the list.
    pub next: Option<OrderNumber>,
}

/// Codes to suggest on the form: those that newest orders have most often, the most frequent first.
#[derive(Debug, Default)]
pub struct RecentCodes {
    /// Of stores.
    pub stores: Vec<StoreCode>,
    /// Of products.
    pub products: Vec<ProductCode>,
}

impl RecentCodes {
    /// So many of each: as many as somebody looks through. Whoever knows a rarer code types it.
    const MOST: usize = 30;

    /// The codes of some orders.
    pub fn of(orders: &[(StoreCode, ProductCode)]) -> Self {
        Self {
            stores: most_frequent(orders.iter().map(|(store, _)| *store)),
            products: most_frequent(orders.iter().map(|(_, product)| *product)),
        }
    }
}

fn most_frequent<T: Ord + Copy>(codes: impl Iterator<Item = T>) -> Vec<T> {
    let mut orders: BTreeMap<T, usize> = BTreeMap::new();
    for code in codes {
        *orders.entry(code).or_default() += 1;
    }
    let mut codes: Vec<(T, usize)> = orders.into_iter().collect();
    // Stable: those that are as frequent stay sorted.
    codes.sort_by_key(|(_, orders)| Reverse(*orders));
    codes.into_iter().map(|(code, _)| code).take(RecentCodes::MOST).collect()
}
