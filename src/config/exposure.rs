//! Who can reach the desk, and whether `auth.mode` allows it.

use std::net::{IpAddr, SocketAddr};

use super::auth::AuthMode;
use super::error::ConfigError;
use super::public_url::PublicUrl;
use super::server::ServerSettings;
use super::settings::is_production;
use super::sources::Config;

impl Config {
    /// In production, an error if others can reach the desk and `auth.mode` does not allow that, or if it would answer
    /// them whatever name they ask for.
    pub fn check_exposure(&self) -> Result<(), ConfigError> {
        if !self.is_production() {
            return Ok(());
        }
        let server = &self.settings.server;
        let is_decided = self.settings.auth.mode != AuthMode::Open;
        match Exposure::of(server) {
            Some(exposure) if !is_decided => Err(exposure.refusal()),
            Some(Exposure::Listens(listen)) if server.hosts.is_empty() && server.public_url.is_none() => {
                Err(ConfigError::Unnamed(listen))
            }
            _ => Ok(()),
        }
    }

    /// Whether the profile is the production one.
    pub fn is_production(&self) -> bool {
        is_production(&self.profile)
    }
}

/// The setting by which others reach the desk; behind a proxy it may listen on this machine alone.
enum Exposure<'a> {
    Listens(SocketAddr),
    IsPublic(&'a PublicUrl),
    HasName(&'a str),
}

impl<'a> Exposure<'a> {
    fn of(server: &'a ServerSettings) -> Option<Self> {
        if !is_on_this_machine(server.listen.ip()) {
            return Some(Self::Listens(server.listen));
        }
        let public = server.public_url.as_ref().filter(|url| !is_local(url.bare_host()));
        let name = || server.hosts.iter().find(|host| !is_local(host));
        public.map(Self::IsPublic).or_else(|| name().map(|name| Self::HasName(name)))
    }

    fn refusal(&self) -> ConfigError {
        let (exposure, instead) = match self {
            Self::Listens(listen) => {
                let here = SocketAddr::from(([127, 0, 0, 1], listen.port()));
                (format!("server.listen is {listen}"), format!("set server.listen to {here}"))
            }
            Self::IsPublic(url) => {
                (format!("server.public_url is {url}"), "leave server.public_url out".to_owned())
            }
            Self::HasName(name) => {
                (format!("server.hosts names {name}"), "leave server.hosts out".to_owned())
            }
        };
        ConfigError::Exposed { exposure, instead }
    }
}

/// Whether a host name leads nowhere but to the machine that asks.
fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(is_on_this_machine)
}

/// Whether an address is loopback; IPv4 addresses mapped into IPv6 (`::ffff:127.0.0.1`) count, too.
pub fn is_on_this_machine(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::super::sources::tests::settled_as;

    const ELSEWHERE: [&str; 5] =
        ["0.0.0.0:5000", "[::]:5000", "192.0.2.1:80", "[2001:db8::1]:80", "[::ffff:192.0.2.1]:80"];
    const HERE: [&str; 4] = ["127.0.0.1:5000", "127.8.9.10:0", "[::1]:5000", "[::ffff:127.0.0.1]:5000"];

    const NAMED: (&str, &str) = ("server.hosts", "orders.example.com");
    const PUBLIC: (&str, &str) = ("server.public_url", "https://orders.example.com");
    const DECIDED: (&str, &str) = ("auth.mode", "none");
    const SIGN_IN: [(&str, &str); 5] = [
        ("auth.mode", "oidc"),
        ("auth.issuer", "https://login.example.com"),
        ("auth.client_id", "orders"),
        ("auth.roles.clerk", "clerk"),
        PUBLIC,
    ];

    fn refusal(profile: &str, changes: &[(&str, &str)]) -> Option<String> {
        settled_as(profile, changes).check_exposure().err().map(|error| error.to_string())
    }

    #[test]
    fn production_is_exposed_only_in_so_many_words() {
        for listen in ELSEWHERE.map(|listen| ("server.listen", listen)) {
            for profile in ["prod", "Prod", "PROD"] {
                assert!(refusal(profile, &[listen]).is_some(), "{profile} {listen:?}");
                assert!(refusal(profile, &[listen, NAMED]).is_some(), "{profile} {listen:?}");
                assert_eq!(refusal(profile, &[listen, DECIDED, NAMED]), None, "{profile} {listen:?}");
                assert_eq!(refusal(profile, &[listen, DECIDED, PUBLIC]), None, "{profile} {listen:?}");
                assert_eq!(
                    refusal(profile, &[&SIGN_IN[..], &[listen]].concat()),
                    None,
                    "{profile} {listen:?}"
                );
            }
            assert_eq!(refusal("dev", &[listen]), None, "{listen:?}");
        }
        for listen in HERE.map(|listen| ("server.listen", listen)) {
            assert_eq!(refusal("prod", &[listen]), None, "{listen:?}");
            for exposed in [NAMED, PUBLIC] {
                assert!(refusal("prod", &[listen, exposed]).is_some(), "{listen:?} {exposed:?}");
                assert_eq!(refusal("prod", &[listen, exposed, DECIDED]), None, "{listen:?} {exposed:?}");
                assert_eq!(refusal("dev", &[listen, exposed]), None, "{listen:?} {exposed:?}");
            }
            for local in
                [("server.hosts", "localhost, [::1]"), ("server.public_url", "http://127.0.0.1:5000")]
            {
                assert_eq!(refusal("prod", &[listen, local]), None, "{listen:?} {local:?}");
            }
        }
    }

    /// No order is there, and no page.
    #[test]
    fn health_and_metrics_expose_nothing() {
        for ops in ELSEWHERE.map(|ops| ("server.ops_listen", ops)) {
            let listen = ("server.listen", "127.0.0.1:5100");
            assert_eq!(refusal("prod", &[listen, ops]), None, "{ops:?}");
        }
    }

    #[test]
    fn production_answers_others_to_its_own_names_only() {
        for listen in ELSEWHERE {
            let said = refusal("prod", &[("server.listen", listen), DECIDED]).unwrap();
            for words in [listen, "any name", "server.public_url", "server.hosts"] {
                assert!(said.contains(words), "{said}");
            }
        }
    }

    #[test]
    fn the_refusal_says_what_to_do() {
        let said = refusal("prod", &[PUBLIC]).unwrap();
        assert!(
            said.starts_with("server.public_url is https://orders.example.com, which others can reach"),
            "{said}"
        );
        let said = refusal("prod", &[("server.listen", "0.0.0.0:8080")]).unwrap();
        for words in ["0.0.0.0:8080", "auth.mode = \"oidc\"", "auth.mode = \"none\"", "127.0.0.1:8080"] {
            assert!(said.contains(words), "{said}");
        }
    }
}
