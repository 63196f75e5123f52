//! Who the person is whom an ID token vouches for.

use serde_json::Value;

use super::id_token::Claims;
use super::{Identity, SignInError};
use crate::auth::Role;
use crate::config::{OidcSettings, RoleValues};
use crate::order::ActorName;

/// OpenID Connect's own bound for a subject.
const MAX_SUBJECT: usize = 255;
/// Bytes of the name that is shown.
const MAX_NAME: usize = 100;
/// Where a name may stand, the one to prefer first.
const NAMES: [&str; 3] = ["name", "preferred_username", "email"];
/// How deep a claim's name leads into objects.
const MAX_DEPTH: usize = 8;

/// The person, if the token says who it is.
pub(super) fn person(claims: &Claims, settings: &OidcSettings) -> Result<Identity, SignInError> {
    let subject = subject(claims).ok_or_else(|| {
        SignInError::Refused("the ID token does not say who the person is (sub)".to_owned())
    })?;
    Ok(Identity {
        issuer: settings.issuer.as_str().to_owned(),
        name: name(claims, &subject),
        roles: roles(claims, settings)?,
        subject,
    })
}

/// With Entra, tenant and object: its `sub` is another one for each application.
fn subject(claims: &Claims) -> Option<String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = |name: &str| text(name).filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    let subject = match (id("tid"), id("oid")) {
        (Some(tenant), Some(object)) => format!("{tenant}/{object}"),
        _ => text("sub")?.to_owned(),
    };
    let is_good = subject.len() <= MAX_SUBJECT && subject.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    is_good.then_some(subject)
}

/// Never what may be a card number: names are shown and kept in the history.
fn name(claims: &Claims, subject: &str) -> String {
    let said = NAMES.iter().filter_map(|name| claims.get(*name).and_then(Value::as_str));
    let names = said.chain(std::iter::once(subject)).map(tidy);
    let fit = names.filter_map(|name| ActorName::parse(&name)).map(|name| name.as_str().to_owned());
    fit.into_iter().next().unwrap_or_else(|| "somebody".to_owned())
}

/// A name in one line and in bounds, without characters that cannot be seen or that turn others around.
fn tidy(text: &str) -> String {
    let is_hidden = |c: char| matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let shown: String = text
        .chars()
        .filter(|&c| !is_hidden(c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_NAME)
        .collect();
    let mut words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    while words.len() > MAX_NAME {
        words.pop();
    }
    words.trim_end().to_owned()
}

fn roles(claims: &Claims, settings: &OidcSettings) -> Result<Vec<Role>, SignInError> {
    let Some(claim) = find(claims, &settings.roles_claim) else {
        return if has_too_many(claims, &settings.roles_claim) {
            Err(SignInError::TooManyGroups)
        } else {
            Ok(Vec::new())
        };
    };
    let said: Vec<&str> = match claim {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is_meant =
        |role: &Role| values(*role, &settings.roles).iter().any(|value| said.contains(&value.as_str()));
    Ok(Role::ALL.into_iter().filter(is_meant).collect())
}

fn values(role: Role, roles: &RoleValues) -> &[String] {
    match role {
        Role::Viewer => &roles.viewer,
        Role::Clerk => &roles.clerk,
        Role::Auditor => &roles.auditor,
        Role::Admin => &roles.admin,
    }
}

/// A claim by its name; or, where a dot is no part of it, inside of objects.
fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    find_within(claims, name, MAX_DEPTH)
}

fn find_within<'a>(object: &'a Claims, name: &str, depth: usize) -> Option<&'a Value> {
    if let Some(value) = object.get(name) {
        return Some(value);
    }
    let depth = depth.checked_sub(1)?;
    name.match_indices('.').find_map(|(at, _)| {
        let inner = object.get(name.get(..at)?)?.as_object()?;
        find_within(inner, name.get(at + 1..)?, depth)
    })
}

/// Whether groups were left out because they are too many for a token, as Entra says it.
fn has_too_many(claims: &Claims, name: &str) -> bool {
    let is_elsewhere = claims.get("_claim_names").and_then(|names| names.get(name)).is_some();
    let is_left_out = name == "groups" && claims.get("hasgroups").and_then(Value::as_bool) == Some(true);
    is_elsewhere || is_left_out
}
