//! ADO.NET connection strings, such as Azure's portal shows.
//!
//! `Server=tcp:host,1433;Initial Catalog=orders;User ID=desk;Password=…;Encrypt=True;`, by the rules of
//! Microsoft.Data.SqlClient's `SqlConnection.ConnectionString`. Braces quote a value as they do for ODBC, so a
//! password that begins with one stands in double quotes.

use super::ConnectionString;
use super::error::ConnectionStringError;
use super::nearest::nearest;
use super::parts::{KeyValues, Parts, bracketed, encryption, host, host_name, port};
use crate::secret::Secret;
use crate::tls::{Encryption, Trust};

const SERVER: &str = "Server";
const DATABASE: &str = "Initial Catalog";
const USER: &str = "User ID";
const PASSWORD: &str = "Password";
const AUTHENTICATION: &str = "Authentication";
const INTEGRATED: &str = "Integrated Security";
const ENCRYPT: &str = "Encrypt";
const TRUST: &str = "TrustServerCertificate";
const CERTIFICATE: &str = "ServerCertificate";
const HOST_NAME: &str = "HostNameInCertificate";

/// What is written where a token logs in.
const TOKEN: &str = "Active Directory Default";

/// The keywords that have an effect, each with all its spellings; spaces and case do not matter.
const HEEDED: [(&str, &[&str]); 10] = [
    (SERVER, &["Server", "Data Source", "Address", "Addr", "Network Address"]),
    (DATABASE, &["Initial Catalog", "Database"]),
    (USER, &["User ID", "UID", "User"]),
    (PASSWORD, &["Password", "PWD"]),
    (AUTHENTICATION, &["Authentication"]),
    (INTEGRATED, &["Integrated Security", "Trusted_Connection"]),
    (ENCRYPT, &["Encrypt"]),
    (TRUST, &["TrustServerCertificate"]),
    (CERTIFICATE, &["ServerCertificate"]),
    (HOST_NAME, &["HostNameInCertificate"]),
];

/// The keywords that change nothing here.
///
/// They set what [`crate::ConnectOptions`] and [`crate::Pool`] are told otherwise, such as timeouts, or what only .NET knows.
const UNHEEDED: [&str; 24] = [
    "Application Name",
    "App",
    "Command Timeout",
    "Connect Retry Count",
    "Connect Retry Interval",
    "Connect Timeout",
    "Connection Lifetime",
    "Connection Timeout",
    "Enlist",
    "IP Address Preference",
    "Load Balance Timeout",
    "Max Pool Size",
    "Min Pool Size",
    "Multi Subnet Failover",
    "MultipleActiveResultSets",
    "Packet Size",
    "Persist Security Info",
    "Pool Blocking Period",
    "Pooling",
    "Timeout",
    "Transaction Binding",
    "Type System Version",
    "Workstation ID",
    "WSID",
];

/// Whether a text begins as a connection string does: with words and an equals sign.
pub(super) fn begins(text: &str) -> bool {
    let is_of_word = |c: char| c.is_ascii_alphabetic() || c == '_' || c.is_whitespace();
    text.trim_start_matches(is_gap)
        .split_once('=')
        .is_some_and(|(keyword, _)| !keyword.is_empty() && keyword.chars().all(is_of_word))
}

pub(super) fn parse(text: &str) -> Result<ConnectionString, ConnectionStringError> {
    let words = read_pairs(text)?;
    words.read(INTEGRATED, refuse_integrated)?;
    let with_token = words.read(AUTHENTICATION, read_authentication)?.unwrap_or(false);
    if with_token && words.get(PASSWORD).is_some() {
        return Err(ConnectionStringError::PasswordBesideToken);
    }
    let (host, port) = words.read(SERVER, read_server)?.unzip();
    Parts {
        host,
        port: port.flatten(),
        database: words.text(DATABASE),
        // Beside Active Directory it is the identity that a token would be asked for.
        user: words.text(USER).filter(|_| !with_token),
        password: words.get(PASSWORD).cloned(),
        encryption: words.read(ENCRYPT, |value| encryption(ENCRYPT, value))?.unwrap_or_default(),
        ca: words.text(CERTIFICATE).map(Into::into),
        trusts_any: words.read(TRUST, |value| truth(TRUST, value))?.unwrap_or(false),
        host_in_certificate: words.read(HOST_NAME, |value| host_name(HOST_NAME, value))?,
    }
    .into_server()
}

