//! Why settings cannot be used, in sentences that never quote a secret.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use figment::Metadata;
use figment::error::Kind;
use serde::de;

use super::origin::{is_from_vault, source_of};
use super::secrets::is_secret;

/// Separates the expectation from the quoted value, which is cut off where it may be secret.
const QUOTE: char = '\u{1f}';

/// Why the settings cannot be used; names the setting and where it came from.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named by `--config` is not there.
    #[error("there is no settings file {0}. Name one that is, or leave --config out")]
    NoFile(PathBuf),
    #[error("{place} sets {name}, which is no setting.{}", nearest.as_ref().map(|n| format!(" Did you mean {n}?")).unwrap_or_default())]
    Unknown { place: String, name: String, nearest: Option<String> },
    /// A section outside of any profile.
    #[error("{place} has a section [{section}]. Settings stand in a profile: write [default.{section}]")]
    NoProfile { place: String, section: String },
    /// A profile in a file that is not built in, and not the one in force.
    #[error(
        "{place} has settings for a profile {name}, which is none.{} Built in are dev and prod; ORDERS_PROFILE picks one of them, or one that the file has", nearest.as_ref().map(|n| format!(" Did you mean {n}?")).unwrap_or_default()
    )]
    ForeignProfile { place: String, name: String, nearest: Option<String> },
    #[error(
        "there is no profile {name}. Did you mean {nearest}? ORDERS_PROFILE picks one of the profiles in config.toml"
    )]
    UnknownProfile { name: String, nearest: String },
    /// A value that cannot be used.
    #[error("{0}")]
    Value(String),
    /// A secret that stands elsewhere, although there is a key vault.
    #[error(
        "{name} holds a secret and is set in {place}. With key_vault.url, secrets come from the key vault alone: put it there as the secret {secret}, and take it out of {place}"
    )]
    OutsideVault { name: &'static str, place: String, secret: String },
    /// In production, others can reach the desk and `auth.mode` does not allow that.
    #[error(
        "{exposure}, which others can reach, and nobody signs in to this desk. In the profile prod that is allowed only if people sign in (auth.mode = \"oidc\"), or if auth.mode = \"none\" says that whoever reaches it may use it; else {instead}"
    )]
    Exposed {
        /// The setting that says so, and its value.
        exposure: String,
        instead: String,
    },
    /// In production, others can reach the desk, and it would answer to any name.
    #[error(
        "server.listen is {0}, which others can reach, and the desk would answer there to any name: a page of another site could have a name of its own lead to the desk and read it (DNS rebinding). In the profile prod, say under which names it is reached: server.public_url, as https://orders.example.com, or server.hosts"
    )]
    Unnamed(SocketAddr),
}

/// A refusal of a value that is quoted where it came from a file or a variable.
pub(super) fn refused<E: de::Error>(must: &str, value: fmt::Arguments<'_>) -> E {
    E::custom(format_args!("{must}{QUOTE}{value}"))
}

/// The setting, the mistake and the place, in a sentence.
pub(super) fn in_words(error: &figment::Error) -> String {
    // Of a list, the list itself is the setting.
    let names: Vec<&str> =
        error.path.iter().map(String::as_str).filter(|name| name.parse::<usize>().is_err()).collect();
    let name = names.join(".");
    let metadata = error.metadata.as_ref();
    let is_quoted = !is_secret(&name) && !metadata.is_some_and(is_from_vault);
    let mistake = if is_quoted { quoting(&error.kind) } else { hiding(&error.kind) };
    if name.is_empty() { mistake } else { format!("setting {name} {mistake} ({})", set_in(metadata, &name)) }
}

fn set_in(metadata: Option<&Metadata>, name: &str) -> String {
    format!("set in {}", source_of(metadata, name))
}

fn quoting(kind: &Kind) -> String {
    match kind {
        Kind::InvalidType(found, expected) => format!("must be {expected}, and is {found}"),
        Kind::Message(message) => message.replace(QUOTE, ", and is "),
        kind => kind.to_string(),
    }
}

/// A type, as people call it.
fn wanted(expected: &str) -> &str {
    match expected {
        "usize" | "u8" | "u16" | "u32" | "u64" => "a whole number",
        "f64" => "a number",
        "bool" | "a boolean" => "true or false",
        "a string" | "path string" => "a text",
        "a sequence" => "a list",
        other => other,
    }
}

/// What is wrong with a secret value, without the value.
fn hiding(kind: &Kind) -> String {
    match kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("must be {}", wanted(expected))
        }
        Kind::UnknownVariant(_, known) => format!("must be one of {}", known.join(", ")),
        // Only `config` makes such messages, and puts what it quotes after the mark.
        Kind::Message(message) => message.split(QUOTE).next().unwrap_or_default().to_owned(),
        _ => "cannot be used".to_owned(),
    }
}
