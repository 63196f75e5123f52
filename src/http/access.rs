//! Writing down who does what at the desk: before it is done, and how it ended.

use std::sync::Arc;

use poem::{FromRequest, Request, RequestBody};
use uuid::Uuid;

use super::client::ClientAddress;
use super::{AppState, Error};
use crate::auth::Principal;
use crate::db::DbError;
use crate::order::{Access, Deed, End, Outcome, Reason};

/// The access log for what a request does: a parameter of its handler.
pub struct AccessLog {
    state: Arc<AppState>,
    principal: Principal,
    client: ClientAddress,
}

impl AccessLog {
    /// Writes down what is about to be done. Where that fails, it is not done.
    pub async fn begin(&self, deed: Deed) -> Result<LoggedAccess, Error> {
        LoggedAccess::begin(&self.state, &self.principal, self.client, deed).await
    }
}

impl<'a> FromRequest<'a> for AccessLog {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let state = request.data::<Arc<AppState>>();
        let state = state.ok_or_else(|| Error::Internal("a handler needs the state".to_owned()))?;
        Ok(Self {
            state: Arc::clone(state),
            principal: Principal::from_request(request, body).await?,
            client: ClientAddress::from_request(request, body).await?,
        })
    }
}

/// Something that is written down and under way. Dropped before it has ended, it was cut off, which is written down, too.
pub struct LoggedAccess {
    state: Arc<AppState>,
    id: Uuid,
    /// How many orders, sessions or entries it was so far.
    pub count: u64,
    has_ended: bool,
}

impl LoggedAccess {
    /// Writes down what is about to be done. Where that fails, it is not done.
    pub async fn begin(
        state: &Arc<AppState>,
        principal: &Principal,
        client: ClientAddress,
        deed: Deed,
    ) -> Result<Self, Error> {
        Ok(Self::begin_as(state, access(state, principal, client, deed)).await?)
    }

    /// The same, of whoever it says.
    pub async fn begin_as(state: &Arc<AppState>, access: Access) -> Result<Self, DbError> {
        let id = access.id;
        state.db.insert_access(access).await?;
        Ok(Self { state: Arc::clone(state), id, count: 0, has_ended: false })
    }

    /// Does what was written down, and writes down whether that worked.
    pub async fn run<T, E>(self, work: impl Future<Output = Result<T, E>>) -> Result<T, Error>
    where
        Error: From<E>,
    {
        let done = work.await;
        self.end(if done.is_ok() { End::Finished } else { End::Failed }).await;
        Ok(done?)
    }

    /// Writes down how it ended. Where that fails, it stays as it is in the log: not finished.
    pub async fn end(self, end: End) {
        let outcome = Outcome::of(end, self.count);
        self.end_with(outcome).await;
    }

    /// Writes down that it was refused, and why.
    pub async fn refuse(self, reason: Reason) {
        self.end_with(Outcome::refused(reason)).await;
    }

    pub async fn end_with(mut self, outcome: Outcome) {
        self.has_ended = true;
        record(&self.state, self.id, outcome).await;
    }
}

/// An entry of somebody who is known.
pub fn access(state: &AppState, principal: &Principal, client: ClientAddress, deed: Deed) -> Access {
    Access {
        id: Uuid::new_v4(),
        at: state.clock.utc(),
        by: principal.actor(),
        session: principal.session().map(|session| session.id),
        client: client.ip,
        deed,
    }
}

async fn record(state: &AppState, id: Uuid, outcome: Outcome) {
    if let Err(error) = state.db.insert_outcome(id, outcome, state.clock.utc()).await {
        tracing::error!(%error, "the access log does not say how an access ended");
    }
}

impl Drop for LoggedAccess {
    fn drop(&mut self) {
        // Without a runtime the program is about to end.
        if !self.has_ended
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (state, id, count) = (Arc::clone(&self.state), self.id, self.count);
            runtime.spawn(async move {
                record(&state, id, Outcome::of(End::CutOff, count)).await;
            });
        }
    }
}