fn read_pairs(text: &str) -> Result<KeyValues, ConnectionStringError> {
    let mut words = KeyValues::default();
    let mut rest = text.trim_start_matches(is_gap);
    let mut after = None;
    while !rest.is_empty() {
        let (keyword, behind) = rest.split_once('=').unwrap_or((rest, ""));
        let word = find(keyword.trim(), after)?;
        let (value, behind) = read_value(behind.trim_start())?;
        // Nothing behind the equals sign is as good as no keyword.
        if let (Some(word), false) = (word, value.expose().is_empty()) {
            words.add(word, value)?;
        }
        after = word.or(after);
        rest = behind.trim_start_matches(is_gap);
    }
    Ok(words)
}

fn is_gap(c: char) -> bool {
    c == ';' || c.is_whitespace()
}

/// The word that a keyword is a spelling of; nothing where it changes nothing.
fn find(keyword: &str, after: Option<&'static str>) -> Result<Option<&'static str>, ConnectionStringError> {
    let sought = squeezed(keyword);
    let is_sought = |spelling: &&str| squeezed(spelling) == sought;
    if UNHEEDED.iter().any(is_sought) {
        return Ok(None);
    }
    let heeded = HEEDED.iter().find(|(_, spellings)| spellings.iter().any(is_sought));
    let all = HEEDED.iter().flat_map(|(_, spellings)| spellings.iter().copied());
    let unknown = || ConnectionStringError::Keyword { after, nearest: nearest(keyword, all) };
    heeded.map(|(word, _)| Some(*word)).ok_or_else(unknown)
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
}

/// A value, and the text behind it.
fn read_value(text: &str) -> Result<(Secret, &str), ConnectionStringError> {
    let end = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => quote,
        Some('{') => '}',
        _ => {
            let (value, behind) = text.split_once(';').unwrap_or((text, ""));
            return Ok((Secret::new(value.trim_end().to_owned()), behind));
        }
    };
    let (value, behind) = read_quoted(&text[1..], end)?;
    let behind = behind.trim_start();
    if behind.is_empty() || behind.starts_with(';') {
        Ok((value, behind))
    } else {
        Err(ConnectionStringError::Quotes)
    }
}

/// A value up to its closing quote, which stands twice where it is meant.
fn read_quoted(text: &str, end: char) -> Result<(Secret, &str), ConnectionStringError> {
    // As long as it can get, so that growing leaves no copies of a password behind.
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let Some((part, behind)) = rest.split_once(end) else {
            return Err(ConnectionStringError::Quotes);
        };
        value.push_str(part);
        let Some(more) = behind.strip_prefix(end) else {
            return Ok((Secret::new(value), behind));
        };
        value.push(end);
        rest = more;
    }
}

fn read_server(server: &str) -> Result<(String, Option<u16>), ConnectionStringError> {
    let address = match server.split_once(':') {
        Some((protocol, address)) if protocol.eq_ignore_ascii_case("tcp") => address,
        Some((protocol, _)) if ["np", "lpc", "admin"].contains(&squeezed(protocol).as_str()) => {
            return Err(ConnectionStringError::Protocol);
        }
        _ => server,
    };
    if address.contains('\\') {
        return Err(ConnectionStringError::Instance);
    }
    let (name, behind) = address.split_once(',').map_or((address, None), |(name, port)| (name, Some(port)));
    Ok((host(name.trim())?, behind.map(|text| port(text.trim())).transpose()?))
}

