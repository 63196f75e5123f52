//! What somebody must be allowed to do.

/// A permission that a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// None: whoever reaches the desk may do it.
    None,
}
