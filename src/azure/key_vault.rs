//! Key Vault: the settings and card keys that are secrets there.

mod card_keys;
mod error;
mod names;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::credentials::TokenCredential;
use azure_core::http::pager::PagerOptions;
use azure_core::http::{ClientMethodOptions, RequestContent};
use azure_security_keyvault_secrets::models::{
    Secret, SecretClientGetSecretOptions, SecretClientListSecretPropertiesOptions,
    SecretClientListSecretPropertiesVersionsOptions, SecretClientSetSecretOptions, SecretProperties,
    SetSecretParameters,
};
use azure_security_keyvault_secrets::{ResourceExt, ResourceId, SecretClient, SecretClientOptions};
pub use card_keys::KeyVersion;
pub use error::{VaultError, VaultFailure};
use futures_util::{StreamExt, TryStreamExt, stream};
pub use names::CardKeySecret;
use zeroize::Zeroizing;

use super::calls::{self, Deadline};
use super::identity::Identity;
use crate::config::{SettingSecret, VaultUrl};
use crate::https;

/// How many secrets are asked for at once.
const AT_ONCE: usize = 16;

/// A key vault, and who asks it.
pub struct KeyVault {
    url: VaultUrl,
    identity: Arc<Identity>,
    client: SecretClient,
    patience: Duration,
}

/// What the desk finds in a vault. `Debug` shows names and versions alone.
#[derive(Debug, Default)]
pub struct VaultSecrets {
    /// The settings that are there.
    pub settings: Vec<SettingSecret>,
    /// Keys that seal card numbers, oldest first.
    pub seal_keys: Vec<KeyVersion>,
    /// Keys of the hashes of card numbers, oldest first.
    pub hash_keys: Vec<KeyVersion>,
    /// What an operator should know about the other secrets, in sentences.
    pub remarks: Vec<String>,
}

/// What of a vault is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SecretScope {
    Everything,
    Settings,
}

/// One version of a secret to be read.
struct SecretRequest {
    /// As the vault spells it.
    name: String,
    /// The newest, if it is not said.
    version: Option<String>,
    what: SecretKind,
}

enum SecretKind {
    Setting(String),
    Key(CardKeySecret, SystemTime),
}

enum SecretRead {
    Setting(SettingSecret),
    Key(CardKeySecret, KeyVersion),
}

impl KeyVault {
    /// The vault at a URL. `patience` is for all of [`KeyVault::fetch`]. Asks nothing yet.
    pub fn new(url: VaultUrl, identity: Arc<Identity>, patience: Duration) -> Result<Self, VaultError> {
        let failed = |failure| VaultError::new(&url, None, failure);
        let client = https::client().map_err(|error| failed(VaultFailure::Tls(error.to_string())))?;
        let options = SecretClientOptions { client_options: calls::options(&client), ..Default::default() };
        let who: Arc<dyn TokenCredential> = Arc::clone(&identity) as _;
        let client = SecretClient::new(url.as_str(), who, Some(options));
        let client = client.map_err(|_| failed(VaultFailure::NoVault))?;
        Ok(Self { url, identity, client, patience })
    }

    pub fn host(&self) -> &str {
        self.url.host()
    }

    /// Reads the secrets that are settings of these names, and all enabled versions of the card keys.
    pub async fn fetch(&self, settings: &[String]) -> Result<VaultSecrets, VaultError> {
        self.fetch_what(settings, SecretScope::Everything).await
    }

    /// Reads the secrets that are settings of these names, and no card key.
    pub async fn fetch_settings(&self, settings: &[String]) -> Result<VaultSecrets, VaultError> {
        self.fetch_what(settings, SecretScope::Settings).await
    }

    async fn fetch_what(&self, settings: &[String], scope: SecretScope) -> Result<VaultSecrets, VaultError> {
        let deadline = Deadline::after(self.patience);
        self.bounded(deadline, self.fetch_by(settings, scope, deadline)).await
    }

