//! What the vault holds, and how Key Vault's REST interface shows it.
//!
//! See <https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups>.

use serde_json::{Value, json};
use ureq::http::{Request, Response};

use super::exchange::{json, value_of, with};
use super::fault::{disabled, not_found};
use super::told::Asked;
use super::{Place, TENANT, VAULT};

/// The second after which secrets are made.
const BEGINNING: u64 = 1_700_000_000;

pub struct Secrets {
    /// In the order of their making.
    versions: Vec<Version>,
    pub page_length: usize,
}

struct Version {
    name: String,
    id: String,
    value: String,
    created: u64,
    is_enabled: bool,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { versions: Vec::new(), page_length: 25 }
    }
}

impl Secrets {
    pub fn keep(&mut self, name: &str, value: &str) -> String {
        let newest = self.versions.iter().map(|version| version.created).max();
        self.keep_created(name, value, newest.unwrap_or(BEGINNING) + 1)
    }

    pub fn keep_created(&mut self, name: &str, value: &str, created: u64) -> String {
        // Ids are in no order.
        let id = uuid::Uuid::new_v4().simple().to_string();
        let (name, value) = (name.to_ascii_lowercase(), value.to_owned());
        self.versions.push(Version { name, id: id.clone(), value, created, is_enabled: true });
        id
    }

    pub fn disable(&mut self, name: &str, id: &str) {
        let version = self.versions.iter_mut().find(|version| version.name == name && version.id == id);
        version.unwrap().is_enabled = false;
    }

    /// All versions of a secret, oldest first.
    fn of(&self, name: &str) -> Vec<&Version> {
        let mut versions: Vec<_> = self.versions.iter().filter(|version| version.name == name).collect();
        versions.sort_by_key(|version| version.created);
        versions
    }

    /// The ids and values of all versions of a secret, oldest first.
    pub fn versions_of(&self, name: &str) -> Vec<(String, String)> {
        self.of(name).into_iter().map(|version| (version.id.clone(), version.value.clone())).collect()
    }

    /// The values that nobody may be told: of a URL the password, of other settings nothing.
    pub fn values(&self) -> Vec<String> {
        let is_open = |name: &str| ["server--", "desk--", "log--"].iter().any(|open| name.starts_with(open));
        let secrets = self.versions.iter().filter(|version| !is_open(&version.name));
        secrets.flat_map(Version::secrets).filter(|part| part.len() >= 8).collect()
    }

    /// Answers somebody who may ask.
    pub fn answer(&mut self, asked: &Asked, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        if value_of(&asked.fields, "api-version").is_empty() {
            return refusal(400, "BadParameter", "", "api-version must be specified.");
        }
        match asked.place {
            Place::List => self.list(asked, &self.current(), "secrets", false),
            Place::Versions => {
                let path = format!("secrets/{}/versions", asked.secret);
                self.list(asked, &self.of(&asked.secret), &path, true)
            }
            Place::Store => self.store(asked, request.body()),
            _ => self.value(asked, request.uri().path()),
        }
    }

    /// The newest version of each secret, by name.
    fn current(&self) -> Vec<&Version> {
        let mut names: Vec<_> = self.versions.iter().map(|version| &version.name).collect();
        names.sort();
        names.dedup();
        names.iter().filter_map(|name| self.of(name).last().copied()).collect()
    }

    fn list(&self, asked: &Asked, all: &[&Version], path: &str, with_versions: bool) -> Response<Vec<u8>> {
        let from = value_of(&asked.fields, "$skiptoken").parse().unwrap_or(0);
        let page = all.iter().skip(from).take(self.page_length).map(|version| version.item(with_versions));
        let to = from + self.page_length;
        let next = format!("https://{VAULT}:443/{path}?api-version=7.4&$skiptoken={to}&maxresults=25");
        let next = if to < all.len() { Value::String(next) } else { Value::Null };
        json(200, &json!({ "value": page.collect::<Vec<_>>(), "nextLink": next }))
    }

    fn value(&self, asked: &Asked, path: &str) -> Response<Vec<u8>> {
        let id = path.trim_matches('/').split('/').nth(2);
        let versions = self.of(&asked.secret);
        let version = match id {
            Some(id) => versions.iter().find(|version| version.id == id),
            None => versions.last(),
        };
        match version {
            None => refusal(404, "SecretNotFound", "", &not_found(&asked.secret)),
            Some(version) if !version.is_enabled => disabled(),
            Some(version) => json(200, &version.bundle()),
        }
    }

    fn store(&mut self, asked: &Asked, body: &[u8]) -> Response<Vec<u8>> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(value) = body["value"].as_str() else {
            return refusal(400, "BadParameter", "", "Property value is missing.");
        };
        self.keep(&asked.secret, value);
        json(200, &self.of(&asked.secret).last().map(|version| version.bundle()).unwrap_or_default())
    }
}

impl Version {
    fn item(&self, with_version: bool) -> Value {
        let version = if with_version { format!("/{}", self.id) } else { String::new() };
        json!({
            "id": format!("https://{VAULT}/secrets/{}{version}", self.name),
            "attributes": {
                "enabled": self.is_enabled,
                "created": self.created,
                "updated": self.created,
                "recoveryLevel": "Recoverable+Purgeable",
                "recoverableDays": 90,
            },
            "tags": {},
        })
    }

    /// What is secret of the value, as it could be written.
    fn secrets(&self) -> Vec<String> {
        if !self.name.ends_with("--url") {
            return vec![self.value.clone()];
        }
        let Some((_, rest)) = self.value.split_once("://") else { return Vec::new() };
        let Some((login, _)) = rest.rsplit_once('@') else { return Vec::new() };
        let Some((_, password)) = login.split_once(':') else { return Vec::new() };
        let plain = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
        vec![password.to_owned(), plain.into_owned()]
    }

    fn bundle(&self) -> Value {
        let mut bundle = self.item(true);
        bundle["value"] = Value::String(self.value.clone());
        bundle
    }
}

/// An error as Key Vault words it.
pub fn refusal(status: u16, code: &str, inner: &str, message: &str) -> Response<Vec<u8>> {
    let mut error = json!({ "code": code, "message": message });
    if !inner.is_empty() {
        error["innererror"] = json!({ "code": inner });
    }
    with(json(status, &json!({ "error": error })), "x-ms-keyvault-region", "westeurope")
}

/// Asks who is asking.
pub fn challenge(words: &str) -> Response<Vec<u8>> {
    let who = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{TENANT}\", resource=\"https://vault.azure.net\""
    );
    with(refusal(401, "Unauthorized", "", words), "www-authenticate", &who)
}
