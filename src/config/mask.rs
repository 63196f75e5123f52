//! What stands in a secret's place.

pub(super) const MASK: &str = "•••";
