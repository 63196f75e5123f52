//! Sessions: begun, found again, and ended, on any replica.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::session::later;
use super::{Identity, Person, Roles, Session, Token};
use crate::clock::Clock;
use crate::db::{
    Db, DbError, DisableOutcome, Disabled, LiveSince, NewSession, PeopleQuery, SessionBegun, TokenHash,
};
use crate::order::{Actor, ActorName, Note, PersonId};

/// For how long a session is believed without asking the database: one that was ended on another replica counts here no
/// longer than that.
const KEPT: Duration = Duration::from_secs(2);
/// How many are kept; with more at once all are asked for again.
const MOST_KEPT: usize = 4096;

/// The desk's sessions.
pub struct Sessions {
    db: Arc<Db>,
    clock: Clock,
    idle: Duration,
    life: Duration,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Each with when it was asked for.
    sessions: HashMap<TokenHash, (Arc<Session>, Instant)>,
    /// How often this desk has ended some.
    ends: u64,
}

/// Somebody who signs in, and with what.
pub(super) struct Newcomer<'a> {
    pub(super) identity: &'a Identity,
    pub(super) roles: &'a Roles,
    pub(super) client: Option<IpAddr>,
    pub(super) browser: Option<String>,
    /// The browser's session until now.
    pub(super) replaced: Option<&'a Token>,
}

impl Sessions {
    /// Sessions that end after being idle so long, and in any case after so long.
    pub fn new(db: Arc<Db>, clock: Clock, idle: Duration, life: Duration) -> Self {
        Self { db, clock, idle, life, kept: Mutex::default() }
    }

    /// After how long a session ends that nobody uses.
    pub fn idle(&self) -> Duration {
        self.idle
    }

    /// Begins a session of somebody whom the provider vouches for, in place of the browser's session until now; none, if
    /// they are disabled.
    pub(super) async fn begin(
        &self,
        token: &Token,
        newcomer: Newcomer<'_>,
    ) -> Result<Option<Session>, DbError> {
        let Newcomer { identity, roles, client, browser, replaced } = newcomer;
        let at = self.clock.utc();
        let session = NewSession {
            token_hash: token.hash(),
            issuer: identity.issuer.clone(),
            subject: identity.subject.clone(),
            name: ActorName::of_person(&identity.name).as_str().to_owned(),
            roles: roles.text(),
            client,
            browser,
            at,
            ends_at: later(at, self.life),
            replaces: replaced.map(Token::hash),
        };
        let begun = self.db.insert_session(session).await;
        self.forget();
        let SessionBegun::Begun(begun) = begun? else { return Ok(None) };
        let session = Session::stored(&begun);
        session.map(Some).ok_or_else(|| DbError::Internal("a session begins without a role".to_owned()))
    }

    /// The session of a browser; none if there is none, or it is over. Notes that it is used.
    pub async fn find(&self, token: &Token) -> Result<Option<Arc<Session>>, DbError> {
        let (hash, now) = (token.hash(), self.clock.utc());
        if let Some(session) = self.known(&hash) {
            return Ok((!session.is_over(self.idle, now)).then(|| self.touched(hash, session)));
        }
        let (asked, ends) = (Instant::now(), self.lock().ends);
        let found = self.db.find_session(hash).await?.as_ref().and_then(Session::stored);
        let Some(session) = found.filter(|session| !session.is_over(self.idle, now)) else { return Ok(None) };
        let session = Arc::new(session);
        let mut kept = self.lock();
        // What was read while a session was ended may be what was before.
        if kept.ends == ends {
            if kept.sessions.len() >= MOST_KEPT {
                kept.sessions.clear();
            }
            kept.sessions.insert(hash, (Arc::clone(&session), asked));
        }
        drop(kept);
        Ok(Some(self.touched(hash, session)))
    }

    /// Whose a browser's session was, if it is over since a day at most and was not signed out.
    pub async fn former(&self, token: &Token) -> Result<Option<PersonId>, DbError> {
        Ok(self.db.find_session(token.hash()).await?.map(|session| session.person))
    }

