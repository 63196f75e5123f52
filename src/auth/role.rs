//! What people may do at the desk.

use std::fmt;
use std::str::FromStr;

/// What a person may do at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Sees orders.
    Viewer,
    /// Adds and changes orders, too.
    Clerk,
    /// Sees everything, and changes nothing.
    Auditor,
    /// May do everything.
    Admin,
}

/// A text that names no [`Role`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be viewer, clerk, auditor or admin")]
pub struct RoleError;

impl Role {
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Clerk, Self::Auditor, Self::Admin];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Clerk => "clerk",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(RoleError)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
