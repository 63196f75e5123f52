//! The headers that keep a browser from doing what the desk does not want.

use super::CheckResult;
use super::answer::{SmokeResponse, printable};
use super::pages::NOWHERE;
use super::report::{CheckFailure, CheckOutcome, ensure};
use super::visitor::Visitor;

/// Half a year, in seconds: what lists of hosts that are reached by TLS alone ask for at least.
const HALF_A_YEAR: u64 = 15_768_000;
const REFERRERS: [&str; 4] =
    ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];

/// A page and an error both have them.
pub(super) async fn check(visitor: &Visitor) -> CheckOutcome {
    let is_https = visitor.url.is_https();
    for path in ["/", NOWHERE] {
        let answer = visitor.get(path).await?;
        ensure_strict(&answer, is_https)
            .map_err(|failure| CheckFailure::new(format!("{path}: {}", failure.words)))?;
    }
    let transport = if is_https { ", transport security" } else { "" };
    Ok(CheckResult::well(format!("content policy, types, frames, referrers, caching{transport}")))
}

fn ensure_strict(answer: &SmokeResponse, is_https: bool) -> Result<(), CheckFailure> {
    ensure_policy(answer.header("content-security-policy"))?;
    for (name, allowed) in [
        ("x-content-type-options", &["nosniff"][..]),
        ("x-frame-options", &["DENY", "SAMEORIGIN"]),
        ("referrer-policy", &REFERRERS),
        ("cache-control", &["no-store"]),
    ] {
        let value = answer.header(name);
        ensure(allowed.contains(&value), || format!("{name} is {}", shown(value)))?;
    }
    let transport = answer.header("strict-transport-security");
    ensure(!is_https || max_age(transport) >= HALF_A_YEAR, || {
        format!("strict-transport-security is {}, less than half a year", shown(transport))
    })
}

/// Everything comes from the desk itself, and what `default-src` does not cover is named (CSP 3, section 6).
fn ensure_policy(policy: &str) -> Result<(), CheckFailure> {
    let mut named = Vec::new();
    for directive in policy.split(';') {
        let mut words = directive.split_ascii_whitespace();
        let Some(name) = words.next() else { continue };
        named.push(name);
        let loose = words.find(|source| !matches!(*source, "'none'" | "'self'"));
        ensure(loose.is_none(), || {
            let loose = printable(loose.unwrap_or_default());
            format!("content-security-policy lets {} take {loose}", printable(name))
        })?;
    }
    for name in ["default-src", "frame-ancestors", "base-uri", "form-action"] {
        ensure(named.contains(&name), || format!("content-security-policy has no {name}"))?;
    }
    Ok(())
}

pub(super) fn max_age(value: &str) -> u64 {
    let mut parts = value.split([';', ',']).map(str::trim);
    parts.find_map(|part| part.strip_prefix("max-age=")?.parse().ok()).unwrap_or(0)
}

fn shown(value: &str) -> String {
    if value.is_empty() { "missing".to_owned() } else { format!("“{}”", printable(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_strict_or_says_where_not() {
        let rest = "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        for policy in
            ["default-src 'none'; style-src 'self'; ", "default-src 'self'; upgrade-insecure-requests;"]
        {
            assert!(ensure_policy(&format!("{policy}{rest}")).is_ok(), "{policy}");
        }
        for (policy, words) in [
            ("", "has no default-src"),
            ("default-src 'none'", "has no frame-ancestors"),
            ("default-src *", "lets default-src take *"),
            ("default-src 'none'; script-src 'self' 'unsafe-inline'", "lets script-src take 'unsafe-inline'"),
            ("default-src 'none'; img-src data:", "lets img-src take data:"),
        ] {
            let said = ensure_policy(policy).unwrap_err().words;
            assert!(said.ends_with(words), "{said}");
        }
    }

    #[test]
    fn an_age_is_found_among_other_words() {
        assert_eq!(max_age("max-age=31536000; includeSubDomains"), 31_536_000);
        assert_eq!(max_age("public, max-age=60, immutable"), 60);
        assert_eq!((max_age(""), max_age("max-age=soon")), (0, 0));
    }
}
