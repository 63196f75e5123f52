//! What a stranger sees of a desk where people sign in: the way to their provider, and nothing else.

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use uuid::Uuid;

use super::CheckResult;
use super::answer::{SmokeResponse, printable};
use super::entry::nonsense;
use super::report::{CheckFailure, CheckOutcome, ensure};
use super::visitor::Visitor;
use crate::http::closed_to_strangers;
use crate::order::counted;

const SIGN_IN: &str = "/sign-in";
const START: &str = "/sign-in/start";
const CALLBACK: &str = "/sign-in/callback";
/// No desk has an order of this number, nor anything else: whoever were let in by mistake would change nothing.
const NO_NUMBER: &str = "9223372036854775807";
/// Forms without anything in their path that says what they are about, and which a desk refuses for what is in them.
const REFUSED_ANYWAY: [&str; 6] = ["/orders", "/add_order", "/search", "/bulk", "/imports", "/views"];
/// What providers are asked for with a code that is bound to this browser and this sign-in.
const RANDOM: [&str; 3] = ["state", "nonce", "code_challenge"];

/// Whether people sign in here: whoever comes without a session is led to the page for it.
pub(super) async fn is_closed(visitor: &Visitor) -> bool {
    visitor.get("/").await.is_ok_and(|answer| leads_to_sign_in(&answer))
}

/// The desk was to be one where people sign in.
pub(super) fn open_to_all() -> CheckOutcome {
    Err(CheckFailure::new("nobody signs in here: whoever reaches the desk may use it (--expect-sign-in)"))
}

fn leads_to_sign_in(answer: &SmokeResponse) -> bool {
    let to = answer.header(LOCATION.as_str());
    answer.status == 303 && (to == SIGN_IN || to.starts_with("/sign-in?"))
}

/// From the desk's page to the provider's: with PKCE, back to this desk, and with a cookie that nobody else can set or read.
pub(super) async fn way_in(visitor: &Visitor) -> CheckOutcome {
    let page = visitor.get(SIGN_IN).await?;
    let has_link = page.page()?.contains(&format!("href=\"{START}"));
    ensure(has_link, || format!("no link on {SIGN_IN} leads to {START}"))?;
    let answer = visitor.get(START).await?;
    if matches!(answer.status, 502..=504) {
        return Err(CheckFailure::transient(format!("{}: nobody can sign in now", answer.said())));
    }
    let to = answer.header(LOCATION.as_str());
    let provider = Url::parse(to).ok().filter(|_| answer.status == 303);
    let provider = provider.ok_or_else(|| {
        CheckFailure::new(format!("{}, and not to a provider of identities", answer.said()))
    })?;
    let back = ensure_question(visitor, &provider)?;
    ensure_cookie(answer.header(SET_COOKIE.as_str()), &back)?;
    let host = printable(provider.host_str().unwrap_or_default());
    Ok(CheckResult::well(format!("people sign in at {host}, and come back to {back}")))
}

/// What the provider is asked; returns where it is to send people back.
fn ensure_question(visitor: &Visitor, provider: &Url) -> Result<Url, CheckFailure> {
    let field = |name: &str| provider.query_pairs().find(|(one, _)| one == name).map(|(_, value)| value);
    for (name, wanted) in [("response_type", "code"), ("code_challenge_method", "S256")] {
        let is_so = field(name).is_some_and(|value| value == wanted);
        ensure(is_so, || format!("the provider is not asked for {name}={wanted}"))?;
    }
    let missing = RANDOM.into_iter().find(|name| field(name).is_none_or(|value| value.len() < 20));
    ensure(missing.is_none(), || format!("the provider is asked without a long {}", missing.unwrap_or("")))?;
    let back = field("redirect_uri").and_then(|url| Url::parse(&url).ok());
    let back =
        back.ok_or_else(|| CheckFailure::new("the provider does not hear where to send people back"))?;
    // Past a gateway, the desk is asked at another address than people use.
    let is_here = !visitor.url.is_https() || back == visitor.url.at(CALLBACK);
    ensure(is_here && back.path() == CALLBACK, || {
        format!("people would be sent back to {}", printable(back.as_str()))
    })?;
    Ok(back)
}

