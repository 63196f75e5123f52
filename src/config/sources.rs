//! Where settings come from, layer over layer, and how they settle.

use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::Deserialize;

use super::database_url::DatabaseUrl;
use super::error::{ConfigError, in_words};
use super::key_vault::{AzureSettings, KeyVaultSettings, SettingSecret};
use super::log::LogSettings;
use super::names;
use super::origin::{PREFIX, VAULT, is_from_vault, source_of};
use super::secrets::SECRETS;
use super::server::ServerSettings;
use super::settings::Settings;

const EMBEDDED: &str = include_str!("../../config.toml");
const FILE: &str = "config.toml";

/// Settings from files and variables, before the key vault's secrets are merged.
pub struct Sources {
    profile: String,
    figment: Figment,
}

/// The settings that must be known before the key vault is asked.
#[derive(Debug, Deserialize)]
pub struct EarlySettings {
    pub key_vault: KeyVaultSettings,
    pub azure: AzureSettings,
    pub log: LogSettings,
    /// Where a desk is asked for its health.
    pub server: ServerSettings,
}

/// Settings and where each came from.
pub struct Config {
    pub settings: Settings,
    pub profile: String,
    pub(super) figment: Figment,
}

impl Sources {
    /// Reads what is there for the profile that `ORDERS_PROFILE` names.
    ///
    /// `file` is read instead of the working directory's `config.toml`, and must then be there.
    pub fn read(file: Option<&Path>) -> Result<Self, ConfigError> {
        let profile = Env::var("ORDERS_PROFILE").unwrap_or_else(|| "dev".to_owned());
        let file = match file {
            Some(file) if !file.is_file() => return Err(ConfigError::NoFile(file.to_owned())),
            Some(file) => file.to_owned(),
            None => PathBuf::from(FILE),
        };
        let built_in = Figment::from(Toml::string(EMBEDDED).nested());
        let from_file = Figment::from(Toml::file_exact(&file).nested());
        let from_file = if file.is_file() { from_file } else { Figment::new() };
        let known = names::of_profile(&built_in, &Profile::Default)?;
        names::check_file(&from_file, &known, &file.display().to_string())?;
        names::check_profile(&profile, &[&built_in, &from_file])?;
        names::check_sections(&from_file, &built_in, &profile, &file.display().to_string())?;
        names::check_variables(&known)?;

        let variables = Env::prefixed(PREFIX).filter_map(|name| {
            // Settings have sections; ORDERS_PROFILE and what others put there do not.
            name.as_str().contains("__").then(|| name.into())
        });
        let figment = built_in.merge(from_file).merge(variables.split("__").global());
        Ok(Self { figment: figment.select(Profile::new(&profile)), profile })
    }

    /// The settings that must be known before the key vault is asked.
    pub fn early_settings(&self) -> Result<EarlySettings, ConfigError> {
        let early: EarlySettings =
            self.figment.extract().map_err(|error| ConfigError::Value(in_words(&error)))?;
        let checked = early.server.check().and_then(|()| early.key_vault.check());
        checked.map_err(|sentence| ConfigError::Value(sentence.to_owned()))?;
        Ok(early)
    }

    pub fn names(&self) -> Result<Vec<String>, ConfigError> {
        names::of_profile(&self.figment, self.figment.profile())
    }

    /// The settings in force, with those from the key vault over all others.
    pub fn settle(&self, secrets: &[SettingSecret]) -> Result<Config, ConfigError> {
        let figment = secrets.iter().fold(self.figment.clone(), |figment, one| figment.merge(FromVault(one)));
        let settings: Settings = figment.extract().map_err(|error| ConfigError::Value(in_words(&error)))?;
        settings.check(&self.profile)?;
        let config = Config { settings, profile: self.profile.clone(), figment };
        config.check_secrets()?;
        Ok(config)
    }
}

impl Config {
    /// Where there is a key vault, secrets have no other place.
    fn check_secrets(&self) -> Result<(), ConfigError> {
        if self.settings.key_vault.url.is_none() {
            return Ok(());
        }
        for name in SECRETS.into_iter().filter(|name| self.holds_secret(name)) {
            let metadata = self.figment.find_metadata(name);
            if !metadata.is_some_and(is_from_vault) {
                return Err(ConfigError::OutsideVault {
                    name,
                    place: source_of(metadata, name),
                    secret: name.replace('.', "--").replace('_', "-"),
                });
            }
        }
        Ok(())
    }

