//! Which settings are secrets, and what is shown of them.

/// What stands in a secret's place.
pub(super) const MASK: &str = "•••";

/// The settings that are secrets, or hold one.
pub(super) const SECRETS: [&str; 3] = ["auth.client_secret", "database.url", "webhooks.signing_key"];

/// Whether a setting is a secret, or holds one.
pub(super) fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
}
