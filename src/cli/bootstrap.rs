//! What every command starts from: the settings from all sources, and the secrets of the key vault.

use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use super::resources;
use crate::azure::{Identity, KeyVault, KeyVersion, VaultSecrets};
use crate::config::{Config, DatabaseUrl, EarlySettings, Settings, Sources};
use crate::db::{CardKey, KeySource, SourceKey, SourceKeys};
use crate::order::Timestamp;
use crate::telemetry;

/// The settings in force, with their sources, to reload them.
pub(super) struct Bootstrap {
    sources: Arc<Sources>,
    pub(super) config: Config,
    /// For access tokens, where something wants them.
    pub(super) identity: Option<Arc<Identity>>,
    /// With the card keys.
    pub(super) vault: Option<Vault>,
}

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// The database alone: card keys are neither fetched nor named.
    Database,
    /// Everything there is to say of settings. Card keys need no place yet.
    Settings,
    /// The database with the keys of its cards.
    CardKeys,
}

/// A key vault, and what it held.
pub(super) struct Vault {
    pub(super) key_vault: Arc<KeyVault>,
    pub(super) secrets: VaultSecrets,
}

impl Bootstrap {
    /// Settles the settings, with the key vault's secrets where there is one; logs from then on.
    pub(super) fn load(sources: Sources, early: &EarlySettings, needs: Needs) -> anyhow::Result<Self> {
        let bootstrap = Self::settle(sources, early, needs)?;
        if needs == Needs::CardKeys {
            bootstrap.settings().check_key_place()?;
        }
        Ok(bootstrap)
    }

    fn settle(sources: Sources, early: &EarlySettings, needs: Needs) -> anyhow::Result<Self> {
        let sources = Arc::new(sources);
        let Some(url) = early.key_vault.url.clone() else {
            let config = sources.settle(&[])?;
            telemetry::start(&config.settings.log);
            let identity = wants_tokens(&config.settings.database.url, &config.settings)
                .then(|| identity(&early.azure))
                .transpose()?;
            return Ok(Self { sources, config, identity, vault: None });
        };
        let identity = identity(&early.azure)?;
        let key_vault = Arc::new(KeyVault::new(url, Arc::clone(&identity), early.key_vault.deadline)?);
        let names = sources.names()?;
        let secrets = telemetry::during(&early.log, || fetch(&key_vault, &names, needs))?;
        let config = sources.settle(&secrets.settings)?;
        telemetry::start(&config.settings.log);
        for remark in &secrets.remarks {
            tracing::warn!("{remark}");
        }
        Ok(Self { sources, config, identity: Some(identity), vault: Some(Vault { key_vault, secrets }) })
    }

    /// The same with what the key vault holds now.
    pub(super) async fn reload(&self) -> anyhow::Result<Self> {
        let vault = match &self.vault {
            None => None,
            Some(Vault { key_vault, .. }) => {
                let secrets = key_vault.fetch(&self.sources.names()?).await?;
                Some(Vault { key_vault: Arc::clone(key_vault), secrets })
            }
        };
        let settings = vault.as_ref().map_or(&[][..], |vault| &vault.secrets.settings);
        let config = self.sources.settle(settings)?;
        Ok(Self { sources: Arc::clone(&self.sources), config, identity: self.identity.clone(), vault })
    }

    /// The same with an identity, if a database is logged in to by its tokens.
    pub(super) fn reaching(mut self, url: &DatabaseUrl) -> anyhow::Result<Self> {
        if self.identity.is_none() && wants_tokens(url, self.settings()) {
            self.identity = Some(identity(&self.settings().azure)?);
        }
        Ok(self)
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.config.settings
    }

    /// Where the card keys are: in the key vault, where there is one.
    pub(super) fn keys(&self) -> KeySource {
        match &self.vault {
            Some(vault) => vault.keys(),
            None => KeySource::File(self.settings().key_file()),
        }
    }
}

impl Vault {
    fn keys(&self) -> KeySource {
        KeySource::Given {
            place: self.key_vault.to_string(),
            keys: SourceKeys {
                seal: source_keys(&self.secrets.seal_keys),
                hash: source_keys(&self.secrets.hash_keys),
            },
        }
    }
}

fn source_keys(versions: &[KeyVersion]) -> Vec<SourceKey> {
    let from_vault = |version: &KeyVersion| {
        source_key(version.version.clone(), Some(version.created), CardKey::new(version.bytes.clone()))
    };
    versions.iter().map(from_vault).collect()
}

/// A version of a secret in the key vault, as the database takes keys.
pub(super) fn source_key(version: String, created: Option<SystemTime>, key: CardKey) -> SourceKey {
    let created = created.map(|at| Timestamp::new(DateTime::<Utc>::from(at).naive_utc()));
    SourceKey { name: version, created, key }
}

fn identity(settings: &crate::config::AzureSettings) -> anyhow::Result<Arc<Identity>> {
    Ok(Arc::new(Identity::new(settings)?))
}

/// Whether a database is logged in to with tokens that no file has.
fn wants_tokens(url: &DatabaseUrl, settings: &Settings) -> bool {
    match url {
        DatabaseUrl::SqlServer(server) => {
            server.credentials.is_none() && settings.database.token_file.is_none()
        }
        DatabaseUrl::Sqlite(_) => false,
    }
}

fn fetch(key_vault: &KeyVault, names: &[String], needs: Needs) -> anyhow::Result<VaultSecrets> {
    Ok(resources::runtime_on_this_thread()?.block_on(async {
        match needs {
            Needs::Database => key_vault.fetch_settings(names).await,
            Needs::Settings | Needs::CardKeys => key_vault.fetch(names).await,
        }
    })?)
}
