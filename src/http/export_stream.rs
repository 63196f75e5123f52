//! Files of orders as bodies of answers: what comes next is read when the client has taken what came before.
//!
//! A client that hangs up drops the body, and with it the walk through the list, which ends after the slice that is under
//! way.

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
use crate::db::{DbError, OrderWalk};
use crate::order::{End, ListQuery};
use crate::transfer::{SheetError, TextFile, TextFormat, Workbook};

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

/// A file of text that is being taken.
struct TextDownload {
    state: Arc<AppState>,
    walk: OrderWalk,
    file: TextFile,
    log: LoggedAccess,
    /// What was read before there was an answer.
    first: Option<Vec<u8>>,
    place: ExportPlace,
}

/// The body of a file of text. An error, where not even its first orders can be read.
pub async fn text(
    state: &Arc<AppState>,
    list: &ListQuery,
    format: TextFormat,
    mut log: LoggedAccess,
    place: ExportPlace,
) -> Result<Body, Error> {
    let now = state.clock.local();
    let mut file = TextFile::new(format, now);
    let begun = async {
        let mut walk = state.db.begin_walk(list, now).await?;
        let orders = state.db.walk_on(&mut walk).await?.unwrap_or_default();
        Ok::<_, DbError>((walk, orders))
    };
    let (walk, orders) = match begun.await {
        Ok(begun) => begun,
        Err(error) => {
            log.end(End::Failed).await;
            return Err(error.into());
        }
    };
    let first = Some([file.head(), file.write(&orders)].concat());
    log.count = file.orders();
    let download = TextDownload { state: Arc::clone(state), walk, file, log, first, place };
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
            match self.state.db.walk_on(&mut self.walk).await {
                Ok(Some(orders)) if orders.is_empty() => {}
                Ok(Some(orders)) => {
                    let bytes = self.file.write(&orders);
                    self.log.count = self.file.orders();
                    return Ok(Some((bytes.into(), Some(self))));
                }
                Ok(None) => {
                    let Self { file, log, place, .. } = self;
                    drop(place);
                    log.end(End::Finished).await;
                    return Ok(Some((Bytes::from_static(file.end()), None)));
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
    list: &ListQuery,
    mut log: LoggedAccess,
    place: ExportPlace,
) -> Result<Result<Body, NoWorkbook>, Error> {
    let book = match fill(state, list, &mut log).await {
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

/// Puts all orders of a list into a workbook.
async fn fill(
    state: &Arc<AppState>,
    list: &ListQuery,
    log: &mut LoggedAccess,
) -> Result<Result<Workbook, NoWorkbook>, DbError> {
    let (now, folder) = (state.clock.local(), state.policy.temporary_folder.clone());
    let mut walk = state.db.begin_walk(list, now).await?;
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
