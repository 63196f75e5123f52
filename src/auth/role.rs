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

/// The roles that somebody has: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(Vec<Role>);

impl Roles {
    /// Each once, whatever their order; none where there is none.
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Option<Self> {
        let mut roles: Vec<Role> = roles.into_iter().collect();
        roles.sort_unstable();
        roles.dedup();
        (!roles.is_empty()).then_some(Self(roles))
    }

    /// Reads roles as they are stored. One that only another release knows is left out.
    pub fn stored(text: &str) -> Option<Self> {
        Self::new(text.split(',').filter_map(|role| role.parse().ok()))
    }

    /// The text that is stored: `clerk,auditor`.
    pub fn text(&self) -> String {
        self.joined(",")
    }

    /// As people say them: `clerk and auditor`.
    pub fn words(&self) -> String {
        self.joined(" and ")
    }

    pub fn all(&self) -> &[Role] {
        &self.0
    }

    fn joined(&self, separator: &str) -> String {
        self.0.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(separator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_stored() {
        let roles = Roles::new([Role::Auditor, Role::Clerk, Role::Auditor]).unwrap();
        assert_eq!((roles.text().as_str(), roles.words().as_str()), ("clerk,auditor", "clerk and auditor"));
        assert_eq!(Roles::stored("auditor,clerk"), Some(roles));
        assert_eq!(
            Roles::stored("viewer,of another release").map(|roles| roles.text()),
            Some("viewer".to_owned())
        );
        for none in ["", ",", "Viewer", "viewer;clerk"] {
            assert_eq!(Roles::stored(none), None, "{none}");
        }
    }

    #[test]
    fn all_roles_together_fit_into_their_column() {
        assert!(Roles::new(Role::ALL).unwrap().text().len() <= 100);
    }
}
