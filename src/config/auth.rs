//! `[auth]`: who may use the desk. Nobody can sign in yet, so all there is to say is that nobody has to.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Deserializer};

use super::error::refused;
use super::{Config, ConfigError, is_production, names};

const NONE: &str = "none";

/// `[auth]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// How people show who they are; nobody has decided: empty.
    #[serde(deserialize_with = "mode")]
    pub mode: Option<AuthMode>,
}

/// `auth.mode`, where it says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// Not at all: whoever reaches the desk may use it.
    None,
}

impl Config {
    /// Refuses, in production, to be reached from elsewhere while nobody has said that anybody may come in.
    pub fn check_exposure(&self) -> Result<(), ConfigError> {
        let listen = self.settings.server.listen;
        let is_decided = self.settings.auth.mode == Some(AuthMode::None);
        if is_decided || is_on_this_machine(listen.ip()) || !is_production(&self.profile) {
            return Ok(());
        }
        Err(ConfigError::Exposed { listen, instead: SocketAddr::from(([127, 0, 0, 1], listen.port())) })
    }
}

/// Whether only this machine reaches an address; also where it is an IPv4 one in IPv6's clothes.
pub fn is_on_this_machine(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AuthMode>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "" => Ok(None),
        NONE => Ok(Some(AuthMode::None)),
        _ => {
            let nearest = names::nearest(&text, std::iter::once(NONE));
            let hint = nearest.map(|mode| format!("; did you mean {mode}?")).unwrap_or_default();
            Err(refused("must be none, or empty", format_args!("{text:?}{hint}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sources::tests::settled_as;

    const ELSEWHERE: [&str; 5] =
        ["0.0.0.0:5000", "[::]:5000", "192.0.2.1:80", "[2001:db8::1]:80", "[::ffff:192.0.2.1]:80"];
    const HERE: [&str; 4] = ["127.0.0.1:5000", "127.8.9.10:0", "[::1]:5000", "[::ffff:127.0.0.1]:5000"];

    fn is_refused(profile: &str, listen: &str, mode: &str) -> bool {
        let config = settled_as(profile, &[("server.listen", listen), ("auth.mode", mode)]);
        config.check_exposure().is_err()
    }

    #[test]
    fn production_is_exposed_only_in_so_many_words() {
        for listen in ELSEWHERE {
            for profile in ["prod", "Prod", "PROD"] {
                assert!(is_refused(profile, listen, ""), "{profile} {listen}");
                assert!(!is_refused(profile, listen, "none"), "{profile} {listen}");
            }
            assert!(!is_refused("dev", listen, ""), "{listen}");
        }
        for listen in HERE {
            assert!(!is_refused("prod", listen, ""), "{listen}");
        }
    }

    #[test]
    fn the_refusal_says_what_to_do() {
        let config = settled_as("prod", &[("server.listen", "0.0.0.0:8080")]);
        let said = config.check_exposure().unwrap_err().to_string();
        for words in ["0.0.0.0:8080", "auth.mode = \"none\"", "ORDERS_AUTH__MODE=none", "127.0.0.1:8080"] {
            assert!(said.contains(words), "{said}");
        }
    }
}
