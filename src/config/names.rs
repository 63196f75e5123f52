//! Which settings and profiles there are.

use std::collections::BTreeSet;
use std::net::IpAddr;

use figment::value::{Dict, Value};
use figment::{Figment, Profile, Provider};

use super::error::{ConfigError, in_words};
use super::nearest::nearest;
use super::origin::{PREFIX, variable};

/// Every setting of a profile, sorted, as `section.name`.
pub(super) fn of_profile(figment: &Figment, profile: &Profile) -> Result<Vec<String>, ConfigError> {
    let all = figment.clone().select(profile.clone());
    let data = all.data().map_err(|error| ConfigError::Value(in_words(&error)))?;
    let mut names = BTreeSet::new();
    for (name, dict) in &data {
        if *name == Profile::Default || name == profile {
            collect(dict, "", &mut names);
        }
    }
    Ok(names.into_iter().collect())
}

fn collect(dict: &Dict, before: &str, names: &mut BTreeSet<String>) {
    for (key, value) in dict {
        match value {
            Value::Dict(_, inner) => collect(inner, &format!("{before}{key}."), names),
            _ => {
                names.insert(format!("{before}{key}"));
            }
        }
    }
}

/// Refuses names that no setting has, in any profile of a file.
pub(super) fn check_file(file: &Figment, known: &[String], place: &str) -> Result<(), ConfigError> {
    let data = file.data().map_err(|error| {
        ConfigError::Value(format!("{place} cannot be read: {}", in_a_line(&error.kind.to_string())))
    })?;
    for (profile, dict) in data {
        let section = profile.as_str().as_str();
        if known.iter().any(|name| name.split('.').next() == Some(section)) {
            return Err(ConfigError::NoProfile { place: place.to_owned(), section: section.to_owned() });
        }
        let mut names = BTreeSet::new();
        collect(&dict, "", &mut names);
        for name in names {
            check_name(&name, known, || format!("{place}, [{section}],"))?;
        }
    }
    Ok(())
}

/// A message of the TOML parser without the lines in which it draws the place.
fn in_a_line(message: &str) -> String {
    let is_drawing = |line: &str| line.trim_start().starts_with(|c: char| c == '|' || c.is_ascii_digit());
    message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !is_drawing(line))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Refuses `ORDERS_…` variables that no setting has.
pub(super) fn check_variables(known: &[String]) -> Result<(), ConfigError> {
    for (name, value) in figment::providers::Env::prefixed(PREFIX).iter() {
        let name = name.as_str().to_lowercase();
        // Tests have their own.
        if name == "profile" || name.starts_with("test_") || is_of_a_service(&name, &value) {
            continue;
        }
        check_name(&name.replace("__", "."), known, || "the environment".to_owned()).map_err(|error| {
            match error {
                ConfigError::Unknown { nearest, place, .. } => ConfigError::Unknown {
                    place,
                    name: format!("{PREFIX}{}", name.to_uppercase()),
                    nearest: nearest.map(|name| variable(&name)),
                },
                other => other,
            }
        })?;
    }
    Ok(())
}

/// Whether Kubernetes gives pods such a variable: for each Service in their namespace, as Docker's links did before. Those
/// of a Service called `orders`, or `orders-` and something, begin like ours, but say a host, a port or both.
///
/// `name` is in small letters and without `ORDERS_`.
fn is_of_a_service(name: &str, value: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_address = || value.parse::<IpAddr>().is_ok();
    let is_url = || ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let words: Vec<&str> = name.split('_').collect();
    match words.as_slice() {
        [.., "service", "host"] => is_address(),
        [.., "port", number, "tcp" | "udp" | "sctp", "proto"] if is_number(number) => {
            matches!(value, "tcp" | "udp" | "sctp")
        }
        [.., "port", number, "tcp" | "udp" | "sctp", "port"] if is_number(number) => is_number(value),
        [.., "port", number, "tcp" | "udp" | "sctp", "addr"] if is_number(number) => is_address(),
        [.., "port", number, "tcp" | "udp" | "sctp"] if is_number(number) => is_url(),
        words if words.windows(2).any(|pair| pair == ["service", "port"]) => is_number(value),
        [.., "port"] => is_url(),
        _ => false,
    }
}

fn check_name(name: &str, known: &[String], place: impl Fn() -> String) -> Result<(), ConfigError> {
    if known.iter().any(|one| one == name) {
        return Ok(());
    }
    let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
    Err(ConfigError::Unknown { place: place(), name: name.to_owned(), nearest })
}

/// Refuses a profile that no source knows.
pub(super) fn check_profile(profile: &str, sources: &[&Figment]) -> Result<(), ConfigError> {
    let profiles: Vec<String> = sources.iter().flat_map(|source| profiles_of(source)).collect();
    if profiles.iter().any(|one| one.eq_ignore_ascii_case(profile)) {
        return Ok(());
    }
    let nearest = nearest_profile(profile, &profiles).unwrap_or("dev").to_owned();
    Err(ConfigError::UnknownProfile { name: profile.to_owned(), nearest })
}