    fn holds_secret(&self, name: &str) -> bool {
        match &self.settings.database.url {
            DatabaseUrl::SqlServer(server) if name == "database.url" => server.credentials.is_some(),
            DatabaseUrl::Sqlite(_) if name == "database.url" => false,
            _ if name == "auth.client_secret" => self.settings.auth.has_secret(),
            _ => self.settings.webhooks.signing_key.is_some(),
        }
    }
}

/// One secret of the key vault, as a source of one setting.
struct FromVault<'a>(&'a SettingSecret);

impl Provider for FromVault<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("{VAULT}, version {}", self.0.version))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        // As a variable is read: numbers, truths and lists are what they look like.
        let Ok(value) = self.0.value.parse::<Value>();
        let nested = figment::util::nest(&self.0.name, value);
        Ok(Profile::Global.collect(nested.into_dict().unwrap_or_default()))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const VAULT_URL: (&str, &str) = ("key_vault.url", "https://orders.vault.azure.net");
    const KEY: &str = "whsec_aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg==";

    /// The built-in settings with some of `[default]` changed, as variables change them.
    pub(in crate::config) fn with(changes: &[(&str, &str)]) -> Figment {
        changes.iter().fold(Figment::from(Toml::string(EMBEDDED).nested()), |figment, (name, value)| {
            let Ok(value) = value.parse::<Value>();
            figment.merge((*name, value))
        })
    }

    fn sources(changes: &[(&str, &str)]) -> Sources {
        Sources { profile: "dev".to_owned(), figment: with(changes).select("dev") }
    }

    /// The same, settled in a profile.
    pub(in crate::config) fn settled_as(profile: &str, changes: &[(&str, &str)]) -> Config {
        let figment = with(changes).select(Profile::new(profile));
        Sources { profile: profile.to_owned(), figment }.settle(&[]).unwrap()
    }

    fn settled(changes: &[(&str, &str)], secrets: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let secrets: Vec<SettingSecret> = secrets
            .iter()
            .map(|(name, value)| SettingSecret::new((*name).to_owned(), value, "v7".to_owned()))
            .collect();
        sources(changes).settle(&secrets)
    }

    fn refusal(changes: &[(&str, &str)], secrets: &[(&str, &str)]) -> String {
        let said = settled(changes, secrets).err().unwrap().to_string();
        assert!(!said.contains("hunter2"), "{said}");
        said
    }

    #[test]
    fn the_vault_has_the_last_word_and_is_named() {
        let secrets = [
            ("server.max_connections", "77"),
            ("database.migrate", "false"),
            ("server.hosts", "[\"orders.example.com\", \"desk\"]"),
            ("database.url", "mssql://desk:hunter2@sql.example.com/orders"),
            ("webhooks.signing_key", KEY),
        ];
        let config = settled(&[VAULT_URL, ("server.max_connections", "5")], &secrets).unwrap();
        assert_eq!(config.settings.server.max_connections, 77);
        assert_eq!(config.settings.server.hosts, ["orders.example.com", "desk"]);
        assert!(!config.settings.database.migrate);
        let lines = config.list().unwrap();
        for (name, value) in [
            ("server.max_connections", "77"),
            ("database.url", "\"mssql://desk:•••@sql.example.com:1433/orders\""),
            ("webhooks.signing_key", "\"•••\""),
        ] {
            let line = lines.iter().find(|line| line.name == name).unwrap();
            assert_eq!((line.value.as_str(), line.source.as_str()), (value, "Key Vault, version v7"));
        }
        assert!(!format!("{:?} {lines:?}", config.settings).contains("hunter2"));
    }

    #[test]
    fn secrets_have_no_place_beside_a_vault() {
        let database = ("database.url", "mssql://desk:hunter2@sql.example.com/orders");
        let key = ("webhooks.signing_key", KEY);
        let client = ("auth.client_secret", "hunter2");
        for (change, secret) in
            [(database, "database--url"), (key, "webhooks--signing-key"), (client, "auth--client-secret")]
        {
            let said = refusal(&[VAULT_URL, change], &[]);
            assert!(said.starts_with(change.0) && said.contains(&format!("the secret {secret},")), "{said}");
            settled(&[VAULT_URL, change], &[change]).unwrap();
            settled(&[change, ("cards.key_file", "desk.keys")], &[]).unwrap();
        }
        settled(&[VAULT_URL, ("database.url", "mssql://sql.example.com/orders")], &[]).unwrap();
        settled(&[VAULT_URL, ("database.url", "sqlite:desk.db")], &[]).unwrap();
    }

    #[test]
    fn a_value_from_the_vault_is_never_quoted() {
        for (name, value, must) in [
            ("server.listen", "hunter2", "must be an address and port, like 127.0.0.1:5000"),
            ("server.ops_listen", "hunter2", "must be an address and port, like 127.0.0.1:5000"),
            ("server.hosts", "hunter2:443", "must have names alone"),
            ("server.hosts", "987654321", "must be a list"),
            ("server.hosts", "[{hunter2=1}]", "must be a text"),
            ("server.max_connections", "hunter2", "must be a whole number"),
            ("server.max_connections", "-1.5", "must be a whole number"),
            ("server.drain_seconds", "hunter2", "must be a number"),
            ("server.drain_seconds", "987654321", "must be from 0 to 3600 seconds"),
            ("database.url", "postgres://desk:hunter2@host/db", "must look like sqlite:orders.db"),
            ("database.url", "987654321", "must look like sqlite:orders.db"),
            ("database.busy_timeout_ms", "9876543210", "must be a whole number"),
            ("database.migrate", "hunter2", "must be true or false"),
            ("database.token_file", "987654321", "must be a text"),
            ("desk.time_zone", "Europe/hunter2", "must be an IANA time zone, like Europe/Berlin"),
            ("log.level", "hunter2", "must be one of error, warn, info, debug, trace"),
            ("log.format", "987654321", "must be"),
            ("traces.endpoint", "http://desk:hunter2@collector:4318", "has a user or password"),
            ("traces.endpoint", "hunter2", "must be the URL of an OTLP receiver"),
            ("traces.sample_ratio", "987654321", "must be from 0 to 1"),
            ("traces.sample_ratio", "hunter2", "must be a number"),
            ("webhooks.urls", "[\"http://hunter2.example.com\"]", "must have URLs that begin with https://"),
            ("webhooks.urls", "hunter2", "must be a list"),
            ("webhooks.urls", "https://a.example/,hunter2", "must be a list"),
            ("webhooks.signing_key", "hunter2", "must be whsec_ and 24 to 64 bytes in Base64"),
            ("webhooks.signing_key", "987654321", "must be whsec_ and 24 to 64 bytes in Base64"),
            ("auth.client_secret", "\"hunter2\\n2\"", "must be a text of 4096 bytes at most, on one line"),
            ("auth.issuer", "http://hunter2.example.com", "must begin with https://"),
            ("auth.issuer", "https://anna:hunter2@login.example.com", "must not have a user, a password"),
            ("auth.mode", "hunter2", "must be none, oidc, or empty"),
            ("auth.session_hours", "-987654321", "must be a number that is not below 0"),
            ("webhooks.signing_key", "[\"hunter2\"]", "must be whsec_ and 24 to 64 bytes in Base64"),
        ] {
            let said = refusal(&[VAULT_URL], &[(name, value)]);
            assert!(said.starts_with(&format!("setting {name} {must}")), "{name}={value}: {said}");
            assert!(said.ends_with("(set in Key Vault, version v7)"), "{name}={value}: {said}");
            assert!(!said.contains("987654321") && !said.contains("1.5"), "{name}={value}: {said}");
        }
    }

    #[test]
    fn what_is_needed_to_get_to_the_vault_is_known_ahead_of_it() {
        let early = sources(&[VAULT_URL, ("azure.identity", "managed"), ("azure.client_id", "an-id")])
            .early_settings()
            .unwrap();
        assert_eq!(early.key_vault.url.unwrap().to_string(), "https://orders.vault.azure.net");
        assert_eq!(early.azure.identity, Some(crate::config::IdentityKind::Managed));
        assert_eq!(early.azure.client_id.as_deref(), Some("an-id"));
        for (change, words) in [
            (("key_vault.url", "http://orders.vault.azure.net"), "key_vault.url must begin with https://"),
            (("key_vault.deadline_seconds", "0"), "key_vault.deadline_seconds must be from 1"),
            (
                ("azure.identity", "manged"),
                "azure.identity must be auto, workload, managed, environment or cli",
            ),
        ] {
            let said = sources(&[change]).early_settings().unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
    }
}