    /// The sessions of a person that are not over, the newest first.
    pub async fn list(&self, person: PersonId) -> Result<Vec<Session>, DbError> {
        let now = self.clock.utc();
        let all = self.db.list_sessions(person).await?;
        let all = all.iter().filter_map(Session::stored);
        Ok(all.filter(|session| !session.is_over(self.idle, now)).collect())
    }

    /// Ends the session of a browser.
    pub async fn end(&self, token: &Token) -> Result<(), DbError> {
        let ended = self.db.delete_session(token.hash()).await;
        self.forget();
        ended
    }

    /// Ends a session of a person.
    pub async fn end_one(&self, person: PersonId, id: i32) -> Result<(), DbError> {
        let ended = self.db.end_session_of(person, id, self.clock.utc()).await;
        self.forget();
        ended
    }

    /// Ends all other sessions of the same person.
    pub async fn end_others(&self, session: &Session) -> Result<(), DbError> {
        let ended = self.db.end_other_sessions(session.person, session.id, self.clock.utc()).await;
        self.forget();
        ended
    }

    /// Ends all sessions of a person.
    pub async fn end_all(&self, person: PersonId) -> Result<(), DbError> {
        let ended = self.db.end_sessions_of(person, self.clock.utc()).await;
        self.forget();
        ended
    }

    /// Keeps somebody from signing in, and ends all of their sessions.
    pub async fn disable(
        &self,
        person: PersonId,
        by: Actor,
        reason: Option<Note>,
    ) -> Result<DisableOutcome, DbError> {
        let disabled = Disabled { at: self.clock.utc(), by, reason };
        let outcome = self.db.disable_person(person, disabled).await;
        self.forget();
        outcome
    }

    /// Lets somebody sign in again; whether there is such a person.
    pub async fn enable(&self, person: PersonId) -> Result<bool, DbError> {
        let enabled = self.db.enable_person(person, self.clock.utc()).await;
        self.forget();
        enabled
    }

    /// People whose name has a text in it, by name, so many at most, behind one of them; each with how many sessions
    /// they have, and whether there may be more.
    pub async fn people(
        &self,
        name: String,
        after: Option<PersonId>,
        wanted: usize,
    ) -> Result<(Vec<(Person, usize)>, Option<PersonId>), DbError> {
        let now = self.clock.utc();
        let live = LiveSince { now, used_after: now.before(self.idle) };
        let page = self.db.list_people(PeopleQuery { name, after, wanted, live }).await?;
        let people = page.people.into_iter().map(|(person, sessions)| (Person::stored(person), sessions));
        Ok((people.collect(), page.next))
    }

    /// A person; none if there is no such number.
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, DbError> {
        Ok(self.db.find_person(id).await?.map(Person::stored))
    }

    /// What was read a moment ago may be over: whatever this desk has ended counts here at once.
    fn forget(&self) {
        let mut kept = self.lock();
        kept.sessions.clear();
        kept.ends = kept.ends.wrapping_add(1);
    }

    fn known(&self, hash: &TokenHash) -> Option<Arc<Session>> {
        let kept = self.lock();
        let (session, asked) = kept.sessions.get(hash)?;
        (asked.elapsed() < KEPT).then(|| Arc::clone(session))
    }

    /// The session as it is used now. That is noted beside the request, which does not wait for it: where it cannot be
    /// noted, the session ends earlier than it might.
    fn touched(&self, hash: TokenHash, session: Arc<Session>) -> Arc<Session> {
        let now = self.clock.utc();
        if !session.is_stale(self.idle, now) {
            return session;
        }
        let (db, (id, person)) = (Arc::clone(&self.db), (session.id, session.person));
        tokio::spawn(async move {
            if let Err(error) = db.touch_session((id, person), now).await {
                tracing::warn!(%error, "the use of a session was not noted");
            }
        });
        let session = Arc::new(Session { seen_at: now, ..(*session).clone() });
        if let Some((kept, _)) = self.lock().sessions.get_mut(&hash) {
            *kept = Arc::clone(&session);
        }
        session
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
