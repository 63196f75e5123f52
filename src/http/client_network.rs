//! Whom an address stands for.

use std::net::{IpAddr, Ipv6Addr};

/// What counts as one client: an IPv4 address, or an IPv6 network (/64), whose addresses one client changes as it likes
/// (RFC 8981).
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_address_or_a_network() {
        let network = |text: &str| client_network(text.parse().unwrap());
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"), "as a socket for both kinds shows it");
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        for (one, other) in [
            ("192.0.2.1", "192.0.2.2"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
            ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ] {
            assert_ne!(network(one), network(other));
        }
    }
}