    /// Does some work by a deadline, to which each request keeps by itself.
    async fn bounded<T>(
        &self,
        deadline: Deadline,
        work: impl Future<Output = Result<T, VaultFailure>>,
    ) -> Result<T, VaultError> {
        let done = deadline.with_grace().bound(work).await.unwrap_or(Err(VaultFailure::Late));
        done.map_err(|failure| VaultError::new(&self.url, self.identity.kind(), failure))
    }

    async fn fetch_by(
        &self,
        settings: &[String],
        scope: SecretScope,
        deadline: Deadline,
    ) -> Result<VaultSecrets, VaultFailure> {
        let mut secrets = VaultSecrets::default();
        let mut found = Vec::new();
        for properties in self.list(deadline).await? {
            let name = id_of(&properties)?.name;
            match names::read(&name, settings) {
                names::SecretName::Setting(_) if !is_enabled(&properties) => {
                    secrets.remarks.push(names::disabled(&name));
                }
                names::SecretName::Unknown(remark) => secrets.remarks.push(remark),
                names::SecretName::Foreign => {}
                names::SecretName::Card(_) if scope == SecretScope::Settings => {}
                known => found.push((name, known)),
            }
        }
        let wanted = stream::iter(found).map(|(name, known)| self.versions(name, known, deadline));
        let wanted: Vec<Vec<SecretRequest>> = wanted.buffer_unordered(AT_ONCE).try_collect().await?;
        let read = stream::iter(wanted.into_iter().flatten()).map(|wanted| self.read(wanted, deadline));
        let mut read = read.buffer_unordered(AT_ONCE);
        while let Some(one) = read.try_next().await? {
            secrets.add(one);
        }
        drop(read);
        secrets.sort();
        Ok(secrets)
    }

    async fn list(&self, deadline: Deadline) -> Result<Vec<SecretProperties>, VaultFailure> {
        let options = SecretClientListSecretPropertiesOptions {
            method_options: PagerOptions { context: deadline.context(), ..Default::default() },
            ..Default::default()
        };
        let pages = self.client.list_secret_properties(Some(options));
        collect(pages).await.map_err(|error| VaultFailure::of(&error, None))
    }

    /// What is to be read of a secret: a setting's newest version, or all enabled ones of a card key.
    async fn versions(
        &self,
        name: String,
        known: names::SecretName,
        deadline: Deadline,
    ) -> Result<Vec<SecretRequest>, VaultFailure> {
        let key = match known {
            names::SecretName::Card(key) => key,
            names::SecretName::Setting(setting) => {
                return Ok(vec![SecretRequest { name, version: None, what: SecretKind::Setting(setting) }]);
            }
            names::SecretName::Unknown(_) | names::SecretName::Foreign => return Ok(Vec::new()),
        };
        let options = SecretClientListSecretPropertiesVersionsOptions {
            method_options: PagerOptions { context: deadline.context(), ..Default::default() },
            ..Default::default()
        };
        let pages = self.client.list_secret_properties_versions(&name, Some(options));
        let versions = collect(pages).await.map_err(|error| VaultFailure::of(&error, Some(&name)))?;
        versions
            .into_iter()
            .filter(is_enabled)
            .map(|properties| SecretRequest::version_of(key, &properties))
            .collect()
    }

