//! `[key_vault]` and `[azure]`: where secrets come from, and who asks for them. Neither comes from the vault itself.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

use super::error::refused;
use super::values::{seconds, seconds_of_a_day};

const MINUTE: Duration = Duration::from_mins(1);
const SOON: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_hours(24);

/// `[key_vault]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyVaultSettings {
    /// The vault, if there is one.
    #[serde(deserialize_with = "vault_url")]
    pub url: Option<VaultUrl>,
    /// For all of fetching, at the start.
    #[serde(rename = "deadline_seconds", deserialize_with = "seconds")]
    pub deadline: Duration,
    /// How often to reload while serving; zero: only on SIGHUP.
    #[serde(rename = "refresh_seconds", deserialize_with = "seconds_of_a_day")]
    pub refresh: Duration,
}

/// `[azure]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzureSettings {
    /// The identity that asks; without one, the first that works.
    #[serde(deserialize_with = "identity")]
    pub identity: Option<IdentityKind>,
    /// The client id of a managed identity that was made by hand, or of the workload identity.
    #[serde(deserialize_with = "text_if_any")]
    pub client_id: Option<String>,
}

/// `azure.identity`, where it names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityKind {
    /// That of a pod's service account in AKS.
    Workload,
    /// That of a machine in Azure.
    Managed,
    /// A client secret or a pipeline's service connection, from Azure's variables.
    Environment,
    /// The account that is logged in to the Azure CLI.
    Cli,
}

/// The address of a key vault: `https`, a host, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultUrl(Url);

/// A setting that is a secret in the key vault.
///
/// `Debug` leaves the value out, which is wiped from memory when dropped.
#[derive(Clone)]
pub struct SettingSecret {
    /// The setting, such as `database.url`.
    pub name: String,
    pub value: Zeroizing<String>,
    /// The version of the secret.
    pub version: String,
}

impl SettingSecret {
    pub fn new(name: String, value: &str, version: String) -> Self {
        Self { name, value: Zeroizing::new(value.to_owned()), version }
    }
}

impl fmt::Debug for SettingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingSecret")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl KeyVaultSettings {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if !(Duration::from_secs(1)..=10 * MINUTE).contains(&self.deadline) {
            return Err("key_vault.deadline_seconds must be from 1 to 600");
        }
        if !self.refresh.is_zero() && !(SOON..=DAY).contains(&self.refresh) {
            return Err("key_vault.refresh_seconds must be 0, or from 10 to 86400");
        }
        Ok(())
    }
}

impl VaultUrl {
    /// Reads an address, with or without a slash at its end.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let has_no_user = url.username().is_empty() && url.password().is_none();
        (url.scheme() == "https" && url.has_host() && is_bare && has_no_user).then_some(Self(url))
    }

    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for VaultUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str().trim_end_matches('/'))
    }
}

impl IdentityKind {
    const ALL: [Self; 4] = [Self::Workload, Self::Managed, Self::Environment, Self::Cli];

    fn word(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Managed => "managed",
            Self::Environment => "environment",
            Self::Cli => "cli",
        }
    }
}

impl fmt::Display for IdentityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

fn vault_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<VaultUrl>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let must = "must begin with https:// and name a vault's host alone, like https://NAME.vault.azure.net";
    VaultUrl::parse(&text).map(Some).ok_or_else(|| de::Error::custom(must))
}

fn identity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<IdentityKind>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let kind = IdentityKind::ALL.into_iter().find(|kind| kind.word() == text);
    if kind.is_none() && text != "auto" {
        return Err(refused("must be auto, workload, managed, environment or cli", format_args!("{text:?}")));
    }
    Ok(kind)
}

fn text_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_is_a_host_reached_by_https() {
        for text in
            ["https://orders.vault.azure.net", "https://orders.vault.azure.net/", " https://127.0.0.1:8443\n"]
        {
            let url = VaultUrl::parse(text).unwrap();
            assert_eq!(format!("{url}/"), url.as_str());
        }
        for text in [
            "",
            "orders",
            "orders.vault.azure.net",
            "http://orders.vault.azure.net",
            "https://",
            "https://clerk:hunter2@orders.vault.azure.net",
            "https://clerk@orders.vault.azure.net",
            "https://orders.vault.azure.net/secrets",
            "https://orders.vault.azure.net/?a=b",
            "https://orders.vault.azure.net/#a",
        ] {
            assert_eq!(VaultUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_setting_from_the_vault_does_not_print() {
        let secret = SettingSecret::new("webhooks.signing_key".to_owned(), "hunter2", "1".to_owned());
        let shown = format!("{secret:?}");
        assert!(shown.contains("webhooks.signing_key") && !shown.contains("hunter2"), "{shown}");
    }
}
