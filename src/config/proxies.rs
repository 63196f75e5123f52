//! `server.trusted_proxies`: the proxies in front of the desk.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserializer, de};

use super::error::refused;
use super::values::texts;

/// Networks whose word counts on where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether an address is a trusted proxy's. An IPv4 address is the same as the one that a socket for both kinds
    /// shows for it (`::ffff:10.0.0.1`, RFC 4291, section 2.5.5.2).
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Networks by CIDR (RFC 4632), and single addresses.
pub(super) fn proxies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TrustedProxies, D::Error> {
    texts(deserializer)?.iter().map(|text| network(text)).collect::<Result<_, _>>().map(TrustedProxies)
}

#[cfg(test)]
impl TrustedProxies {
    /// Networks with a comma and a space between.
    pub fn sample(networks: &str) -> Self {
        Self(networks.split(", ").map(|network| network.parse().unwrap()).collect())
    }
}

fn network<E: de::Error>(text: &str) -> Result<IpNet, E> {
    let address = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let network = address.map_or_else(|_| text.parse().ok(), |address| Some(address.to_canonical().into()));
    let network: IpNet = network.ok_or_else(|| {
        refused("must have addresses or networks, like 10.0.0.0/8 or fd00::/8", format_args!("{text:?}"))
    })?;
    // Nobody would be a stranger any more, and whoever asks could name any address as their own.
    if network.prefix_len() == 0 {
        return Err(refused("must not trust every address", format_args!("{text:?}")));
    }
    Ok(network.trunc())
}

#[cfg(test)]
mod tests {
    use super::super::sources::tests::with;
    use crate::config::Settings;

    fn trusts(value: &str, address: &str) -> bool {
        let settings: Settings = with(&[("server.trusted_proxies", value)]).extract().unwrap();
        settings.server.trusted_proxies.contains(address.parse().unwrap())
    }

    fn refusal(value: &str) -> String {
        let settings: Result<Settings, _> = with(&[("server.trusted_proxies", value)]).extract();
        super::super::error::in_words(&settings.unwrap_err())
    }

    #[test]
    fn addresses_and_networks_are_trusted_in_whatever_form_they_come() {
        for (value, address, is_trusted) in [
            ("[]", "127.0.0.1", false),
            ("10.0.0.0/8", "10.200.3.4", true),
            ("10.0.0.0/8", "::ffff:10.200.3.4", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("[\"192.0.2.1\", \"fd00::/8\"]", "fd12::1", true),
            ("192.0.2.1, [2001:db8::1]", "2001:db8::1", true),
            ("::ffff:192.0.2.1", "192.0.2.1", true),
        ] {
            assert_eq!(trusts(value, address), is_trusted, "{value} {address}");
        }
    }

    #[test]
    fn what_is_no_network_and_what_is_every_one_is_refused() {
        for (value, words) in [
            ("proxy.example.com", "must have addresses or networks"),
            ("10.0.0.0/33", "must have addresses or networks"),
            ("10.0.0.1:80", "must have addresses or networks"),
            ("0.0.0.0/0", "must not trust every address"),
            ("::/0", "must not trust every address"),
        ] {
            let refusal = refusal(value);
            assert!(refusal.contains("server.trusted_proxies") && refusal.contains(words), "{refusal}");
        }
    }
}
