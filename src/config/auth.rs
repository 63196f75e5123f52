//! `[auth]`: who may use the desk. There is no sign-in yet: the only mode is none.

use serde::{Deserialize, Deserializer};

use super::error::refused;
use super::nearest::nearest;

const NONE: &str = "none";

/// `[auth]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// How users are authenticated; empty until somebody decides.
    #[serde(deserialize_with = "mode")]
    pub mode: Option<AuthMode>,
}

/// `auth.mode`, where it says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// No authentication: anybody who reaches the desk may use it.
    None,
}

fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AuthMode>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "" => Ok(None),
        NONE => Ok(Some(AuthMode::None)),
        _ => {
            let meant = nearest(&text, std::iter::once(NONE));
            let hint = meant.map(|mode| format!("; did you mean {mode}?")).unwrap_or_default();
            Err(refused("must be none, or empty", format_args!("{text:?}{hint}")))
        }
    }
}
