//! Who looks at a page: what it calls them, and what it offers them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::auth::{Permission, Principal};

tokio::task_local! {
    /// For whom pages are rendered in this task. Every page has a head and a foot that depend on it.
    static VISITOR: Visitor;
}

/// Who looks at a page. What they may not do is not offered; that it is refused, too, is up to the routes.
#[derive(Debug, Clone, Serialize)]
pub struct Visitor {
    /// Where people sign in, what they are called.
    name: Option<String>,
    /// What is offered.
    may: BTreeMap<&'static str, bool>,
}

/// By the names that templates have for them.
const OFFERED: [(&str, Permission); 5] = [
    ("read", Permission::Read),
    ("write", Permission::Write),
    ("export", Permission::Export),
    ("audit", Permission::Audit),
    ("admin", Permission::Admin),
];

impl Visitor {
    pub fn of(principal: &Principal) -> Self {
        Self {
            name: principal.session().map(|session| session.name.as_str().to_owned()),
            may: OFFERED.map(|(name, permission)| (name, principal.may(permission))).into(),
        }
    }

    /// Somebody who has not signed in, where people do.
    pub fn stranger() -> Self {
        Self { name: None, may: OFFERED.map(|(name, _)| (name, false)).into() }
    }

    /// Whether they may act on orders.
    pub(super) fn may_write(&self) -> bool {
        self.may.get("write").is_some_and(|may| *may)
    }

    /// Has pages rendered for this visitor while something is done.
    pub async fn looks_at<F: Future>(self, work: F) -> F::Output {
        VISITOR.scope(self, work).await
    }

    /// The same while something is done at once.
    pub fn sees<T>(self, render: impl FnOnce() -> T) -> T {
        VISITOR.sync_scope(self, render)
    }

    /// Where nobody has said who it is, nothing is offered.
    pub(super) fn here() -> Self {
        VISITOR.try_with(Self::clone).unwrap_or_else(|_| Self::stranger())
    }
}
