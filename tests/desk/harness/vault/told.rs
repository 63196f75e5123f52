//! What the double was asked.

use ureq::http::Request;

use super::exchange::form;
use super::{ENTRA, Place, VAULT};

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    pub place: Place,
    pub method: String,
    /// The whole URL, with its query.
    pub url: String,
    /// The secret that it was about.
    pub secret: String,
    /// The token that it carried.
    pub bearer: Option<String>,
    /// The fields of a form, or of the query.
    pub fields: Vec<(String, String)>,
}

#[derive(Default)]
pub struct Told {
    pub asked: Vec<Asked>,
    /// The hosts that connections were wanted to.
    pub visits: Vec<String>,
    pub at_once: usize,
    pub most_at_once: usize,
}

impl Told {
    /// A request for a value has begun.
    pub fn begin(&mut self) {
        self.at_once += 1;
        self.most_at_once = self.most_at_once.max(self.at_once);
    }

    pub fn end(&mut self) {
        self.at_once -= 1;
    }
}

impl Asked {
    /// What a request to a host is about; no host is the endpoint for managed identities.
    pub fn new(host: Option<&str>, request: &Request<Vec<u8>>) -> Self {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let query = request.uri().query().unwrap_or_default();
        let mut parts = path.trim_matches('/').split('/');
        let parts = [(); 3].map(|()| parts.next().unwrap_or_default());
        let place = match (host, method, parts) {
            (None, "GET", ["msi", "token", ""]) => Place::Managed,
            (Some(ENTRA), "POST", [_, "oauth2", "v2.0"]) if path.ends_with("/token") => Place::Entra,
            (Some(VAULT), "GET", ["secrets", "", ""]) => Place::List,
            (Some(VAULT), "GET", ["secrets", _, "versions"]) => Place::Versions,
            (Some(VAULT), "GET", ["secrets", _, _]) => Place::Value,
            (Some(VAULT), "PUT", ["secrets", _, ""]) => Place::Store,
            _ => Place::Nowhere,
        };
        let is_about_secret = matches!(place, Place::Versions | Place::Value | Place::Store);
        let of_form = if place == Place::Entra { request.body() } else { query.as_bytes() };
        let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        Self {
            place,
            method: method.to_owned(),
            url: format!(
                "{}{}",
                host.map(|host| format!("https://{host}")).unwrap_or_default(),
                request.uri()
            ),
            secret: if is_about_secret { parts[1].to_ascii_lowercase() } else { String::new() },
            bearer: bearer.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned),
            fields: form(of_form),
        }
    }
}
