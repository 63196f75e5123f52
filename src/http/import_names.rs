//! What the imports are called that did something to orders.

use std::collections::BTreeSet;

use super::{AppState, Error};
use crate::order::JobId;
use crate::view::ImportNames;

/// The files of those jobs that are imports.
pub async fn import_names(state: &AppState, jobs: impl Iterator<Item = JobId>) -> Result<ImportNames, Error> {
    let jobs: BTreeSet<JobId> = jobs.collect();
    if jobs.is_empty() {
        return Ok(ImportNames::default());
    }
    Ok(ImportNames::new(state.db.list_import_names(jobs.into_iter().collect()).await?))
}
