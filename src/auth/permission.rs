//! What somebody must be allowed to do, and which roles are.

use super::Role;

/// A permission that a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// None: whoever reaches the desk may do it, signed in or not.
    None,
    /// Whoever has signed in may, for themselves.
    SignedIn,
    /// To see orders, with their histories.
    Read,
    /// To add and change orders, and to mark warnings as seen.
    Write,
    /// To take many orders along in a file.
    Export,
    /// To see who has done what at the desk.
    Audit,
    /// To see and do what concerns the whole desk: its webhooks, and the views that all see.
    Admin,
}

impl Permission {
    /// Whether a role has it. What is not said here, nobody may.
    pub fn is_of(self, role: Role) -> bool {
        match self {
            Self::None | Self::SignedIn | Self::Read => true,
            Self::Write | Self::Export => matches!(role, Role::Clerk | Role::Admin),
            Self::Audit => matches!(role, Role::Auditor | Role::Admin),
            Self::Admin => role == Role::Admin,
        }
    }

    /// The roles that have it.
    pub fn roles(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.is_of(*role))
    }
}
