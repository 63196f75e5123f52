//! How values are written, where a type alone does not say it.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use reqwest::Url;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::refused;
use super::nearest::nearest;

const HOUR: u32 = 60 * 60;

pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    seconds_up_to(HOUR, deserializer)
}

pub(super) fn seconds_of_a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    seconds_up_to(24 * HOUR, deserializer)
}

pub(super) fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    spans(60.0, deserializer)
}

pub(super) fn hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    spans(f64::from(HOUR), deserializer)
}

/// A number of minutes, hours and the like; what holds a setting says how many there may be.
fn spans<'de, D: Deserializer<'de>>(seconds: f64, deserializer: D) -> Result<Duration, D::Error> {
    let number = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(number * seconds)
        .map_err(|_| de::Error::custom("must be a number that is not below 0"))
}

fn seconds_up_to<'de, D: Deserializer<'de>>(most: u32, deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    if (0.0..=f64::from(most)).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(de::Error::custom(format_args!("must be from 0 to {most} seconds")))
    }
}

/// A list of texts; or one text, as a variable or a secret is, with commas or spaces between them.
pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(Texts)
}

struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(listed(text).map(str::to_owned).collect())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element()? {
            texts.push(text);
        }
        Ok(texts)
    }
}

/// What stands in a text between commas and spaces.
pub(super) fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|one| !one.is_empty())
}

pub(super) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    parse_address(&String::deserialize(deserializer)?)
}

pub(super) fn address_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { parse_address(&text).map(Some) }
}

fn parse_address<E: de::Error>(text: &str) -> Result<SocketAddr, E> {
    text.parse()
        .map_err(|_| refused("must be an address and port, like 127.0.0.1:5000", format_args!("{text:?}")))
}

pub(super) fn file_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let file = PathBuf::deserialize(deserializer)?;
    Ok((!file.as_os_str().is_empty()).then_some(file))
}

pub(super) fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse().map_err(|_| {
        let meant = nearest(&name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        let hint = meant.map(|zone| format!("; did you mean {zone}?")).unwrap_or_default();
        refused("must be an IANA time zone, like Europe/Berlin", format_args!("{name:?}{hint}"))
    })
}

/// Whether a URL names this machine by an address or as localhost.
pub(super) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
