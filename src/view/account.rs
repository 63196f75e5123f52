//! One's own account: who one is here, and where one is signed in.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::PageContext;
use super::nav::Nav;
use crate::auth::{Role, Session};

pub const ACCOUNT_URL: &str = "/account";

/// What `account.html` shows.
#[derive(Serialize)]
pub struct AccountPage {
    nav: Nav,
    title: &'static str,
    notice: &'static str,
    name: String,
    roles: Vec<RoleLine>,
    /// When it ends that nobody uses, in words.
    idle: String,
    sessions: Vec<SessionLine>,
    has_others: bool,
}

#[derive(Serialize)]
struct RoleLine {
    name: &'static str,
    what: &'static str,
}

#[derive(Serialize)]
struct SessionLine {
    is_this: bool,
    since: String,
    from: String,
    /// Empty, where it is not known.
    browser: String,
    seen: String,
    ends: String,
    end_url: String,
}

/// What has just been done, as the page says it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountNotice {
    Ended,
    OthersEnded,
}

impl AccountNotice {
    /// The word that a cookie carries to the page.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::OthersEnded => "others-ended",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ended, Self::OthersEnded].into_iter().find(|notice| notice.word() == word)
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Ended => "That session has ended. Its browser is asked to sign in within seconds.",
            Self::OthersEnded => {
                "All other sessions have ended. Their browsers are asked to sign in within seconds."
            }
        }
    }
}

impl PageContext for AccountPage {
    const TEMPLATE: &'static str = "account.html";
}

impl AccountPage {
    /// Of somebody who looks at it in one of their sessions, each of which ends when nobody has used it for so long.
    pub fn new(this: &Session, all: &[Session], idle: Duration, notice: Option<AccountNotice>) -> Self {
        Self {
            nav: Nav::account(),
            title: "My account",
            notice: notice.map_or("", AccountNotice::sentence),
            name: this.name.as_str().to_owned(),
            roles: this.roles.all().iter().map(|role| RoleLine::new(*role)).collect(),
            idle: words(idle),
            sessions: all.iter().map(|session| SessionLine::new(session, this, idle)).collect(),
            has_others: all.iter().any(|session| session.id != this.id),
        }
    }
}

impl RoleLine {
    fn new(role: Role) -> Self {
        let what = match role {
            Role::Viewer => "sees orders",
            Role::Clerk => "sees, adds, edits, ships and cancels orders",
            Role::Auditor => "sees everything, with its history",
            Role::Admin => "may do everything",
        };
        Self { name: role.as_str(), what }
    }
}

impl SessionLine {
    fn new(session: &Session, this: &Session, idle: Duration) -> Self {
        Self {
            is_this: session.id == this.id,
            since: session.created_at.in_words(),
            from: session.client.map(place).unwrap_or_default(),
            browser: session.browser.clone().unwrap_or_default(),
            seen: session.seen_at.in_words(),
            ends: session.idle_end(idle).in_words(),
            end_url: format!("{ACCOUNT_URL}/{}/end", session.id),
        }
    }
}

/// An address, as people know it.
pub(super) fn place(client: IpAddr) -> String {
    if client.is_loopback() { "this machine".to_owned() } else { client.to_string() }
}

/// `8 hours`, `15 minutes`.
fn words(time: Duration) -> String {
    let (minutes, hours) = (time.as_secs().div_ceil(60), time.as_secs() / 3600);
    match (hours, minutes) {
        (1, 60) => "1 hour".to_owned(),
        (hours, minutes) if hours * 60 == minutes && hours > 0 => format!("{hours} hours"),
        (_, 1) => "1 minute".to_owned(),
        (_, minutes) => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod samples {
    use super::*;
    use crate::auth::Roles;
    use crate::order::{ActorName, PersonId, Timestamp};

    impl AccountPage {
        pub(in crate::view) fn samples() -> Vec<Self> {
            let at = |text| Timestamp::parse(text).unwrap();
            let session = |id, client: Option<&str>| Session {
                id,
                person: PersonId::new(3).unwrap(),
                name: ActorName::parse("Anna <b>Berg").unwrap(),
                roles: Roles::new([Role::Clerk, Role::Auditor]).unwrap(),
                client: client.map(|client| client.parse().unwrap()),
                browser: client.map(|_| "Firefox on Windows".to_owned()),
                created_at: at("2026-11-30 08:00:00"),
                seen_at: at("2026-11-30 09:00:00"),
                ends_at: at("2026-12-01 08:00:00"),
            };
            let (this, other) = (session(2, Some("192.0.2.7")), session(1, None));
            let idle = Duration::from_hours(8);
            vec![
                Self::new(&this, std::slice::from_ref(&this), idle, None),
                Self::new(&this, &[this.clone(), other], idle, Some(AccountNotice::Ended)),
            ]
        }
    }

    #[test]
    fn times_are_told_in_words() {
        for (minutes, told) in
            [(1, "1 minute"), (15, "15 minutes"), (60, "1 hour"), (90, "90 minutes"), (480, "8 hours")]
        {
            assert_eq!(words(Duration::from_mins(minutes)), told);
        }
    }
}
