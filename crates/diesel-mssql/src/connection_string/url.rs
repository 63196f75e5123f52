//! `mssql://user:password@host:1433/database?ca=FILE&encrypt=strict&trust=any&hostname=NAME`

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::ConnectionString;
use super::error::ConnectionStringError;
use super::nearest::nearest;
use super::parts::{KeyValues, Parts, bracketed, encryption, host, host_name, port};
use crate::secret::Secret;
use crate::tls::{Encryption, Trust};

const PARAMETERS: [&str; 4] = ["ca", "encrypt", "trust", "hostname"];

/// Everything but what RFC 3986 calls unreserved (section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// A path reads better with its slashes, and a query may hold them (section 3.4).
const IN_QUERY: &AsciiSet = &RESERVED.remove(b'/');

/// Reads what stands behind `mssql://`, split as RFC 3986 splits a URL (section 3).
pub(super) fn parse(rest: &str) -> Result<ConnectionString, ConnectionStringError> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    // A password with a bare / or ? ends too early, and its rest, with the @ behind it, lands in what follows.
    if database.contains(['/', '@'])
        || query.contains('@')
        || [rest, query].iter().any(|part| part.contains('#'))
    {
        return Err(ConnectionStringError::Encoding);
    }
    let (login, address) = match authority.rsplit_once('@') {
        Some((login, address)) => (Some(login), address),
        None => (None, authority),
    };
    let (user, password) = login.map(read_login).transpose()?.unzip();
    let (host, port) = read_address(address)?;
    let words = read_query(query)?;
    Parts {
        host: Some(host),
        port,
        database: Some(decoded(database)?),
        user,
        password,
        encryption: words.read("encrypt", |value| encryption("encrypt", value))?.unwrap_or_default(),
        ca: words.text("ca").map(Into::into),
        trusts_any: words.read("trust", read_trust)?.unwrap_or(false),
        host_in_certificate: words.read("hostname", |value| host_name("hostname", value))?,
    }
    .into_server()
}

fn read_login(login: &str) -> Result<(String, Secret), ConnectionStringError> {
    let (user, password) = login.split_once(':').ok_or(ConnectionStringError::Login)?;
    Ok((decoded(user)?, Secret::new(decoded(password)?)))
}

fn read_address(address: &str) -> Result<(String, Option<u16>), ConnectionStringError> {
    // The colons of an IPv6 address stand in brackets; the port's comes behind them.
    let colon = address.rfind(':').filter(|colon| address.rfind(']').is_none_or(|bracket| bracket < *colon));
    let (name, behind) = colon.map_or((address, None), |at| (&address[..at], Some(&address[at + 1..])));
    if name.contains(':') && !name.starts_with('[') {
        return Err(ConnectionStringError::Host);
    }
    Ok((host(name)?, behind.map(port).transpose()?))
}

fn read_query(query: &str) -> Result<KeyValues, ConnectionStringError> {
    let mut words = KeyValues::default();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let Some(word) = PARAMETERS.into_iter().find(|known| *known == name) else {
            return Err(ConnectionStringError::Parameter { nearest: nearest(name, PARAMETERS.into_iter()) });
        };
        if value.is_empty() {
            return Err(ConnectionStringError::Value { word, wanted: "something" });
        }
        words.add(word, Secret::new(decoded(value)?))?;
    }
    Ok(words)
}

fn read_trust(value: &str) -> Result<bool, ConnectionStringError> {
    match value {
        "any" => Ok(true),
        _ => Err(ConnectionStringError::Value { word: "trust", wanted: "any" }),
    }
}

fn decoded(text: &str) -> Result<String, ConnectionStringError> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| ConnectionStringError::Encoding)?;
    Ok(text.into_owned())
}

/// The URL of a server, with this in the password's place.
pub(super) fn write(server: &ConnectionString, password: &str) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let login = server.credentials.as_ref().map(|login| format!("{}:{password}@", encoded(&login.user)));
    let login = login.unwrap_or_default();
    let (host, port, database) = (bracketed(&server.host), server.port, encoded(&server.database));
    let parameters: Vec<String> = parameters(server)
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(&value, IN_QUERY)))
        .collect();
    let mark = if parameters.is_empty() { "" } else { "?" };
    format!("mssql://{login}{host}:{port}/{database}{mark}{}", parameters.join("&"))
}

/// The parameters that say what is not said without them.
fn parameters(server: &ConnectionString) -> impl Iterator<Item = (&'static str, String)> {
    let trust = match &server.trust {
        Trust::WebRoots => None,
        Trust::Ca(file) => Some(("ca", file.display().to_string())),
        Trust::Any => Some(("trust", "any".to_owned())),
    };
    let strict = server.encryption == Encryption::Strict;
    let encrypt = strict.then(|| ("encrypt", "strict".to_owned()));
    let hostname = server.host_in_certificate.clone().map(|name| ("hostname", name));
    [trust, encrypt, hostname].into_iter().flatten()
}

