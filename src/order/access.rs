//! The access log: who did what at the desk that is no change of an order, and what came of it.

use std::net::IpAddr;

use uuid::Uuid;

use super::deed::words;
use super::{Actor, Deed, Timestamp};

/// Something that is written down before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Made by the program, so that an entry that is written twice is there once.
    pub id: Uuid,
    /// When, in UTC.
    pub at: Timestamp,
    pub by: Actor,
    /// The number of the session by which it is done; whoever knows it can do nothing with it.
    pub session: Option<i32>,
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    pub deed: Deed,
}

/// How something ended, written down when it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub end: End,
    /// How many orders, sessions or entries were handed out, found or dealt with until then.
    pub count: u64,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// The session that began by it.
    pub session: Option<i32>,
}

words! {
    /// Which way something ended, as the database and style sheets call it.
    End {
        Finished "finished",
        /// Whoever asked went away.
        CutOff "cut-off",
        /// The desk could not go on.
        Failed "failed",
        /// The desk did not let it happen.
        Refused "refused",
    }
}

words! {
    /// Why something was refused.
    Reason {
        /// The provider vouches for them, and none of their roles is one here.
        NoRole "no-role",
        /// The desk lets this person in no more.
        Disabled "disabled",
        /// The provider says that it signed nobody in.
        Declined "declined",
        /// What the provider sent is not believed.
        NotBelieved "not-believed",
        /// Their groups are too many for the provider to say which.
        TooManyGroups "too-many-groups",
        ProviderAway "provider-away",
        /// Not begun with this browser, over, or used already.
        NotBegun "not-begun",
        /// Their roles do not allow it.
        NotAllowed "not-allowed",
        /// It came from a page of another site.
        OtherSite "other-site",
        /// What it was to be done to is not there, or not as it was.
        NotPossible "not-possible",
    }
}

/// An entry of the log, with what came of it; nothing while it is under way, or if the program ended with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// Counted up by the database from 1.
    pub number: i64,
    pub access: Access,
    pub outcome: Option<Outcome>,
}

impl AccessEntry {
    /// The session by which it was done, or that began by it.
    pub fn session(&self) -> Option<i32> {
        self.access.session.or_else(|| self.outcome.and_then(|outcome| outcome.session))
    }
}

impl Outcome {
    /// Of so many orders, sessions or entries.
    pub fn of(end: End, count: u64) -> Self {
        Self { end, count, reason: None, session: None }
    }

    pub fn refused(reason: Reason) -> Self {
        Self { reason: Some(reason), ..Self::of(End::Refused, 0) }
    }
}
