//! Who asks: the client's own address, and whether it came by https, where trusted proxies stand in between.

use std::net::{IpAddr, SocketAddr};

use poem::http::{HeaderMap, HeaderName, header};
use poem::{FromRequest, Request, RequestBody, Result};

use crate::config::TrustedProxies;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Where a request comes from; its data while it is answered, and a parameter of handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientAddress {
    /// None for a request that came by no socket.
    pub ip: Option<IpAddr>,
    /// Whether a trusted proxy says that it came by https.
    pub is_https: bool,
}

impl ClientAddress {
    /// Reads it from the socket and, where that leads to a trusted proxy, from what that one says.
    pub fn of(request: &Request, proxies: &TrustedProxies) -> Self {
        match request.remote_addr().as_socket_addr().map(|peer| peer.ip().to_canonical()) {
            Some(peer) if proxies.contains(peer) => Self::behind(peer, request.headers(), proxies),
            ip => Self { ip, is_https: false },
        }
    }

    /// A proxy that writes one of the two headers hands on what a client wrote into the other. So where they name
    /// different clients, the proxy's own address is all that is known.
    fn behind(proxy: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> Self {
        let read = |name, hop: fn(&str) -> Hop| {
            let hops: Vec<Hop> = elements(headers, name).map(hop).collect();
            Self::nearest(proxy, &hops, proxies)
        };
        let standard = read(&header::FORWARDED, Hop::standard);
        let usual = read(&X_FORWARDED_FOR, Hop::usual);
        let by_https = elements(headers, &X_FORWARDED_PROTO).last().is_some_and(|it| is_https(it));
        let ip = match (standard, usual) {
            (Some(one), Some(other)) if one.ip != other.ip => Some(proxy),
            (one, other) => one.or(other).map_or(Some(proxy), |client| client.ip),
        };
        Self { ip, is_https: by_https || standard.is_some_and(|client| client.is_https) }
    }

    /// The first one, seen from the desk, that is no trusted proxy. Behind a hop that cannot be understood nothing is
    /// known. None without any hop.
    fn nearest(proxy: IpAddr, hops: &[Hop], proxies: &TrustedProxies) -> Option<Self> {
        let mut client = None;
        let mut known = proxy;
        for hop in hops.iter().rev() {
            known = hop.ip.unwrap_or(known);
            client = Some(Self { ip: Some(known), is_https: hop.is_https });
            if hop.ip.is_none() || !proxies.contains(known) {
                break;
            }
        }
        client
    }
}

impl<'a> FromRequest<'a> for ClientAddress {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        Ok(request.data().copied().unwrap_or_default())
    }
}

/// From whom a proxy has a request.
struct Hop {
    /// None, if that is hidden or cannot be understood.
    ip: Option<IpAddr>,
    is_https: bool,
}

impl Hop {
    /// From `Forwarded` (RFC 7239): `for=192.0.2.43;proto=https`, `for="[2001:db8::1]:4711"`.
    fn standard(element: &str) -> Self {
        let mut hop = Self { ip: None, is_https: false };
        for (name, value) in element.split(';').filter_map(|pair| pair.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => hop.ip = address(value),
                "proto" => hop.is_https = is_https(value),
                _ => {}
            }
        }
        hop
    }

    /// From `X-Forwarded-For`: an address, which some proxies write a port behind.
    fn usual(element: &str) -> Self {
        Self { ip: address(element), is_https: false }
    }
}

/// The elements of a list, all lines of the header together. No value that counts here has a comma, and a quote that a
/// client has left open must not hide what proxies write behind it.
fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().map(|line| line.as_bytes());
    lines.flat_map(|line| line.split(|byte| *byte == b',')).map(|element| {
        // What is no text is there all the same: a hop that cannot be understood.
        std::str::from_utf8(element).unwrap_or_default().trim()
    })
}

fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok().map(|socket: SocketAddr| socket.ip());
    bare.parse().ok().or_else(with_port).map(|ip| ip.to_canonical())
}

fn is_https(proto: &str) -> bool {
    proto.eq_ignore_ascii_case("https")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(headers: &[(HeaderName, &str)]) -> (String, bool) {
        let proxies = TrustedProxies::sample("10.0.0.0/8, fd00::/8");
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(name, value.parse().unwrap());
        }
        let client = ClientAddress::behind([10, 0, 0, 1].into(), &all, &proxies);
        (client.ip.unwrap().to_string(), client.is_https)
    }

    #[test]
    fn the_nearest_that_is_no_trusted_proxy_is_the_client() {
        for (list, ip) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7:4711", "192.0.2.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("192.0.2.7, 10.2.3.4, fd00::1", "192.0.2.7"),
            // What the client itself wrote is further left.
            ("198.51.100.1, 192.0.2.7", "192.0.2.7"),
            ("198.51.100.1, 192.0.2.7, 10.2.3.4", "192.0.2.7"),
            // All of them are trusted: the first is where it began.
            ("10.9.9.9, 10.2.3.4", "10.9.9.9"),
            ("192.0.2.7, unknown, 10.2.3.4", "10.2.3.4"),
            ("192.0.2.7, ", "10.0.0.1"),
            ("", "10.0.0.1"),
            ("desk.example.com", "10.0.0.1"),
        ] {
            assert_eq!(client(&[(X_FORWARDED_FOR, list)]), (ip.to_owned(), false), "{list}");
        }
        assert_eq!(client(&[]).0, "10.0.0.1");
        let lines = [
            (X_FORWARDED_FOR, "198.51.100.1"),
            (X_FORWARDED_FOR, "192.0.2.7"),
            (X_FORWARDED_FOR, "10.2.3.4"),
        ];
        assert_eq!(client(&lines).0, "192.0.2.7");
    }

    #[test]
    fn the_standard_header_says_the_protocol_too() {
        for (list, ip, is_https) in [
            ("for=192.0.2.7", "192.0.2.7", false),
            ("For=\"192.0.2.7:4711\"; Proto=HTTPS; by=10.0.0.1", "192.0.2.7", true),
            ("by=10.0.0.1;for=\"[2001:db8::7]:4711\";proto=http", "2001:db8::7", false),
            ("for=192.0.2.7;proto=https, for=10.2.3.4;proto=http", "192.0.2.7", true),
            ("for=198.51.100.1;proto=https, for=192.0.2.7", "192.0.2.7", false),
            ("for=192.0.2.7, for=_hidden;proto=https", "10.0.0.1", true),
            ("for=\"198.51.100.1, for=192.0.2.7;proto=https", "192.0.2.7", true),
            ("proto=https", "10.0.0.1", true),
            ("", "10.0.0.1", false),
        ] {
            assert_eq!(client(&[(header::FORWARDED, list)]), (ip.to_owned(), is_https), "{list}");
        }
    }

    #[test]
    fn two_headers_that_name_two_clients_name_none() {
        let both = |usual| client(&[(header::FORWARDED, "for=192.0.2.7"), (X_FORWARDED_FOR, usual)]).0;
        assert_eq!(both("192.0.2.7"), "192.0.2.7");
        assert_eq!(both("192.0.2.8"), "10.0.0.1");
    }

    #[test]
    fn the_nearest_proxy_says_whether_it_came_by_https() {
        for (protos, is_https) in
            [("https", true), ("HTTPS", true), ("http, https", true), ("https, http", false), ("", false)]
        {
            assert_eq!(client(&[(X_FORWARDED_PROTO, protos)]).1, is_https, "{protos}");
        }
    }
}
