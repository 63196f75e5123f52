//! Writing down who takes what out of the desk: before it is done, and how it ended.

use std::sync::Arc;

use uuid::Uuid;

use super::client::ClientAddress;
use super::{AppState, Error};
use crate::auth::Principal;
use crate::order::{Access, Deed, End, Outcome};

/// Something that is written down and under way. Dropped before it has ended, it was cut off, which is written down, too.
pub struct LoggedAccess {
    state: Arc<AppState>,
    id: Uuid,
    /// How many orders it was so far.
    pub orders: u64,
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
        let id = Uuid::new_v4();
        let access = Access { id, at: state.clock.utc(), by: principal.actor(), client: client.ip, deed };
        state.db.insert_access(access).await?;
        Ok(Self { state: Arc::clone(state), id, orders: 0, has_ended: false })
    }

    /// Writes down how it ended. Where that fails, it stays as it is in the log: not finished.
    pub async fn end(mut self, end: End) {
        self.has_ended = true;
        record(&self.state, self.id, Outcome { end, orders: self.orders }).await;
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
            let (state, id, orders) = (Arc::clone(&self.state), self.id, self.orders);
            runtime.spawn(async move {
                record(&state, id, Outcome { end: End::CutOff, orders }).await;
            });
        }
    }
}
