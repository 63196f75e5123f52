//! What a secret's name means to the desk.

use crate::config::nearest_name;

/// A card key in the vault; each enabled version of its secret is one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardKeySecret {
    Seal,
    Hash,
}

impl CardKeySecret {
    const ALL: [Self; 2] = [Self::Seal, Self::Hash];

    pub fn secret_name(self) -> &'static str {
        match self {
            Self::Seal => "cards--seal-key",
            Self::Hash => "cards--hash-key",
        }
    }
}

/// What a secret is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SecretName {
    Setting(String),
    Card(CardKeySecret),
    /// It looks like a setting and is none; what to say about it.
    Unknown(String),
    Foreign,
}

/// The sections that say which vault is asked and by whom.
const OUTSIDE: [&str; 2] = ["key_vault.", "azure."];

/// Reads the name of a secret, in which case does not matter.
pub(super) fn read(name: &str, settings: &[String]) -> SecretName {
    let is_name = |known: &str| name.eq_ignore_ascii_case(known);
    if let Some(key) = CardKeySecret::ALL.into_iter().find(|key| is_name(key.secret_name())) {
        return SecretName::Card(key);
    }
    let Some(setting) = settings.iter().find(|setting| is_name(&secret_name(setting))) else {
        return if name.contains("--") {
            SecretName::Unknown(unknown(name, settings))
        } else {
            SecretName::Foreign
        };
    };
    if OUTSIDE.iter().any(|section| setting.starts_with(section)) {
        return SecretName::Unknown(format!(
            "the key vault's secret {name} is not used: {setting} says how to get to the vault, and cannot come from it"
        ));
    }
    SecretName::Setting(setting.clone())
}

/// The name of the secret that holds a setting.
fn secret_name(setting: &str) -> String {
    setting.replace('.', "--").replace('_', "-")
}

fn unknown(name: &str, settings: &[String]) -> String {
    let known: Vec<String> = settings
        .iter()
        .filter(|setting| !OUTSIDE.iter().any(|section| setting.starts_with(section)))
        .map(|setting| secret_name(setting))
        .chain(CardKeySecret::ALL.map(|key| key.secret_name().to_owned()))
        .collect();
    let hint = nearest_name(name, known.iter().map(String::as_str));
    let hint = hint.map(|nearest| format!(". Did you mean {nearest}?")).unwrap_or_default();
    format!("the key vault's secret {name} is no setting of the desk{hint}")
}

/// What to say about a secret that counts as absent.
pub(super) fn disabled(name: &str) -> String {
    format!("the key vault's secret {name} is disabled, and counts as absent")
}
