//! What commands start from: the settings from all their places, and what Azure has for them.

use std::sync::Arc;

use anyhow::Context;

use crate::azure::{Identity, KeyVault, VaultSecrets};
use crate::config::{Ahead, Config, DatabaseUrl, Login, Settings, Sources};
use crate::telemetry;

/// The settings in force, who asked for them, and whom to ask again.
pub(super) struct Setup {
    pub(super) config: Config,
    /// For access tokens, where something wants them.
    pub(super) identity: Option<Arc<Identity>>,
    /// With the card keys.
    #[expect(dead_code, reason = "the database takes its keys from a file so far")]
    pub(super) vault: Option<Vault>,
}

/// A key vault, and what it held.
pub(super) struct Vault {
    #[expect(dead_code, reason = "nobody asks again so far")]
    pub(super) key_vault: KeyVault,
    #[expect(dead_code, reason = "the database takes its keys from a file so far")]
    pub(super) secrets: VaultSecrets,
}

impl Setup {
    /// Settles the settings, with the key vault's secrets where there is one; logs from then on.
    pub(super) fn load(sources: &Sources, ahead: &Ahead) -> anyhow::Result<Self> {
        let Some(url) = ahead.key_vault.url.clone() else {
            let config = sources.settle(&[])?;
            telemetry::start(&config.settings.log);
            let identity = wants_tokens(&config.settings).then(|| identity(&ahead.azure)).transpose()?;
            return Ok(Self { config, identity, vault: None });
        };
        let identity = identity(&ahead.azure)?;
        let key_vault = KeyVault::new(url, Arc::clone(&identity), ahead.key_vault.deadline)?;
        let names = sources.names()?;
        let secrets = telemetry::during(&ahead.log, || fetch(&key_vault, &names))?;
        let config = sources.settle(&secrets.settings)?;
        telemetry::start(&config.settings.log);
        for remark in &secrets.remarks {
            tracing::warn!("{remark}");
        }
        Ok(Self { config, identity: Some(identity), vault: Some(Vault { key_vault, secrets }) })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.config.settings
    }
}

fn identity(settings: &crate::config::Azure) -> anyhow::Result<Arc<Identity>> {
    Ok(Arc::new(Identity::new(settings)?))
}

/// Whether the database is logged in to with tokens that no file has.
fn wants_tokens(settings: &Settings) -> bool {
    match &settings.database.url {
        DatabaseUrl::SqlServer(server) => {
            matches!(server.login, Login::Token) && settings.database.token_file.is_none()
        }
        DatabaseUrl::Sqlite(_) => false,
    }
}

fn fetch(key_vault: &KeyVault, names: &[String]) -> anyhow::Result<VaultSecrets> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start threads")?;
    Ok(runtime.block_on(key_vault.fetch(names))?)
}
