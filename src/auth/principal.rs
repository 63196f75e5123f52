//! Whom a request comes from.

use std::sync::Arc;

use super::{Permission, Session};
use crate::order::Actor;

/// Whom a request comes from. Handlers get it as a parameter (`http::principal`); a stranger is none.
#[derive(Debug, Clone)]
pub enum Principal {
    /// Whoever sits at the desk: nobody signs in there.
    Desk,
    /// Somebody who has signed in.
    Person(Arc<Session>),
}

impl Principal {
    /// Whether they may do what asks for a permission.
    pub fn may(&self, permission: Permission) -> bool {
        match self {
            Self::Desk => true,
            Self::Person(session) => session.may(permission),
        }
    }

    /// Who is recorded for what is done.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Desk => Actor::Desk,
            Self::Person(session) => Actor::User(session.name.clone(), Some(session.person)),
        }
    }

    /// The session of somebody who has signed in.
    pub fn session(&self) -> Option<&Session> {
        match self {
            Self::Desk => None,
            Self::Person(session) => Some(session),
        }
    }
}