/// The URL of a server with its password, for tests.
#[cfg(test)]
pub(super) fn plainly(server: &ConnectionString) -> String {
    let encoded = |text| utf8_percent_encode(text, RESERVED).to_string();
    let password = server.credentials.as_ref().map(|login| encoded(login.password.expose()));
    write(server, &password.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_server, masked, parse, password, plain, server};
    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(given in any_server()) {
            prop_assert_eq!(server(&plainly(&given)), given.clone());
            prop_assert_eq!(server(&plainly(&given).replacen("mssql", "sqlserver", 1)), given);
        }
    }

    #[test]
    fn a_url_says_little_or_much() {
        assert_eq!(server("mssql://sql.example.com/orders"), plain("sql.example.com", None));
        let desk = plain("sql.example.com", password("desk", "p@ss:wörd/?"));
        assert_eq!(server("mssql://desk:p%40ss:w%C3%B6rd%2F%3f@sql.example.com:1433/orders"), desk);
        assert_eq!(server("mssql://desk:p@ss:wörd%2F%3F@sql.example.com/orders?"), desk);
        let given =
            server("mssql://[2001:db8::1]:14330/my%20orders?ca=/etc/a+b.pem&encrypt=strict&hostname=other");
        assert_eq!(
            (given.host.as_str(), given.port, given.database.as_str()),
            ("2001:db8::1", 14330, "my orders")
        );
        assert_eq!(given.trust, Trust::Ca("/etc/a+b.pem".into()));
        assert_eq!(given.encryption, Encryption::Strict);
        assert_eq!(given.host_in_certificate.as_deref(), Some("other"));
        assert_eq!(server("mssql://[::1]/orders?trust=any&encrypt=required").trust, Trust::Any);
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_its_reason() {
        let value = |word, wanted| ConnectionStringError::Value { word, wanted };
        for (rest, reason) in [
            ("", ConnectionStringError::Host),
            ("/orders", ConnectionStringError::Host),
            ("desk:hunter2@/orders", ConnectionStringError::Host),
            ("::1/orders", ConnectionStringError::Host),
            ("[::1/orders", ConnectionStringError::Host),
            ("[host]/orders", ConnectionStringError::Host),
            ("a b/orders", ConnectionStringError::Host),
            ("host:port/orders", ConnectionStringError::Port),
            ("host:/orders", ConnectionStringError::Port),
            ("host:0/orders", ConnectionStringError::Port),
            ("host", ConnectionStringError::Database),
            ("host/", ConnectionStringError::Database),
            ("desk@host/orders", ConnectionStringError::Login),
            ("desk:@host/orders", ConnectionStringError::Login),
            (":hunter2@host/orders", ConnectionStringError::Login),
            ("@host/orders", ConnectionStringError::Login),
            ("desk:%FF@host/orders", ConnectionStringError::Encoding),
            ("host/orders?encrypt=false", ConnectionStringError::Unencrypted),
            ("host/orders?encrypt=maybe", value("encrypt", "true or strict")),
            ("host/orders?trust=all", value("trust", "any")),
            ("host/orders?ca", value("ca", "something")),
            ("host/orders?hostname=a%20b", value("hostname", "a host's name")),
            ("host/orders?ca=a.pem&trust=any", ConnectionStringError::Trust),
            ("host/orders?ca=a.pem&ca=b.pem", ConnectionStringError::Twice("ca")),
            ("host/orders?encript=strict", ConnectionStringError::Parameter { nearest: Some("encrypt") }),
            ("host/orders?x=y", ConnectionStringError::Parameter { nearest: None }),
        ] {
            assert_eq!(parse(&format!("mssql://{rest}")), Err(reason), "{rest}");
        }
    }

    #[test]
    fn a_password_that_ends_too_early_is_no_part_of_anything_else() {
        for password in
            ["hunter2/x", "14/hunter2", "14?ca=hunter2", "14#hunter2", "hunter2?", "1/2/3", "1?2#3"]
        {
            let url = format!("mssql://desk:{password}@host:1433/orders?encrypt=strict");
            assert_eq!(parse(&url), Err(ConnectionStringError::Encoding), "{url}");
        }
    }

    #[test]
    fn the_shown_text_is_a_url_with_a_masked_password() {
        for (text, shown) in [
            (
                "mssql://desk%40home:hunter2@host/orders?ca=certs/ca.pem",
                "mssql://desk%40home:•••@host:1433/orders?ca=certs/ca.pem",
            ),
            (
                "sqlserver://[::1]:1434/a%2fb?trust=any&encrypt=strict",
                "mssql://[::1]:1434/a%2Fb?trust=any&encrypt=strict",
            ),
        ] {
            assert_eq!(masked(text).unwrap(), shown);
        }
    }
}
