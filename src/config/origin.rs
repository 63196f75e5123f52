//! Where a value came from.

use figment::{Metadata, Source};

/// What the variables of settings begin with.
pub(super) const PREFIX: &str = "ORDERS_";
/// What the key vault's secrets are called as a source.
pub(super) const VAULT: &str = "Key Vault";

pub(super) fn source_of(metadata: Option<&Metadata>, name: &str) -> String {
    match metadata {
        Some(Metadata { source: Some(Source::File(path)), .. }) => path.display().to_string(),
        Some(metadata) if is_from_vault(metadata) => metadata.name.to_string(),
        Some(metadata) if metadata.name.contains("environment") => variable(name),
        _ => "built in".to_owned(),
    }
}

pub(super) fn is_from_vault(metadata: &Metadata) -> bool {
    metadata.name.starts_with(VAULT)
}

/// The variable that sets a setting.
pub(super) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_uppercase().replace('.', "__"))
}
