//! Settings: read from all their places once, checked, and typed from there on.
//!
//! `config.toml` at the root is inside the program. Over it come the working directory's `config.toml` (or
//! the file of `--config`) and `ORDERS_…` variables, and over all of them the key vault's secrets, which
//! the caller fetches. Imports nothing of the house.

mod auth;
mod database;
mod database_url;
mod error;
mod exposure;
mod hosts;
mod imports;
mod key_vault;
mod listing;
mod log;
mod names;
mod nearest;
mod oidc;
mod origin;
mod proxies;
mod public_url;
mod secrets;
mod server;
mod settings;
mod sources;
mod traces;
mod values;
mod webhooks;

pub use auth::{AuthMode, AuthSettings};
pub use database::DatabaseSettings;
pub use database_url::{DatabaseUrl, DatabaseUrlError};
pub(crate) use exposure::is_on_this_machine;
pub use imports::ImportSettings;
pub(crate) use key_vault::{AzureSettings, IdentityKind, SettingSecret, VaultUrl};
pub(crate) use listing::Setting;
pub use log::{LogFormat, LogLevel, LogSettings};
pub(crate) use nearest::nearest as nearest_name;
pub use oidc::{ClientAuthentication, ClientSecret, Issuer, OidcSettings, RoleValues};
pub use proxies::TrustedProxies;
pub use public_url::PublicUrl;
pub(crate) use public_url::PublicUrlError;
pub use server::ServerSettings;
pub use settings::{CardSettings, DeskSettings, Settings};
pub(crate) use sources::{Config, EarlySettings, Sources};
pub use traces::CollectorUrl;
pub(crate) use traces::TraceSettings;
pub use webhooks::WebhookUrl;
pub(crate) use webhooks::{SigningKeys, WebhookSettings};
