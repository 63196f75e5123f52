//! All settings together, and the rules across their sections.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use diesel_mssql::{ConnectionString, Trust};
use serde::Deserialize;

use super::auth::AuthSettings;
use super::database::DatabaseSettings;
use super::database_url::DatabaseUrl;
use super::error::ConfigError;
use super::imports::ImportSettings;
use super::key_vault::{AzureSettings, KeyVaultSettings};
use super::log::LogSettings;
use super::server::ServerSettings;
use super::traces::TraceSettings;
use super::values::time_zone;
use super::webhooks::WebhookSettings;

/// What the list's own filter takes (`older_than`).
const MOST_LATE_DAYS: u16 = 9999;

/// All settings; `config.toml` says what each is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The HTTP server.
    pub server: ServerSettings,
    /// Who may use the desk.
    pub auth: AuthSettings,
    /// The database of orders.
    pub database: DatabaseSettings,
    /// Where card keys are kept.
    pub cards: CardSettings,
    /// The access log.
    pub audit: AuditSettings,
    /// The business.
    pub desk: DeskSettings,
    /// Files of orders that somebody brings.
    pub imports: ImportSettings,
    /// What is logged.
    pub log: LogSettings,
    /// What is traced.
    pub traces: TraceSettings,
    /// Where secrets come from.
    pub key_vault: KeyVaultSettings,
    /// Who the desk is in Azure.
    pub azure: AzureSettings,
    /// The endpoints that receive order events.
    pub webhooks: WebhookSettings,
}

/// `[cards]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardSettings {
    key_file: PathBuf,
    retention_days: u16,
}

/// `[audit]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditSettings {
    /// For how many days entries of the access log are kept.
    pub retention_days: u16,
}

/// `[desk]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskSettings {
    /// Of all dates of orders.
    #[serde(deserialize_with = "time_zone")]
    pub time_zone: Tz,
    /// After how many days an order that is still to ship is late.
    pub late_days: u16,
}

impl Settings {
    /// The file with the card keys.
    pub fn key_file(&self) -> PathBuf {
        match &self.database.url {
            DatabaseUrl::Sqlite(path) if self.cards.is_unnamed() => path.with_extension("keys"),
            _ => self.cards.key_file.clone(),
        }
    }

    /// Refuses settings that name no place for card keys; what migrates needs none.
    pub fn check_key_place(&self) -> Result<(), ConfigError> {
        let is_on_server = matches!(self.database.url, DatabaseUrl::SqlServer(_));
        if is_on_server && self.cards.is_unnamed() && self.key_vault.url.is_none() {
            let sentence = "cards.key_file must name the key file where database.url is not an SQLite file";
            return Err(ConfigError::Value(sentence.to_owned()));
        }
        Ok(())
    }

    pub(super) fn check(&self, profile: &str) -> Result<(), ConfigError> {
        self.server
            .check()
            .and_then(|()| self.database.check())
            .and_then(|()| self.key_vault.check())
            .and_then(|()| self.webhooks.check())
            .and_then(|()| self.auth.check(self.server.public_url.as_ref()))
            .and_then(|()| self.check_cards())
            .and_then(|()| self.audit.check())
            .and_then(|()| self.desk.check())
            .and_then(|()| self.imports.check())
            .and_then(|()| match &self.database.url {
                DatabaseUrl::Sqlite(path) => self.check_file(path),
                DatabaseUrl::SqlServer(server) => self.check_server(server, profile),
            })
            .map_err(|sentence| ConfigError::Value(sentence.to_owned()))
    }

    fn check_cards(&self) -> Result<(), &'static str> {
        if !matches!(self.cards.retention_days, 0 | 30..=9999) {
            return Err("cards.retention_days must be 0, for ever, or from 30 to 9999");
        }
        if self.key_vault.url.is_some() && !self.cards.is_unnamed() {
            return Err(
                "cards.key_file and key_vault.url are both set: with a key vault, the card keys are its secrets cards--seal-key and cards--hash-key. Leave cards.key_file out",
            );
        }
        Ok(())
    }

    fn check_file(&self, database: &Path) -> Result<(), &'static str> {
        if self.key_file() == database {
            return Err(
                "cards.key_file and database.url name the same file: keys belong in a file of their own",
            );
        }
        Ok(())
    }

    fn check_server(&self, server: &ConnectionString, profile: &str) -> Result<(), &'static str> {
        if server.trust == Trust::Any && is_production(profile) {
            return Err(
                "database.url trusts any certificate, which the profile prod does not allow. Name the file of the server's authority instead: ca=FILE in a URL, ServerCertificate=FILE in a connection string",
            );
        }
        match (&server.credentials, &self.database.token_file) {
            (Some(_), Some(_)) => Err(
                "database.url has a user and password, and database.token_file is another login: keep one of them",
            ),
            _ => Ok(()),
        }
    }
}

