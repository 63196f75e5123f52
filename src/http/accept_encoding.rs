//! Whether an answer may be compressed (RFC 9110, section 12.5.3).

use poem::http::{HeaderMap, header};

/// Whether the sender takes gzip, and does not like the answer better as it is.
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<(&str, f32)> = lists.flat_map(|list| list.split(',')).filter_map(weighted).collect();
    let weight = |names: &[&str]| {
        let is_named = |name: &str| names.iter().any(|one| one.eq_ignore_ascii_case(name));
        codings.iter().find(|(name, _)| is_named(name)).map(|(_, weight)| *weight)
    };
    let any = weight(&["*"]);
    // A coding that is not named has the weight of `*`; the answer as it is needs no leave.
    let gzip = weight(&["gzip", "x-gzip"]).or(any).unwrap_or(0.0);
    gzip > 0.0 && gzip >= weight(&["identity"]).unwrap_or(0.0)
}

/// A content coding and its weight from 0 to 1; none if it cannot be read.
fn weighted(member: &str) -> Option<(&str, f32)> {
    let mut parts = member.split(';').map(str::trim);
    let coding = parts.next().filter(|coding| !coding.is_empty())?;
    let Some(weight) = parts.next() else { return Some((coding, 1.0)) };
    let (name, value) = weight.split_once('=')?;
    let is_weight = name.eq_ignore_ascii_case("q") && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let weight = value.parse().ok().filter(|weight| is_weight && (0.0..=1.0).contains(weight))?;
    Some((coding, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (lists, taken) in [
            (&["gzip, deflate, br"][..], true),
            (&["br", "x-gzip"], true),
            (&["GZIP;q=0.5"], true),
            (&["gzip ; Q=0.001"], true),
            (&["*"], true),
            (&["br, *;q=0.1"], true),
            (&["gzip;q=1, *;q=0"], true),
            (&["identity;q=0.5, gzip;q=1.0"], true),
            (&["identity;q=0, *"], true),
            (&["gzip;q=0"], false),
            (&["gzip;Q=0"], false),
            (&["GZIP;Q=0.000"], false),
            (&["gzip; Q=0, *"], false),
            (&["*;q=0"], false),
            (&["br, *;q=0"], false),
            (&["gzip;q=0.5, identity"], false),
            (&["identity"], false),
            (&["gzip;q=x"], false),
            (&["gzip;q=-1"], false),
            (&["gzip;q=inf"], false),
            (&["br"], false),
            (&[""], false),
            (&[], false),
        ] {
            let headers = lists.iter().map(|list| (header::ACCEPT_ENCODING, list.parse().unwrap()));
            let mut all = HeaderMap::new();
            headers.for_each(|(name, value)| {
                all.append(name, value);
            });
            assert_eq!(accepts_gzip(&all), taken, "{lists:?}");
        }
    }
}