/// Flags of the cookie by which a browser is known again.
fn ensure_cookie(cookie: &str, back: &Url) -> Result<(), CheckFailure> {
    let mut parts = cookie.split(';').map(str::trim);
    let name = parts.next().and_then(|pair| pair.split_once('=')).map_or("", |(name, _)| name);
    let flags: Vec<&str> = parts.collect();
    let by_https = back.scheme() == "https";
    let wanted = ["HttpOnly", "SameSite=Lax", "Path=/"].into_iter().chain(by_https.then_some("Secure"));
    let lost = wanted.into_iter().find(|flag| !flags.iter().any(|one| one.eq_ignore_ascii_case(flag)));
    ensure(!name.is_empty(), || "no cookie says which browser has begun to sign in".to_owned())?;
    ensure(lost.is_none(), || format!("the cookie of a sign-in is not {}", lost.unwrap_or("")))?;
    ensure(!by_https || name.starts_with("__Host-"), || {
        format!("the cookie {} may be another host's (no __Host-)", printable(name))
    })
}

/// Every page and file that takes somebody who is known leads to the sign-in; programs are told so.
pub(super) async fn nothing_shown(visitor: &Visitor) -> CheckOutcome {
    let mut asked = 0;
    for path in closed("GET") {
        let answer = visitor.get(&path).await?;
        ensure(leads_to_sign_in(&answer), || format!("{}, and nobody has signed in", answer.said()))?;
        let answer = visitor.get_as(&path, "application/json").await?;
        ensure_refused(&answer)?;
        asked += 1;
    }
    Ok(CheckResult::well(format!("{} lead to the sign-in", counted(asked, "page"))))
}

/// Every form that takes somebody who is known is refused, whatever is in it.
pub(super) async fn nothing_taken(visitor: &Visitor) -> CheckOutcome {
    let mut asked = 0;
    for path in closed("POST") {
        let answer = visitor.post_for_json(&path, nonsense(Uuid::new_v4())?).await?;
        ensure_refused(&answer)?;
        asked += 1;
    }
    Ok(CheckResult::well(format!("{} refused, and nothing stored", counted(asked, "form"))))
}

fn ensure_refused(answer: &SmokeResponse) -> Result<(), CheckFailure> {
    ensure(answer.status == 401, || format!("{}, not 401, and nobody has signed in", answer.said()))?;
    let kind = answer.header(CONTENT_TYPE.as_str());
    ensure(kind == "application/problem+json", || {
        format!("{} is refused as {}", answer.path, printable(kind))
    })
}

/// Paths for one method, but for those where somebody let in by mistake would change something.
fn closed(method: &str) -> impl Iterator<Item = String> {
    let paths = closed_to_strangers().filter(move |(one, _)| one.as_str() == method).map(|(_, path)| path);
    paths
        .filter(move |path| method != "POST" || path.contains('{') || REFUSED_ANYWAY.contains(path))
        .map(filled)
}

/// With nothing that any desk has in the place of what varies.
fn filled(path: &str) -> String {
    let nil = Uuid::nil().to_string();
    let part = |part| match part {
        "{number}" => NO_NUMBER,
        part if part.starts_with('{') => nil.as_str(),
        part => part,
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_tried_but_those_that_would_act_by_themselves() {
        let tried: Vec<_> = closed("POST").collect();
        let left_out: Vec<_> = closed_to_strangers()
            .filter(|(method, path)| *method == "POST" && !tried.contains(&filled(path)))
            .map(|(_, path)| path)
            .collect();
        assert_eq!(left_out, ["/webhooks/resend-failed", "/account/end-others"]);
        for path in closed("GET").chain(tried) {
            assert!(!path.contains('{'), "{path}");
        }
    }

    #[test]
    fn a_cookie_is_for_this_host_and_for_no_script() {
        let by = |url: &str| Url::parse(url).unwrap();
        let (https, http) =
            (by("https://desk.example/sign-in/callback"), by("http://localhost/sign-in/callback"));
        let good = "__Host-orders-sign-in=x; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure";
        assert!(ensure_cookie(good, &https).is_ok());
        assert!(ensure_cookie("orders-sign-in=x; Path=/; HttpOnly; SameSite=Lax", &http).is_ok());
        for (bad, words) in [
            ("", "no cookie says"),
            ("orders-sign-in=x; Path=/; HttpOnly; SameSite=Lax; Secure", "no __Host-"),
            ("__Host-orders-sign-in=x; Path=/; SameSite=Lax; Secure", "not HttpOnly"),
            ("__Host-orders-sign-in=x; Path=/; HttpOnly; Secure", "not SameSite=Lax"),
            ("__Host-orders-sign-in=x; Path=/; HttpOnly; SameSite=Lax", "not Secure"),
            ("__Host-orders-sign-in=x; Path=/a; HttpOnly; SameSite=Lax; Secure", "not Path=/"),
        ] {
            let failure = ensure_cookie(bad, &https).unwrap_err();
            assert!(failure.words.contains(words), "{bad}: {}", failure.words);
        }
    }
}
