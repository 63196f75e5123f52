//! The list of card keys, and when one may be retired.

use super::super::migrations::Plan;
use super::super::open_error::OpenError;
use super::{KnownKey, Purpose, SealError, SourceKeys, Timestamp};
use crate::order::grouped;

/// How many orders were sealed and hashed with a pair of keys.
pub type KeyUses = (i16, i16, i64);

/// A desk that has not loaded a newer key may still write with an older one for this long.
const SETTLING_SECONDS: i64 = 3600;

/// What is known of a card key, in its source and in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    pub purpose: Purpose,
    /// Its id; none before the database knows it.
    pub id: Option<i16>,
    /// What its source calls it; none if it is not there.
    pub name: Option<String>,
    /// When the source got it, where that is known.
    pub created: Option<Timestamp>,
    /// When the database came to know it, where that is known.
    pub registered: Option<Timestamp>,
    /// Since when nobody has to have it.
    pub retired: Option<Timestamp>,
    /// How many orders use it.
    pub orders: u64,
    /// Whether new orders are sealed or hashed with it.
    pub writes: bool,
}

/// Why a key is not retired. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotRetired {
    #[error("the database knows no {0} key {1}. `orders key list` shows the keys")]
    Unknown(Purpose, i16),
    #[error("the {0} key {1} is retired already")]
    Already(Purpose, i16),
    #[error("the {0} key {1} is the one that writes. `orders key rotate {0}` makes another one")]
    Writes(Purpose, i16),
    #[error("orders use the {0} key {1}. Run `orders key reseal` first")]
    Used(Purpose, i16),
    /// Orders need it, and it is not there.
    #[error(
        "{orders} orders use the {0} key {1}, which is not there: retired, nobody could ever read their card numbers again. Put the key back; if it is lost, add --lost",
        orders = grouped(*.2)
    )]
    Lost(Purpose, i16, u64),
    #[error("the {0} key {1} is not lost: it is there. Run `orders key reseal`, then this without --lost")]
    Found(Purpose, i16),
    /// A desk may not have heard of a newer key yet.
    #[error(
        "the newest {0} key is not known for an hour yet, and a desk may still write with the one before it. Try again in {1} minutes"
    )]
    Settling(Purpose, i64),
    /// A newer program may keep more that is sealed or hashed than this one knows of.
    #[error(
        "the database {0} is newer than this program (its migration {1} is unknown here), which does not know what else uses the key. Run that version's `orders key retire`"
    )]
    Newer(String, String),
    /// The database cannot be asked.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl NotRetired {
    /// An error unless the schema is exactly this program's: else it cannot know what uses a key.
    pub(in crate::db) fn unless_current(database: &str, plan: &Plan) -> Result<(), Self> {
        match (plan.unknown.last(), plan.pending.len()) {
            (Some(migration), _) => Err(Self::Newer(database.to_owned(), migration.clone())),
            (None, 0) => Ok(()),
            (None, count) => Err(OpenError::Behind { database: database.to_owned(), count }.into()),
        }
    }
}

/// The state of every key: by purpose, then by id, what the database does not know yet last.
pub(in crate::db) fn states(
    known: &[KnownKey],
    keys: &SourceKeys,
    uses: &[KeyUses],
) -> Result<Vec<KeyState>, SealError> {
    let mut all = Vec::new();
    for purpose in Purpose::ALL {
        let values = keys.values(purpose)?;
        let is_retired = |value: &[u8]| known.iter().any(|one| one.is(purpose, value) && one.is_retired());
        let newest = values.iter().rev().map(|(value, _)| value).find(|value| !is_retired(value));
        for one in known.iter().filter(|one| one.purpose == purpose) {
            let there = values.iter().find(|(value, _)| *value == one.check_value).map(|(_, key)| *key);
            all.push(KeyState {
                purpose,
                id: Some(one.id),
                name: there.map(|key| key.name.clone()),
                created: there.and_then(|key| key.created),
                registered: one.registered_at,
                retired: one.retired_at,
                orders: orders_with(purpose, one.id, uses),
                writes: newest == Some(&one.check_value),
            });
        }
        let unknown = values.iter().filter(|(value, _)| !known.iter().any(|one| one.is(purpose, value)));
        all.extend(unknown.map(|(value, key)| KeyState {
            purpose,
            id: None,
            name: Some(key.name.clone()),
            created: key.created,
            registered: None,
            retired: None,
            orders: 0,
            writes: newest == Some(value),
        }));
    }
    Ok(all)
}

fn orders_with(purpose: Purpose, id: i16, uses: &[KeyUses]) -> u64 {
    let with_it = uses.iter().filter(|(seal, hash, _)| match purpose {
        Purpose::Seal => *seal == id,
        Purpose::Hash => *hash == id,
    });
    with_it.map(|(.., orders)| u64::try_from(*orders).unwrap_or(0)).sum()
}

/// An error if a key may not be retired now; `is_lost` says that its orders are given up.
pub(in crate::db) fn check_retirement(
    states: &[KeyState],
    (purpose, id): (Purpose, i16),
    is_lost: bool,
    now: Timestamp,
) -> Result<(), NotRetired> {
    let of_purpose = || states.iter().filter(|key| key.purpose == purpose);
    let key = of_purpose().find(|key| key.id == Some(id)).ok_or(NotRetired::Unknown(purpose, id))?;
    if key.retired.is_some() {
        return Err(NotRetired::Already(purpose, id));
    }
    if key.writes {
        return Err(NotRetired::Writes(purpose, id));
    }
    match (is_lost, key.name.is_some(), key.orders) {
        (true, true, _) => return Err(NotRetired::Found(purpose, id)),
        (true, false, _) => return Ok(()),
        (false, _, 0) => {}
        (false, true, _) => return Err(NotRetired::Used(purpose, id)),
        (false, false, orders) => return Err(NotRetired::Lost(purpose, id, orders)),
    }
    let newest = of_purpose().filter_map(|key| key.registered).max();
    let age = newest.map_or(SETTLING_SECONDS, |newest| (now.get() - newest.get()).num_seconds());
    if age < SETTLING_SECONDS {
        return Err(NotRetired::Settling(purpose, (SETTLING_SECONDS - age).div_euclid(60) + 1));
    }
    Ok(())
}