    async fn read(&self, wanted: SecretRequest, deadline: Deadline) -> Result<SecretRead, VaultFailure> {
        let SecretRequest { name, version, what } = wanted;
        let options = SecretClientGetSecretOptions {
            secret_version: version,
            method_options: ClientMethodOptions { context: deadline.context() },
            ..Default::default()
        };
        let failed = |error: &azure_core::Error| VaultFailure::of(error, Some(&name));
        let answer = self.client.get_secret(&name, Some(options)).await.map_err(|error| failed(&error))?;
        let secret: Secret = answer.into_model().map_err(|_| VaultFailure::NoVault)?;
        let version = secret.resource_id().ok().and_then(|id| id.version).ok_or(VaultFailure::NoVault)?;
        let value = Zeroizing::new(secret.value.unwrap_or_default());
        Ok(match what {
            SecretKind::Setting(setting) => SecretRead::Setting(SettingSecret::new(setting, &value, version)),
            SecretKind::Key(key, created) => SecretRead::Key(
                key,
                KeyVersion::parse(&value, version, created).ok_or(VaultFailure::NoKey(name))?,
            ),
        })
    }

    /// Adds a version to a card key, which is the newest from then on; the version's id.
    pub async fn add_key_version(&self, key: CardKeySecret, bytes: &[u8; 32]) -> Result<String, VaultError> {
        let deadline = Deadline::after(self.patience);
        self.bounded(deadline, self.add_by(key, bytes, deadline)).await
    }

    async fn add_by(
        &self,
        key: CardKeySecret,
        bytes: &[u8; 32],
        deadline: Deadline,
    ) -> Result<String, VaultFailure> {
        let name = key.secret_name();
        let parameters = SetSecretParameters {
            content_type: Some("32 bytes in Base64".to_owned()),
            value: Some(card_keys::write(bytes)),
            ..Default::default()
        };
        let content: RequestContent<_> = parameters.try_into().map_err(|_| VaultFailure::NoVault)?;
        let options = SecretClientSetSecretOptions {
            method_options: ClientMethodOptions { context: deadline.context() },
        };
        let answer = self.client.set_secret(name, content, Some(options)).await;
        let answer = answer.map_err(|error| VaultFailure::of_writing(&error, name))?;
        let secret: Secret = answer.into_model().map_err(|_| VaultFailure::NoVault)?;
        secret.resource_id().ok().and_then(|id| id.version).ok_or(VaultFailure::NoVault)
    }
}

impl SecretRequest {
    fn version_of(key: CardKeySecret, properties: &SecretProperties) -> Result<Self, VaultFailure> {
        let ResourceId { name, version, .. } = id_of(properties)?;
        let created = properties.attributes.as_ref().and_then(|attributes| attributes.created);
        let created = created.map_or(SystemTime::UNIX_EPOCH, SystemTime::from);
        Ok(Self { name, version, what: SecretKind::Key(key, created) })
    }
}

impl VaultSecrets {
    fn add(&mut self, read: SecretRead) {
        match read {
            SecretRead::Setting(setting) => self.settings.push(setting),
            SecretRead::Key(CardKeySecret::Seal, version) => self.seal_keys.push(version),
            SecretRead::Key(CardKeySecret::Hash, version) => self.hash_keys.push(version),
        }
    }

    /// The newest key comes last; of two of the same second, the one with the greater id.
    fn sort(&mut self) {
        self.settings.sort_by(|one, other| one.name.cmp(&other.name));
        for keys in [&mut self.seal_keys, &mut self.hash_keys] {
            keys.sort_by(|one, other| (one.created, &one.version).cmp(&(other.created, &other.version)));
        }
    }
}

/// As error messages name it.
impl fmt::Display for KeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key vault {}", self.url)
    }
}

impl fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVault").field("url", &self.url).finish_non_exhaustive()
    }
}

type Pages = azure_core::http::Pager<azure_security_keyvault_secrets::models::ListSecretPropertiesResult>;

async fn collect(pages: azure_core::Result<Pages>) -> azure_core::Result<Vec<SecretProperties>> {
    pages?.try_collect().await
}

fn id_of(properties: &SecretProperties) -> Result<ResourceId, VaultFailure> {
    properties.resource_id().map_err(|_| VaultFailure::NoVault)
}

fn is_enabled(properties: &SecretProperties) -> bool {
    properties.attributes.as_ref().and_then(|attributes| attributes.enabled).unwrap_or(true)
}
