//! Files of orders as bodies of answers: what comes next is read when the client has taken what came before.
//!
//! A client that hangs up drops the body, and with it the walk through the list, which ends after the slice that is under
//! way.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use futures_util::stream::try_unfold;
use hyper::body::Bytes;
use poem::Body;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::access::LoggedAccess;
use super::exports::ExportPlace;
use super::{AppState, Error};
use crate::db::{ChangeWalk, Db, DbError, OrderWalk};
use crate::order::{ChangeFilter, End, JobId, ListQuery};
use crate::transfer::{ChangeFile, ChangeFormat, SheetError, TextFile, TextFormat, Workbook};

/// Jobs that one statement asks about: SQL Server takes 2,100 values.
const JOBS_AT_ONCE: usize = 500;
/// Bytes of a workbook that are handed on at a time.
const CHUNK: usize = 64 * 1024;
/// Such chunks that wait for the client to take them.
const CHUNKS: usize = 2;

/// Why there is no workbook.
#[derive(Debug)]
pub enum NoWorkbook {
    Refused(SheetError),
    /// What writes it gives up without a word where its temporary file has no room.
    BrokeOff,
}

/// Which orders are taken out.
#[derive(Debug, Clone)]
pub enum Taken {
    /// All of a list.
    List(ListQuery),
    /// Those that were noted for an action.
    Noted(JobId),
}

impl Taken {
    async fn walk(&self, state: &AppState) -> Result<OrderWalk, DbError> {
        match self {
            Self::List(list) => state.db.begin_walk(list, state.clock.local()).await,
            Self::Noted(job) => state.db.begin_walk_of_job(*job),
        }
    }
}

/// What a file of text has in it, and how far that is written.
pub enum TextExport {
    Orders(OrderWalk, TextFile),
    Changes(ChangeWalk, ChangeFile),
}

impl TextExport {
    pub async fn of_orders(state: &AppState, taken: &Taken, format: TextFormat) -> Result<Self, DbError> {
        let file = TextFile::new(format, state.clock.local());
        Ok(Self::Orders(taken.walk(state).await?, file))
    }

    pub fn of_changes(state: &AppState, filter: ChangeFilter, format: ChangeFormat) -> Result<Self, DbError> {
        Ok(Self::Changes(state.db.begin_change_walk(filter)?, ChangeFile::new(format)))
    }

    fn head(&self) -> Vec<u8> {
        match self {
            Self::Orders(_, file) => file.head(),
            Self::Changes(_, file) => file.head(),
        }
    }

    /// The next bytes, which may be none yet; nothing after the last.
    async fn next(&mut self, db: &Db) -> Result<Option<Vec<u8>>, DbError> {
        Ok(match self {
            Self::Orders(walk, file) => db.walk_on(walk).await?.map(|orders| file.write(&orders)),
            Self::Changes(walk, file) => match db.change_walk_on(walk).await? {
                Some(events) => {
                    let jobs: BTreeSet<JobId> = events.iter().filter_map(|(_, event)| event.job).collect();
                    Some(file.write(&events, &imports_among(db, jobs).await?))
                }
                None => None,
            },
        })
    }

    /// How many orders or events were written so far.
    fn written(&self) -> u64 {
        match self {
            Self::Orders(_, file) => file.orders(),
            Self::Changes(_, file) => file.events(),
        }
    }

    fn end(&self) -> &'static [u8] {
        match self {
            Self::Orders(_, file) => file.end(),
            Self::Changes(..) => b"",
        }
    }
}

/// Which jobs are imports.
async fn imports_among(db: &Db, jobs: BTreeSet<JobId>) -> Result<BTreeSet<JobId>, DbError> {
    let (jobs, mut imports) = (Vec::from_iter(jobs), BTreeSet::new());
    for some in jobs.chunks(JOBS_AT_ONCE) {
        imports.extend(db.list_import_names(some.to_vec()).await?.into_iter().map(|(id, _)| id));
    }
    Ok(imports)
}

/// A file of text that is being taken.
struct TextDownload {
    state: Arc<AppState>,
    export: TextExport,
    log: LoggedAccess,
    /// What was read before there was an answer.
    first: Option<Vec<u8>>,
    place: ExportPlace,
}

/// The body of a file of text. An error, where not even its first part can be read.
pub async fn text(
    state: &Arc<AppState>,
    export: impl Future<Output = Result<TextExport, DbError>>,
    mut log: LoggedAccess,
    place: ExportPlace,
) -> Result<Body, Error> {
    let begun = async {
        let mut export = export.await?;
        let mut first = export.head();
        first.extend(export.next(&state.db).await?.unwrap_or_default());
        Ok::<_, DbError>((export, first))
    };
    let (export, first) = match begun.await {
        Ok(begun) => begun,
        Err(error) => {
            log.end(End::Failed).await;
            return Err(error.into());
        }
    };
    log.count = export.written();
    let download = TextDownload { state: Arc::clone(state), export, log, first: Some(first), place };
    Ok(Body::from_bytes_stream(try_unfold(Some(download), async |download| match download {
        Some(download) => download.next().await,
        None => Ok(None),
    })))
}

