//! Links that pages show.

use serde::Serialize;

/// A link and what it says.
#[derive(Serialize)]
pub struct Link {
    pub url: String,
    pub label: String,
}
