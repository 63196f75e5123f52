//! What a job is called where it did something to an order.

use serde::Serialize;

use super::text::{import_url, job_url};
use crate::order::JobId;

/// The files of imports, by the numbers of their jobs.
#[derive(Debug, Default)]
pub struct ImportNames(Vec<(JobId, String)>);

impl ImportNames {
    pub fn new(names: Vec<(JobId, String)>) -> Self {
        Self(names)
    }

    pub(super) fn of(&self, job: JobId) -> JobName {
        let file = self.0.iter().find(|(id, _)| *id == job).map(|(_, file)| file.clone());
        match file {
            Some(file) => JobName {
                url: import_url(job, ""),
                name: format!("import #{job}"),
                of: format!(" of {file}"),
            },
            None => JobName { url: job_url(job, ""), name: format!("action #{job}"), of: String::new() },
        }
    }
}

/// `action #3`, or `import #12 of orders.csv`.
#[derive(Serialize)]
pub(super) struct JobName {
    url: String,
    name: String,
    /// Behind its name.
    of: String,
}
