//! What `orders config` shows.

use figment::value::Value;

use super::database_url::masked;
use super::error::{ConfigError, in_words};
use super::names;
use super::origin::source_of;
use super::secrets::{MASK, is_secret};
use super::sources::Config;
use super::webhooks;

/// A line of `orders config`.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Such as `server.listen`.
    pub name: String,
    /// As it would be written in the file.
    pub value: String,
    pub source: String,
}

impl Config {
    /// Every setting with its value and source; secrets are masked.
    pub fn list(&self) -> Result<Vec<Setting>, ConfigError> {
        names::of_profile(&self.figment, self.figment.profile())?
            .into_iter()
            .map(|name| {
                let value =
                    self.figment.find_value(&name).map_err(|error| ConfigError::Value(in_words(&error)))?;
                Ok(Setting {
                    value: shown(&name, &value)?,
                    source: source_of(self.figment.get_metadata(value.tag()), &name),
                    name,
                })
            })
            .collect()
    }
}

/// A value as the file writes it, without a secret.
fn shown(name: &str, value: &Value) -> Result<String, ConfigError> {
    match value.as_str() {
        Some(text) if name == "database.url" => {
            let masked =
                masked(text, MASK).map_err(|error| ConfigError::Value(format!("setting {name} {error}")))?;
            Ok(format!("{masked:?}"))
        }
        Some("") => Ok(written(value)),
        _ if is_secret(name) => Ok(format!("{MASK:?}")),
        _ if name == "webhooks.urls" => Ok(webhooks::without_queries(&texts_of(value))),
        _ => Ok(written(value)),
    }
}

/// The texts of a text or a list.
fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(_, values) => values.iter().filter_map(Value::as_str).collect(),
        _ => value.as_str().into_iter().collect(),
    }
}

/// A value as the file writes it.
fn written(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, truth) => truth.to_string(),
        Value::Num(_, number) => number
            .to_i128()
            .map(|n| n.to_string())
            .or_else(|| number.to_u128().map(|n| n.to_string()))
            .or_else(|| number.to_f64().map(|n| n.to_string()))
            .unwrap_or_default(),
        Value::Array(_, values) => format!("[{}]", values.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Char(..) | Value::Empty(..) | Value::Dict(..) => String::new(),
    }
}
