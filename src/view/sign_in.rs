//! Pages about signing in and out, for whoever is not signed in.

use serde::Serialize;

use super::PageContext;
use super::nav::Nav;

/// What `sign_in.html` shows: the way to the provider.
#[derive(Serialize)]
pub struct SignInPage<'a> {
    nav: Nav,
    title: &'static str,
    /// The provider's host.
    host: &'a str,
    start_url: &'a str,
    /// Whether a form waits, and whether it had a card.
    has_form: bool,
    had_card: bool,
}

/// What `signed_out.html` shows.
#[derive(Serialize)]
pub struct SignedOutPage<'a> {
    nav: Nav,
    title: &'static str,
    host: &'a str,
    sign_in_url: &'a str,
    /// The provider's own page for signing out, where it has one.
    provider_url: Option<String>,
}

/// What `sign_out.html` shows: whether to sign out.
#[derive(Serialize)]
pub struct SignOutPage<'a> {
    nav: Nav,
    title: &'static str,
    name: &'a str,
}

/// Why somebody whom the provider vouches for is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoEntry {
    NoRole,
    /// Somebody has disabled them.
    Disabled,
}

/// What `no_entry.html` shows: the provider vouches for somebody who may not come in.
#[derive(Serialize)]
pub struct NoEntryPage<'a> {
    nav: Nav,
    title: &'static str,
    is_disabled: bool,
    name: &'a str,
    host: &'a str,
    sign_in_url: &'a str,
    provider_url: Option<String>,
}

impl PageContext for SignInPage<'_> {
    const TEMPLATE: &'static str = "sign_in.html";
}

impl PageContext for SignedOutPage<'_> {
    const TEMPLATE: &'static str = "signed_out.html";
}

impl PageContext for SignOutPage<'_> {
    const TEMPLATE: &'static str = "sign_out.html";
}

impl PageContext for NoEntryPage<'_> {
    const TEMPLATE: &'static str = "no_entry.html";
}

impl<'a> SignInPage<'a> {
    /// At a host, by a URL of the desk that leads there.
    pub fn new(host: &'a str, start_url: &'a str) -> Self {
        let (nav, title) = (Nav::elsewhere(), "Sign in");
        Self { nav, title, host, start_url, has_form: false, had_card: false }
    }

    /// The same for somebody whose session was over when they sent a form, which waits.
    pub fn keeping(host: &'a str, start_url: &'a str, had_card: bool) -> Self {
        Self { title: "Sign in to go on", has_form: true, had_card, ..Self::new(host, start_url) }
    }
}

impl<'a> SignedOutPage<'a> {
    /// With the provider's host, and its own page for signing out.
    pub fn new(host: &'a str, provider_url: Option<String>) -> Self {
        Self { nav: Nav::elsewhere(), title: "Signed out", host, sign_in_url: "/sign-in", provider_url }
    }
}

impl<'a> SignOutPage<'a> {
    pub fn new(name: &'a str) -> Self {
        Self { nav: Nav::elsewhere(), title: "Sign out?", name }
    }
}

impl<'a> NoEntryPage<'a> {
    /// For somebody, by the name that the provider gives them.
    pub fn new(why: NoEntry, name: &'a str, host: &'a str, provider_url: Option<String>) -> Self {
        let (nav, sign_in_url) = (Nav::elsewhere(), "/sign-in");
        Self {
            nav,
            title: "No entry",
            is_disabled: why == NoEntry::Disabled,
            name,
            host,
            sign_in_url,
            provider_url,
        }
    }
}

#[cfg(test)]
impl SignInPage<'static> {
    pub(super) fn samples() -> Vec<Self> {
        let (host, url) = ("login.example.com", "/sign-in/start?to=%2Forders%2F7");
        vec![Self::new(host, url), Self::keeping(host, url, false), Self::keeping(host, url, true)]
    }
}

#[cfg(test)]
impl SignedOutPage<'static> {
    pub(super) fn samples() -> Vec<Self> {
        let url = "https://login.example.com/logout".to_owned();
        vec![Self::new("login.example.com", Some(url)), Self::new("login.example.com", None)]
    }
}

#[cfg(test)]
impl SignOutPage<'static> {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self::new("<b>Anna")]
    }
}

#[cfg(test)]
impl NoEntryPage<'static> {
    pub(super) fn samples() -> Vec<Self> {
        let url = "https://login.example.com/logout".to_owned();
        let host = "login.example.com";
        vec![
            Self::new(NoEntry::NoRole, "Anna Berg", host, Some(url)),
            Self::new(NoEntry::Disabled, "<b>Anna", host, None),
        ]
    }
}