impl TextDownload {
    /// The next bytes, and what comes behind them; nothing after the last.
    async fn next(mut self) -> io::Result<Option<(Bytes, Option<Self>)>> {
        if let Some(first) = self.first.take() {
            return Ok(Some((first.into(), Some(self))));
        }
        loop {
            match self.export.next(&self.state.db).await {
                Ok(Some(bytes)) if bytes.is_empty() => {}
                Ok(Some(bytes)) => {
                    self.log.count = self.export.written();
                    return Ok(Some((bytes.into(), Some(self))));
                }
                Ok(None) => {
                    let Self { export, log, place, .. } = self;
                    drop(place);
                    log.end(End::Finished).await;
                    return Ok(Some((Bytes::from_static(export.end()), None)));
                }
                Err(error) => {
                    tracing::error!(%error, "an export broke off");
                    self.log.end(End::Failed).await;
                    return Err(io::Error::other("the export broke off"));
                }
            }
        }
    }
}

/// The body of a workbook, all of whose orders were read; or why there is none.
pub async fn workbook(
    state: &Arc<AppState>,
    taken: &Taken,
    mut log: LoggedAccess,
    place: ExportPlace,
) -> Result<Result<Body, NoWorkbook>, Error> {
    let book = match fill(state, taken, &mut log).await {
        Ok(Ok(book)) => book,
        Ok(Err(why)) => {
            tracing::warn!(?why, "there is no workbook");
            log.end(End::Failed).await;
            return Ok(Err(why));
        }
        Err(error) => {
            log.end(End::Failed).await;
            return Err(error.into());
        }
    };
    let (sender, chunks) = mpsc::channel(CHUNKS);
    let writing = spawn_blocking(move || {
        let mut file = Chunks { sender, chunk: Vec::with_capacity(CHUNK) };
        book.finish(&mut file)?;
        file.flush().map_err(|error| SheetError::Unwritten(error.to_string()))
    });
    let download = WorkbookDownload { chunks, writing, log, place };
    Ok(Ok(Body::from_bytes_stream(try_unfold(Some(download), async |download| match download {
        Some(download) => download.next().await,
        None => Ok(None),
    }))))
}

/// Puts all orders into a workbook.
async fn fill(
    state: &Arc<AppState>,
    taken: &Taken,
    log: &mut LoggedAccess,
) -> Result<Result<Workbook, NoWorkbook>, DbError> {
    let (now, folder) = (state.clock.local(), state.policy.temporary_folder.clone());
    let mut walk = taken.walk(state).await?;
    let mut book = beside(move || Workbook::create(folder.as_deref(), now)).await;
    while let Ok(mut begun) = book {
        let Some(orders) = state.db.walk_on(&mut walk).await? else { return Ok(Ok(begun)) };
        book = beside(move || begun.write(&orders).map(|()| begun)).await;
        log.count = book.as_ref().map_or(log.count, Workbook::orders);
    }
    Ok(book)
}

/// Runs what writes to a disk where no request waits for it.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SheetError> + Send + 'static,
) -> Result<T, NoWorkbook> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(NoWorkbook::Refused),
        Err(_panic) => Err(NoWorkbook::BrokeOff),
    }
}

/// A workbook that is being compressed and taken.
struct WorkbookDownload {
    chunks: mpsc::Receiver<Bytes>,
    writing: JoinHandle<Result<(), SheetError>>,
    log: LoggedAccess,
    place: ExportPlace,
}

impl WorkbookDownload {
    async fn next(mut self) -> io::Result<Option<(Bytes, Option<Self>)>> {
        if let Some(chunk) = self.chunks.recv().await {
            return Ok(Some((chunk, Some(self))));
        }
        let Self { writing, log, place, .. } = self;
        drop(place);
        match writing.await {
            Ok(Ok(())) => {
                log.end(End::Finished).await;
                Ok(None)
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "an export broke off");
                log.end(End::Failed).await;
                Err(io::Error::other("the export broke off"))
            }
            Err(_panic) => {
                log.end(End::Failed).await;
                Err(io::Error::other("the export broke off"))
            }
        }
    }
}

/// The body of a file that something writes on a thread that may block, while it is taken.
pub fn written<F>(place: ExportPlace, write: F) -> Body
where
    F: FnOnce(&mut Chunks) -> io::Result<()> + Send + 'static,
{
    let (sender, chunks) = mpsc::channel(CHUNKS);
    let writing = spawn_blocking(move || {
        let mut file = Chunks { sender, chunk: Vec::with_capacity(CHUNK) };
        write(&mut file).and_then(|()| file.flush())
    });
    let download = Some((chunks, writing, place));
    Body::from_bytes_stream(try_unfold(download, async |download| {
        let Some((mut chunks, writing, place)) = download else { return Ok(None) };
        if let Some(chunk) = chunks.recv().await {
            return Ok(Some((chunk, Some((chunks, writing, place)))));
        }
        match writing.await {
            Ok(Ok(())) => Ok(None),
            Ok(Err(error)) => {
                tracing::error!(%error, "a file broke off");
                Err(io::Error::other("the file broke off"))
            }
            Err(_panic) => Err(io::Error::other("the file broke off")),
        }
    }))
}

/// Hands on what is written to it, and fails once nobody takes it any more.
pub struct Chunks {
    sender: mpsc::Sender<Bytes>,
    chunk: Vec<u8>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        self.sender.blocking_send(chunk.into()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