/// Whether a profile is the production one, in any spelling.
pub(super) fn is_production(profile: &str) -> bool {
    profile.eq_ignore_ascii_case("prod")
}

impl AuditSettings {
    /// The database refuses to delete what is younger than 90 days; ten years are enough for anybody.
    fn check(&self) -> Result<(), &'static str> {
        if !(90..=3660).contains(&self.retention_days) {
            return Err("audit.retention_days must be from 90 to 3660");
        }
        Ok(())
    }
}

impl DeskSettings {
    fn check(&self) -> Result<(), &'static str> {
        if self.late_days > MOST_LATE_DAYS {
            return Err("desk.late_days must be from 0 to 9999");
        }
        Ok(())
    }
}

impl CardSettings {
    /// For how many days behind an order's date its card number is kept; none: for ever.
    pub fn retention_days(&self) -> Option<u16> {
        Some(self.retention_days).filter(|days| *days > 0)
    }

    fn is_unnamed(&self) -> bool {
        self.key_file.as_os_str().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "mssql://desk:hunter2@sql.example.com/orders";

    /// The built-in settings with some of `[default]` changed.
    fn settings(changes: &[(&str, &str)]) -> Settings {
        super::super::sources::tests::with(changes).extract().unwrap()
    }

    fn refusal(changes: &[(&str, &str)], profile: &str) -> String {
        settings(changes).check(profile).unwrap_err().to_string()
    }

    #[test]
    fn what_is_built_in_is_allowed() {
        settings(&[]).check("dev").unwrap();
        assert_eq!(settings(&[]).key_file(), Path::new("orders.keys"));
    }

    #[test]
    fn debug_shows_no_password() {
        for url in [SERVER, "Server=sql.example.com;Database=orders;User ID=desk;Password={hunter2}"] {
            let shown = format!("{:?}", settings(&[("database.url", url)]));
            assert!(shown.contains("sql.example.com") && shown.contains("•••"), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn what_happened_is_kept_for_a_quarter_at_least() {
        for days in ["0", "89", "3661"] {
            let said = refusal(&[("audit.retention_days", days)], "dev");
            assert_eq!(said, "audit.retention_days must be from 90 to 3660");
        }
        settings(&[("audit.retention_days", "90")]).check("prod").unwrap();
    }

    #[test]
    fn card_numbers_are_kept_for_ever_or_for_a_month_at_least() {
        assert_eq!(settings(&[]).cards.retention_days(), None);
        for days in ["1", "29", "10000"] {
            let said = refusal(&[("cards.retention_days", days)], "dev");
            assert_eq!(said, "cards.retention_days must be 0, for ever, or from 30 to 9999");
        }
        let kept = settings(&[("cards.retention_days", "400")]);
        kept.check("prod").unwrap();
        assert_eq!(kept.cards.retention_days(), Some(400));
    }

    #[test]
    fn a_server_wants_a_key_file_that_is_named() {
        let unnamed = settings(&[("database.url", SERVER)]);
        unnamed.check("prod").unwrap();
        let said = unnamed.check_key_place().unwrap_err().to_string();
        assert!(said.starts_with("cards.key_file must name the key file"), "{said}");
        let named = settings(&[("database.url", SERVER), ("cards.key_file", "desk.keys")]);
        named.check("prod").unwrap();
        named.check_key_place().unwrap();
        assert_eq!(named.key_file(), Path::new("desk.keys"));
    }

    #[test]
    fn card_keys_have_one_place() {
        let vault = ("key_vault.url", "https://orders.vault.azure.net");
        let in_vault = settings(&[vault, ("database.url", SERVER)]);
        in_vault.check("prod").unwrap();
        in_vault.check_key_place().unwrap();
        let said = refusal(&[vault, ("cards.key_file", "desk.keys")], "dev");
        assert!(said.starts_with("cards.key_file and key_vault.url are both set"), "{said}");
    }

    #[test]
    fn looking_again_has_its_bounds() {
        for (name, value, words) in [
            ("key_vault.deadline_seconds", "0", "must be from 1 to 600"),
            ("key_vault.deadline_seconds", "601", "must be from 1 to 600"),
            ("key_vault.refresh_seconds", "9", "must be 0, or from 10 to 86400"),
        ] {
            let said = refusal(&[(name, value)], "dev");
            assert!(said.contains(name) && said.ends_with(words), "{said}");
        }
        settings(&[("key_vault.refresh_seconds", "0")]).check("dev").unwrap();
    }

    #[test]
    fn there_is_time_for_every_request() {
        for name in ["server.header_timeout_seconds", "server.request_timeout_seconds"] {
            for zero in ["0", "0.0"] {
                assert!(refusal(&[(name, zero)], "dev").starts_with(&format!("{name} must be more than 0")));
            }
            settings(&[(name, "0.3")]).check("dev").unwrap();
        }
    }

    #[test]
    fn what_machines_ask_has_a_socket_of_its_own() {
        for (listen, ops) in [
            ("127.0.0.1:5000", "127.0.0.1:5000"),
            ("0.0.0.0:5000", "127.0.0.1:5000"),
            ("127.0.0.1:5000", "[::]:5000"),
            ("127.0.0.1:5000", "[::ffff:127.0.0.1]:5000"),
        ] {
            let said = refusal(&[("server.listen", listen), ("server.ops_listen", ops)], "dev");
            assert!(
                said.starts_with("server.ops_listen must have another port than server.listen"),
                "{said}"
            );
        }
        for (listen, ops) in [
            ("127.0.0.1:5000", ""),
            ("127.0.0.1:5000", "127.0.0.1:5001"),
            ("127.0.0.1:5000", "127.0.0.2:5000"),
            ("127.0.0.1:0", "127.0.0.1:0"),
        ] {
            let server = settings(&[("server.listen", listen), ("server.ops_listen", ops)]);
            server.check("prod").unwrap();
            assert_eq!(server.server.ops_listen, ops.parse().ok());
        }
    }

    #[test]
    fn there_is_a_place_for_somebody() {
        for name in ["server.max_connections", "server.max_connections_per_client"] {
            assert_eq!(refusal(&[(name, "0")], "dev"), format!("{name} must be 1 or more"));
            settings(&[(name, "1")]).check("dev").unwrap();
        }
    }

    #[test]
    fn a_server_has_one_login() {
        let keys = ("cards.key_file", "desk.keys");
        let token_file = ("database.token_file", "token");
        let without_user = ("database.url", "mssql://sql.example.com/orders");
        settings(&[keys, without_user]).check("prod").unwrap();
        settings(&[keys, without_user, token_file]).check("prod").unwrap();
        assert!(refusal(&[keys, ("database.url", SERVER), token_file], "dev").ends_with("keep one of them"));
        settings(&[token_file]).check("dev").unwrap();
    }

    #[test]
    fn webhooks_want_a_key() {
        let url = ("webhooks.urls", "https://hooks.example.com/orders");
        let key = ("webhooks.signing_key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert!(refusal(&[url], "dev").starts_with("webhooks.urls is set, but webhooks.signing_key is not"));
        settings(&[key]).check("dev").unwrap();
        settings(&[url, key]).check("prod").unwrap();
        assert_eq!(settings(&[url, key]).webhooks.urls.len(), 1);
        for two in ["https://a.example/1,https://a.example/2", "https://a.example/1, https://a.example/2,"] {
            let urls = settings(&[("webhooks.urls", two), key]).webhooks.urls;
            let names: Vec<&str> = urls.iter().map(crate::config::WebhookUrl::name).collect();
            assert_eq!(names, ["https://a.example/1", "https://a.example/2"], "{two}");
        }
        let with_comma = [("webhooks.urls", "[\"https://a.example/1,2\"]"), key];
        assert_eq!(settings(&with_comma).webhooks.urls[0].name(), "https://a.example/1,2");
        let twice = ("webhooks.urls", "https://a.example/?one https://a.example/?two");
        assert!(refusal(&[twice, key], "dev").contains("has a URL twice"));
        let many = (1..12).map(|n| format!("https://a.example/{n}")).collect::<Vec<_>>().join(" ");
        assert!(refusal(&[("webhooks.urls", &many), key], "dev").contains("10 URLs at most"));
    }

    #[test]
    fn production_trusts_not_just_any_certificate() {
        let url = format!("{SERVER}?trust=any");
        let changes = [("database.url", url.as_str()), ("cards.key_file", "desk.keys")];
        settings(&changes).check("dev").unwrap();
        assert!(refusal(&changes, "prod").contains("which the profile prod does not allow"));
        assert!(refusal(&changes, "Prod").contains("which the profile prod does not allow"));
    }
}