/// Whether a token logs in.
fn read_authentication(method: &str) -> Result<bool, ConnectionStringError> {
    match squeezed(method).as_str() {
        "sqlpassword" => Ok(false),
        "activedirectorypassword" => Err(ConnectionStringError::Authentication("Active Directory Password")),
        "activedirectoryinteractive" => {
            Err(ConnectionStringError::Authentication("Active Directory Interactive"))
        }
        "activedirectoryintegrated" => {
            Err(ConnectionStringError::Authentication("Active Directory Integrated"))
        }
        method if method.starts_with("activedirectory") => Ok(true),
        _ => Err(ConnectionStringError::Value {
            word: AUTHENTICATION,
            wanted: "Sql Password or Active Directory Default",
        }),
    }
}

fn refuse_integrated(value: &str) -> Result<(), ConnectionStringError> {
    if value.eq_ignore_ascii_case("sspi") || truth(INTEGRATED, value)? {
        return Err(ConnectionStringError::Authentication(INTEGRATED));
    }
    Ok(())
}

fn truth(word: &'static str, value: &str) -> Result<bool, ConnectionStringError> {
    match squeezed(value).as_str() {
        "true" | "yes" => Ok(true),
        "false" | "no" => Ok(false),
        _ => Err(ConnectionStringError::Value { word, wanted: "True or False" }),
    }
}

/// The connection string of a server, with this in the password's place.
pub(super) fn write(server: &ConnectionString, password: &str) -> String {
    let address = format!("tcp:{},{}", bracketed(&server.host), server.port);
    let mut pairs = vec![(SERVER, address), (DATABASE, quoted(&server.database))];
    match &server.credentials {
        Some(credentials) => {
            pairs.extend([(USER, quoted(&credentials.user)), (PASSWORD, password.to_owned())]);
        }
        None => pairs.push((AUTHENTICATION, quoted(TOKEN))),
    }
    let strict = server.encryption == Encryption::Strict;
    pairs.push((ENCRYPT, if strict { "Strict" } else { "True" }.to_owned()));
    match &server.trust {
        Trust::WebRoots => {}
        Trust::Ca(file) => pairs.push((CERTIFICATE, quoted(&file.display().to_string()))),
        Trust::Any => pairs.push((TRUST, "True".to_owned())),
    }
    pairs.extend(server.host_in_certificate.clone().map(|name| (HOST_NAME, name)));
    pairs.iter().map(|(word, value)| format!("{word}={value}")).collect::<Vec<_>>().join(";")
}

/// A value as it is, or in quotes where it would otherwise be read as something else.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-._/@:".contains(c);
    if value.chars().all(is_plain) { value.to_owned() } else { format!("\"{}\"", value.replace('"', "\"\"")) }
}

