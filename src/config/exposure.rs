//! Who can reach the desk, and whether `auth.mode` allows it.

use std::net::{IpAddr, SocketAddr};

use super::auth::AuthMode;
use super::error::ConfigError;
use super::settings::is_production;
use super::sources::Config;

impl Config {
    /// In production, an error if others can reach the desk and `auth.mode` does not allow that.
    pub fn check_exposure(&self) -> Result<(), ConfigError> {
        let listen = self.settings.server.listen;
        let is_decided = self.settings.auth.mode == Some(AuthMode::None);
        if is_decided || is_on_this_machine(listen.ip()) || !is_production(&self.profile) {
            return Ok(());
        }
        Err(ConfigError::Exposed { listen, instead: SocketAddr::from(([127, 0, 0, 1], listen.port())) })
    }
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
