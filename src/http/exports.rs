//! How many files of orders are made at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;

/// Files at once. Each takes a place among the long reads, and a megabyte or two.
const MOST: usize = 4;
/// Workbooks among them. Each may have a gigabyte of temporary files, for which the pods have room
/// (`kustomize/base/deployment.yaml`).
const MOST_WORKBOOKS: usize = 2;

/// The places for files that are being made.
#[derive(Debug)]
pub struct Exports {
    files: Arc<Semaphore>,
    workbooks: Arc<Semaphore>,
}

/// The place of a file, free again when it is dropped.
#[derive(Debug)]
pub struct ExportPlace {
    _file: OwnedSemaphorePermit,
    _workbook: Option<OwnedSemaphorePermit>,
}

impl Default for Exports {
    fn default() -> Self {
        Self { files: Arc::new(Semaphore::new(MOST)), workbooks: Arc::new(Semaphore::new(MOST_WORKBOOKS)) }
    }
}

impl Exports {
    /// A place for one more file, if there is one.
    pub fn begin(&self, is_workbook: bool) -> Result<ExportPlace, Error> {
        let take = |places: &Arc<Semaphore>| {
            Arc::clone(places).try_acquire_owned().map_err(|_| Error::TooManyExports)
        };
        let file = take(&self.files)?;
        let workbook = is_workbook.then(|| take(&self.workbooks)).transpose()?;
        Ok(ExportPlace { _file: file, _workbook: workbook })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_left_is_free_and_one_that_was_refused_takes_none() {
        let exports = Exports::default();
        let books: Vec<_> = (0..MOST_WORKBOOKS).map(|_| exports.begin(true).unwrap()).collect();
        for _ in 0..MOST {
            assert!(matches!(exports.begin(true), Err(Error::TooManyExports)));
        }
        let files: Vec<_> = (MOST_WORKBOOKS..MOST).map(|_| exports.begin(false).unwrap()).collect();
        assert!(matches!(exports.begin(false), Err(Error::TooManyExports)));
        drop(files);
        drop(exports.begin(false).unwrap());
        drop(books);
        drop(exports.begin(true).unwrap());
    }
}
