//! What Azure gives the desk: an identity, secrets from Key Vault, access tokens. Imports `https` and `config`.
//!
//! Azure's SDK does the talking, through the desk's own HTTPS client (`calls`). Its errors may quote what a service
//! sent, so none of them leaves this room: `identity` and `key_vault` say in words of their own what went wrong.

mod calls;
mod identity;
mod key_vault;
mod token_file;

pub use identity::Identity;
pub use key_vault::{CardKeySecret, KeyVault, KeyVersion, VaultSecrets};
pub use token_file::{Token, TokenFile};
