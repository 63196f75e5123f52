//! What commands do, in the access log: before it is done, and how it ended.

use std::pin::Pin;

use anyhow::Context;
use uuid::Uuid;

use crate::clock;
use crate::db::Db;
use crate::order::{Access, Actor, Deed, End, Outcome, SystemTask};

/// Does what a command is about to do between its entry in the access log and how it ended. Where that cannot be written
/// down, it is not done.
///
/// In a box of its own: a command's work is large.
pub(super) fn logged<'a, T: 'a>(
    db: &'a Db,
    deeds: impl IntoIterator<Item = Deed> + 'a,
    work: impl Future<Output = anyhow::Result<T>> + 'a,
    count: impl FnOnce(&T) -> u64 + 'a,
) -> Pin<Box<dyn Future<Output = anyhow::Result<T>> + 'a>> {
    Box::pin(async move {
        let mut ids = Vec::new();
        for deed in deeds {
            ids.push(begin(db, deed).await?);
        }
        let done = work.await;
        let outcome = match &done {
            Ok(done) => Outcome::of(End::Finished, count(done)),
            Err(_) => Outcome::of(End::Failed, 0),
        };
        let mut logged = Ok(());
        for id in ids {
            logged = logged.and(db.insert_outcome(id, outcome, clock::utc()).await);
        }
        let done = done?;
        logged.context("it is done, but the access log does not say so")?;
        Ok(done)
    })
}

/// The entry of what a command is about to do.
pub(super) fn entry(deed: Deed) -> Access {
    let (id, by) = (Uuid::new_v4(), Actor::System(SystemTask::CommandLine));
    Access { id, at: clock::utc(), by, session: None, client: None, deed }
}

async fn begin(db: &Db, deed: Deed) -> anyhow::Result<Uuid> {
    let access = entry(deed);
    let id = access.id;
    db.insert_access(access).await.context("nothing was done, because the access log cannot be written")?;
    Ok(id)
}
