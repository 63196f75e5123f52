//! A right card number that outlives a mistake in another field.

use std::time::Duration;

use uuid::Uuid;

use super::{Actor, CardNumber, Timestamp, ValidationError};

/// A card number that comes back with its form, so that it need not be typed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCard {
    pub card: CardNumber,
    /// From then on it is not taken any more, in UTC.
    pub until: Timestamp,
}

/// What a kept card belongs to: it comes back with no other form, and from nobody else.
#[derive(Debug, Clone, Copy)]
pub struct CardHolder<'a> {
    /// The form's own UUID.
    pub form: Uuid,
    /// Who fills it in.
    pub by: &'a Actor,
}

/// Why a kept card is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeptCardError {
    #[error("its time is over")]
    Expired,
    /// It was altered, is another form's or somebody else's, or nobody has its key any more.
    #[error("it is not the one of this form")]
    NotOfThisForm,
}

impl KeptCard {
    /// How long a card is kept, counted from when it was typed.
    pub const TIME: Duration = Duration::from_mins(15);

    /// A card that was typed now.
    pub fn typed(card: CardNumber, now: Timestamp) -> Self {
        Self { card, until: now.after(Self::TIME) }
    }
}

impl From<KeptCardError> for ValidationError {
    fn from(error: KeptCardError) -> Self {
        match error {
            KeptCardError::Expired => Self::CardKeptTooLong,
            KeptCardError::NotOfThisForm => Self::CardNotKept,
        }
    }
}
