//! Whom a request comes from.

use crate::order::Actor;

/// Whom a request comes from. Handlers get it as a parameter (`http::principal`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// Whoever sits at the desk: there is no sign-in.
    Desk,
}

impl Principal {
    /// Who is recorded for what is done.
    pub fn actor(self) -> Actor {
        match self {
            Self::Desk => Actor::Desk,
        }
    }
}