/// The connection string of a server with its password, for tests.
#[cfg(test)]
pub(super) fn plainly(server: &ConnectionString) -> String {
    let password = server.credentials.as_ref().map(|credentials| quoted(credentials.password.expose()));
    write(server, &password.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_server, masked, password, plain, server};
    use super::*;

    const START: &str = "Server=tcp:sql.example.com,1433;Initial Catalog=orders;User ID=desk;Password=";

    fn refusal(text: &str) -> ConnectionStringError {
        text.parse::<ConnectionString>().unwrap_err()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(given in any_server()) {
            prop_assert_eq!(server(&plainly(&given)), given);
        }

        #[test]
        fn any_password_can_be_given_in_any_quotes(text in "(['\"{};= ]|\\PC){1,20}") {
            let desk = plain("sql.example.com", password("desk", &text));
            for (begin, end) in [("\"", "\""), ("'", "'"), ("{", "}")] {
                let twice = text.replace(end, &end.repeat(2));
                prop_assert_eq!(&server(&format!("{START}{begin}{twice}{end} ;Encrypt=True")), &desk);
            }
        }
    }

    #[test]
    fn the_portals_strings_are_understood() {
        let given = server(
            "Server=tcp:orders.database.windows.net,1433;Initial Catalog=orders;Persist Security Info=False;\
             User ID=desk;Password={pass;word};MultipleActiveResultSets=False;Encrypt=True;\
             TrustServerCertificate=False;Connection Timeout=30;",
        );
        assert_eq!(given, plain("orders.database.windows.net", password("desk", "pass;word")));
        let given = server(
            "Server=tcp:orders.database.windows.net,1433;Initial Catalog=orders;Encrypt=True;\
             TrustServerCertificate=False;Connection Timeout=30;Authentication=\"Active Directory Default\";",
        );
        assert_eq!(given, plain("orders.database.windows.net", None));
    }

    #[test]
    fn keywords_have_many_spellings() {
        let desk = plain("sql.example.com", password("desk", "hunter2"));
        for text in [
            "data source=sql.example.com;database=orders;uid=desk;pwd=hunter2",
            " ADDRESS = TCP:sql.example.com , 1433 ; DataBase = orders ; User = desk ; PassWord = hunter2 ;; ",
            "Addr=sql.example.com;InitialCatalog=orders;UserID=desk;Password=hunter2;Encrypt=Mandatory",
            "Network Address=sql.example.com;Database=orders;User=desk;Password=hunter2;Encrypt=yes;\
             Trust Server Certificate=no;Authentication=SqlPassword;Integrated Security=False;Application Name=;\
             App=x;Pooling=True;Max Pool Size=9;Command Timeout=7;Connect Timeout=8;Timeout=9;WSID=a;wsid=b",
        ] {
            assert_eq!(server(text), desk, "{text}");
        }
    }

    #[test]
    fn tls_and_trust_are_understood() {
        let given = server(&format!("{START}x;Encrypt=Strict;Trust Server Certificate=Yes"));
        assert_eq!((given.encryption, given.trust), (Encryption::Strict, Trust::Any));
        let given =
            server(&format!("{START}x;ServerCertificate='/etc/a b.pem';HostNameInCertificate=other.name"));
        assert_eq!(given.trust, Trust::Ca("/etc/a b.pem".into()));
        assert_eq!(given.host_in_certificate.as_deref(), Some("other.name"));
    }

    #[test]
    fn every_way_to_a_token_that_needs_nobody_is_one() {
        for method in ["Managed Identity", "MSI", "Workload Identity", "Service Principal", "Default"] {
            let text = format!(
                "Server=a;Database=orders;User ID=some-identity;Authentication=Active Directory {method}"
            );
            assert_eq!(server(&text), plain("a", None), "{method}");
        }
        assert_eq!(server("Server=a;Database=orders"), plain("a", None));
        let text =
            "Server=a;Database=orders;Authentication=ActiveDirectoryServicePrincipal;UID=b;PWD=hunter2";
        assert_eq!(refusal(text), ConnectionStringError::PasswordBesideToken);
    }

    #[test]
    fn unquoted_values_hold_what_does_not_end_them() {
        let login = |text: &str| server(&format!("{START}{text}")).credentials;
        assert_eq!(login("a=b\"c'd}e{f == ;"), password("desk", "a=b\"c'd}e{f =="));
        assert_eq!(login("\"{a}\""), password("desk", "{a}"));
        assert_eq!(login("pässwörd"), password("desk", "pässwörd"));
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_its_reason() {
        let value = |word, wanted| ConnectionStringError::Value { word, wanted };
        for (rest, reason) in [
            ("x;Encrypt=False", ConnectionStringError::Unencrypted),
            ("x;Encrypt=optional", ConnectionStringError::Unencrypted),
            ("x;Encrypt=maybe", value(ENCRYPT, "true or strict")),
            ("x;TrustServerCertificate=maybe", value(TRUST, "True or False")),
            ("x;TrustServerCertificate=true;ServerCertificate=a.pem", ConnectionStringError::Trust),
            ("x;HostNameInCertificate=a b", value(HOST_NAME, "a host's name")),
            ("x;Integrated Security=SSPI", ConnectionStringError::Authentication(INTEGRATED)),
            ("x;Trusted_Connection=yes", ConnectionStringError::Authentication(INTEGRATED)),
            (
                ";Authentication=Active Directory Password",
                ConnectionStringError::Authentication("Active Directory Password"),
            ),
            (
                ";Authentication=Active Directory Interactive",
                ConnectionStringError::Authentication("Active Directory Interactive"),
            ),
            (
                ";Authentication=ActiveDirectoryIntegrated",
                ConnectionStringError::Authentication("Active Directory Integrated"),
            ),
            ("x;Authentication=Kerberos", value(AUTHENTICATION, "Sql Password or Active Directory Default")),
            ("", ConnectionStringError::Login),
            ("x;pwd=y", ConnectionStringError::Twice(PASSWORD)),
            ("x;Server=b", ConnectionStringError::Twice(SERVER)),
            ("\"x", ConnectionStringError::Quotes),
            ("\"x\"y", ConnectionStringError::Quotes),
            ("{x}}", ConnectionStringError::Quotes),
            ("'x'';Encrypt=True", ConnectionStringError::Quotes),
            (
                "x;Encript=True",
                ConnectionStringError::Keyword { after: Some(PASSWORD), nearest: Some(ENCRYPT) },
            ),
            ("x;y", ConnectionStringError::Keyword { after: Some(PASSWORD), nearest: None }),
            ("x;=y", ConnectionStringError::Keyword { after: Some(PASSWORD), nearest: None }),
        ] {
            assert_eq!(refusal(&format!("{START}{rest}")), reason, "{rest}");
        }
        assert_eq!(
            refusal("Srver=a;Database=b"),
            ConnectionStringError::Keyword { after: None, nearest: Some(SERVER) }
        );
    }

    #[test]
    fn a_server_is_a_host_with_a_port_over_tcp() {
        for (name, host, port) in [
            ("tcp:a.example.com,14330", "a.example.com", 14330),
            ("tcp:10.0.0.7", "10.0.0.7", 1433),
            ("::1,1434", "::1", 1434),
            ("tcp:[2001:db8::1],1434", "2001:db8::1", 1434),
        ] {
            let given = server(&format!("Server={name};Database=orders"));
            assert_eq!((given.host.as_str(), given.port), (host, port), "{name}");
        }
        for (name, reason) in [
            (r"tcp:host\INSTANCE", ConnectionStringError::Instance),
            (r"host\INSTANCE,1433", ConnectionStringError::Instance),
            (r"np:\\host\pipe\sql\query", ConnectionStringError::Protocol),
            ("admin:host", ConnectionStringError::Protocol),
            ("tcp:", ConnectionStringError::Host),
            ("host:1433", ConnectionStringError::Host),
            ("(local)", ConnectionStringError::Host),
            (".", ConnectionStringError::Host),
            ("host,port", ConnectionStringError::Port),
            ("host,0", ConnectionStringError::Port),
            ("host,65536", ConnectionStringError::Port),
            ("", ConnectionStringError::Host),
        ] {
            assert_eq!(refusal(&format!("Server={name};Database=orders")), reason, "{name}");
        }
        assert_eq!(refusal("Server=host"), ConnectionStringError::Database);
    }

    #[test]
    fn the_shown_text_is_a_connection_string_with_a_masked_password() {
        let shown = masked(&format!("{START}'hunter2';Connection Timeout=30;Encrypt=strict")).unwrap();
        assert_eq!(
            shown,
            "Server=tcp:sql.example.com,1433;Initial Catalog=orders;User ID=desk;Password=•••;Encrypt=Strict"
        );
        let shown = masked("Server=a;Database=my \"own\";TrustServerCertificate=true").unwrap();
        assert_eq!(
            shown,
            "Server=tcp:a,1433;Initial Catalog=\"my \"\"own\"\"\";Authentication=\"Active Directory Default\";Encrypt=True;TrustServerCertificate=True"
        );
    }
}
