//! New card keys in the key vault.

use anyhow::bail;

use super::super::bootstrap::{Bootstrap, Vault, source_key};
use super::super::database_options;
use crate::azure;
use crate::db::{CardKey, KeySource, KeyState, Purpose, SourceKeys};

/// Makes the first key of each purpose that has none.
///
/// A database that was written with other keys gets none: they would not open its orders.
pub(super) async fn begin(
    bootstrap: &Bootstrap,
    vault: &Vault,
    place: String,
    mut keys: SourceKeys,
) -> anyhow::Result<KeySource> {
    let lacking: Vec<Purpose> =
        Purpose::ALL.into_iter().filter(|purpose| keys.of(*purpose).is_empty()).collect();
    if lacking.is_empty() {
        bail!("{place} has card keys already. `orders key rotate` adds one");
    }
    let options = database_options::for_command(bootstrap);
    options.migrate().await?;
    let is_known =
        |key: &KeyState| key.id.is_some() && key.retired.is_none() && lacking.contains(&key.purpose);
    if options.list_keys().await?.iter().any(is_known) {
        bail!(
            "{} was written with card keys that {place} does not have. Put those back: new ones would not open its orders",
            bootstrap.settings().database.url
        );
    }
    for purpose in lacking {
        store(vault, &mut keys, purpose).await?;
    }
    Ok(KeySource::Given { place, keys })
}

/// Adds a key of a purpose, the newest from then on.
pub(super) async fn add(
    vault: &Vault,
    place: String,
    mut keys: SourceKeys,
    purpose: Purpose,
) -> anyhow::Result<KeySource> {
    store(vault, &mut keys, purpose).await?;
    Ok(KeySource::Given { place, keys })
}

async fn store(vault: &Vault, keys: &mut SourceKeys, purpose: Purpose) -> anyhow::Result<()> {
    let key = CardKey::generate()?;
    let secret = match purpose {
        Purpose::Seal => azure::CardKeySecret::Seal,
        Purpose::Hash => azure::CardKeySecret::Hash,
    };
    let version = vault.key_vault.add_key_version(secret, key.bytes()).await?;
    keys.push(purpose, source_key(version, None, key));
    Ok(())
}
