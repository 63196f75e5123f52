//! Which settings and profiles there are.

use std::collections::BTreeSet;

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
    for (name, _) in figment::providers::Env::prefixed(PREFIX).iter() {
        let name = name.as_str().to_lowercase();
        // Kubernetes gives every pod such variables for a Service called `orders`; tests have their own.
        let is_foreign = ["service_", "port", "test_"].iter().any(|start| name.starts_with(start));
        if name == "profile" || is_foreign {
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

fn check_name(name: &str, known: &[String], place: impl Fn() -> String) -> Result<(), ConfigError> {
    if known.iter().any(|one| one == name) {
        return Ok(());
    }
    let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
    Err(ConfigError::Unknown { place: place(), name: name.to_owned(), nearest })
}

/// Refuses a profile that no source knows.
pub(super) fn check_profile(profile: &str, sources: &[&Figment]) -> Result<(), ConfigError> {
    let profiles: Vec<String> = sources
        .iter()
        .flat_map(|source| source.profiles())
        .filter(|one| **one != Profile::Default)
        .map(|one| one.as_str().as_str().to_owned())
        .collect();
    if profiles.iter().any(|one| one.eq_ignore_ascii_case(profile)) {
        return Ok(());
    }
    let nearest = nearest(profile, profiles.iter().map(String::as_str)).unwrap_or("dev").to_owned();
    Err(ConfigError::UnknownProfile { name: profile.to_owned(), nearest })
}