fn profiles_of(source: &Figment) -> Vec<String> {
    let names = source.profiles().filter(|one| **one != Profile::Default);
    names.map(|one| one.as_str().as_str().to_owned()).collect()
}

/// The profile that a name is long or short for, or else the most similar one.
fn nearest_profile<'a>(name: &str, profiles: &'a [String]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let is_same_word = |profile: &&String| name.starts_with(profile.as_str()) || profile.starts_with(&name);
    let same_word = profiles.iter().find(is_same_word).map(String::as_str);
    same_word.or_else(|| nearest(&name, profiles.iter().map(String::as_str)))
}

/// Refuses settings for a profile in a file that is neither built in nor the one in force: they would count nowhere.
pub(super) fn check_sections(
    file: &Figment,
    built_in: &Figment,
    profile: &str,
    place: &str,
) -> Result<(), ConfigError> {
    let known = profiles_of(built_in);
    let is_known = |one: &String| {
        one.eq_ignore_ascii_case(profile) || known.iter().any(|known| known.eq_ignore_ascii_case(one))
    };
    match profiles_of(file).into_iter().find(|one| !is_known(one)) {
        None => Ok(()),
        Some(name) => {
            let nearest = nearest_profile(&name, &known).map(str::to_owned);
            Err(ConfigError::ForeignProfile { place: place.to_owned(), name, nearest })
        }
    }
}

#[cfg(test)]
mod tests {
    use figment::providers::{Format, Toml};

    use super::*;

    #[test]
    fn variables_of_kubernetes_are_not_ours() {
        for (name, value) in [
            ("service_host", "10.0.0.1"),
            ("service_port", "80"),
            ("service_port_http", "80"),
            ("port", "tcp://10.0.0.1:80"),
            ("port_80_tcp", "tcp://10.0.0.1:80"),
            ("port_80_tcp_proto", "tcp"),
            ("port_80_tcp_port", "80"),
            ("port_80_tcp_addr", "10.0.0.1"),
            ("db_service_host", "10.0.0.1"),
            ("db_service_host", "fd00::1"),
            ("db_service_port", "1433"),
            ("db_service_port_tds_tls", "1433"),
            ("db_port", "tcp://10.0.0.1:1433"),
            ("db_port", "tcp://[fd00::1]:1433"),
            ("read_replica_port_53_udp_proto", "udp"),
        ] {
            assert!(is_of_a_service(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("port", "5000"),
            ("db_port", "1433"),
            ("service_host", "orders.example.com"),
            ("service_port", "http"),
            ("server__port", "5000"),
            ("host", "10.0.0.1"),
            ("port_80", "80"),
            ("port_http_tcp", "tcp://10.0.0.1:80"),
            ("server__listen", "127.0.0.1:5000"),
            ("database_url", "mssql://host/db"),
        ] {
            assert!(!is_of_a_service(name, value), "{name}={value}");
        }
    }

    #[test]
    fn a_profile_is_known_by_what_it_is_long_or_short_for() {
        let profiles = ["dev", "prod"].map(str::to_owned);
        for (name, nearest) in [
            ("production", Some("prod")),
            ("PRODUCTION", Some("prod")),
            ("pro", Some("prod")),
            ("prd", Some("prod")),
            ("prodd", Some("prod")),
            ("development", Some("dev")),
            ("devel", Some("dev")),
            ("staging", None),
        ] {
            assert_eq!(nearest_profile(name, &profiles), nearest, "{name}");
        }
    }

    #[test]
    fn a_section_of_a_profile_that_is_none_is_refused() {
        let built_in = Figment::from(Toml::string("[dev]\n[prod.server]\ndrain_seconds = 15").nested());
        let checked = |text: &str, profile| {
            let file = Figment::from(Toml::string(text).nested());
            check_sections(&file, &built_in, profile, "config.toml").map_err(|error| error.to_string())
        };
        let set = |profile: &str| {
            format!("[default.server]\nmax_connections = 5\n[{profile}.server]\nmax_connections = 6")
        };
        for (profile, in_force) in [("dev", "prod"), ("prod", "dev"), ("PROD", "dev"), ("staging", "staging")]
        {
            checked(&set(profile), in_force).unwrap();
        }
        for (profile, hint) in
            [("prd", " Did you mean prod?"), ("production", " Did you mean prod?"), ("staging", "")]
        {
            let said = checked(&set(profile), "prod").unwrap_err();
            assert!(
                said.starts_with(&format!(
                    "config.toml has settings for a profile {profile}, which is none.{hint} "
                )),
                "{said}"
            );
        }
    }
}
