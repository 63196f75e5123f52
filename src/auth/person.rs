//! Somebody who has ever signed in.

use super::Roles;
use crate::db::{Disabled, StoredPerson};
use crate::order::{ActorName, PersonId, Timestamp};

/// Somebody who has ever signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    /// What they were called when they last signed in.
    pub name: ActorName,
    /// Who vouches for them, and what they are there.
    pub issuer: String,
    pub subject: String,
    /// As of their last sign-in, where that is known.
    pub roles: Option<Roles>,
    /// When they first signed in, in UTC.
    pub created_at: Timestamp,
    /// When they were last seen, within a minute.
    pub seen_at: Timestamp,
    /// None, if they may sign in.
    pub disabled: Option<Disabled>,
}

impl Person {
    pub(super) fn stored(stored: StoredPerson) -> Self {
        Self {
            id: stored.id,
            name: ActorName::of_person(&stored.name),
            issuer: stored.issuer,
            subject: stored.subject,
            roles: stored.roles.as_deref().and_then(Roles::stored),
            created_at: stored.created_at,
            seen_at: stored.seen_at,
            disabled: stored.disabled,
        }
    }
}
