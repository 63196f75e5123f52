//! A file that a browser sends, stored sealed piece by piece while it comes in; never whole in memory.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use multer::{Constraints, Field, Multipart, SizeLimit};
use poem::http::header;
use poem::{FromRequest, Request, RequestBody};
use tokio::time::timeout;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::limits::BodyLimit;
use super::{AppState, Error};
use crate::db::{NewImport, PIECE_BYTES};
use crate::order::JobId;
use crate::transfer::import::file_name_of;

/// For the next bytes of a file to come.
const NEXT_BYTES: Duration = Duration::from_mins(1);
/// Bytes of a field that is no file.
const MAX_FIELD: u64 = 100;

/// A form with a file, of which nothing is read yet.
pub struct UploadForm(Multipart<'static>);

impl<'a> FromRequest<'a> for UploadForm {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let limit = request.data().cloned().unwrap_or_else(|| BodyLimit::new(0));
        let boundary =
            request.header(header::CONTENT_TYPE).and_then(|kind| multer::parse_boundary(kind).ok());
        let boundary = boundary.ok_or(Error::UnsupportedMediaType)?;
        let sizes = SizeLimit::new().whole_stream(limit.bytes() as u64).for_field("form", MAX_FIELD);
        let constraints = Constraints::new().size_limit(sizes);
        let stream = body.take()?.into_bytes_stream();
        Ok(Self(Multipart::with_constraints(stream, boundary, constraints)))
    }
}

/// What came of a form with a file.
pub enum Received {
    /// The file is there.
    File(JobId),
    /// Neither a file nor a row.
    Nothing,
    /// A file and rows besides.
    Both,
}

impl UploadForm {
    /// Stores what comes in. The import is gone again where it does not come whole.
    pub async fn receive(mut self, state: &Arc<AppState>, new: NewImport) -> Result<Received, Error> {
        let (mut form, mut stored) = (None, None);
        while let Some(field) = self.next().await? {
            match field.name() {
                Some("form") => form = Uuid::parse_str(&text(field).await?).ok(),
                Some("file" | "text") => {
                    if let Some(known) = known(state, form).await? {
                        drain(field).await?;
                        drain_all(&mut self).await?;
                        return Ok(Received::File(known));
                    }
                    let Some(file) = store(state, &new, field).await? else { continue };
                    if stored.replace(file).is_some() {
                        return Ok(Received::Both);
                    }
                }
                _ => return Err(Error::BadRequest("it has a field that no such form has")),
            }
        }
        let Some(file) = stored else { return Ok(Received::Nothing) };
        let form = form.ok_or(Error::BadRequest("it does not say which form it is"))?;
        file.finish(form).await
    }

    async fn next(&mut self) -> Result<Option<Field<'static>>, Error> {
        let field = timeout(NEXT_BYTES, self.0.next_field()).await.map_err(|_| Error::SlowBody)?;
        field.map_err(|error| refused(&error))
    }
}

/// The import whose file a form has brought before.
async fn known(state: &AppState, form: Option<Uuid>) -> Result<Option<JobId>, Error> {
    match form {
        Some(form) => Ok(state.db.find_uploaded(form).await?),
        None => Err(Error::BadRequest("it does not say which form it is")),
    }
}

async fn text(field: Field<'static>) -> Result<String, Error> {
    let text = timeout(NEXT_BYTES, field.text()).await.map_err(|_| Error::SlowBody)?;
    text.map_err(|error| refused(&error))
}

async fn chunk(field: &mut Field<'static>) -> Result<Option<Bytes>, Error> {
    let chunk = timeout(NEXT_BYTES, field.chunk()).await.map_err(|_| Error::SlowBody)?;
    chunk.map_err(|error| refused(&error))
}

async fn drain(mut field: Field<'static>) -> Result<(), Error> {
    while chunk(&mut field).await?.is_some() {}
    Ok(())
}

async fn drain_all(form: &mut UploadForm) -> Result<(), Error> {
    while let Some(field) = form.next().await? {
        drain(field).await?;
    }
    Ok(())
}

fn refused(error: &multer::Error) -> Error {
    match error {
        multer::Error::StreamSizeExceeded { .. } => Error::FileTooLarge,
        multer::Error::FieldSizeExceeded { .. } => Error::BadRequest("a field of it is too long"),
        _ => Error::BadRequest("its body broke off, or is no form with a file"),
    }
}

/// Stores what a field has; none where it has nothing.
async fn store(
    state: &Arc<AppState>,
    new: &NewImport,
    mut field: Field<'static>,
) -> Result<Option<StoredUpload>, Error> {
    let file_name = name_of(&field);
    let mut stored: Option<StoredUpload> = None;
    let mut piece = Zeroizing::new(Vec::with_capacity(PIECE_BYTES));
    while let Some(bytes) = chunk(&mut field).await? {
        let mut bytes = &bytes[..];
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE_BYTES - piece.len()));
            piece.extend_from_slice(now);
            bytes = later;
            if piece.len() == PIECE_BYTES {
                begun(state, new, &file_name, &mut stored).await?.add(&mut piece).await?;
            }
        }
    }
    if !piece.is_empty() {
        begun(state, new, &file_name, &mut stored).await?.add(&mut piece).await?;
    }
    Ok(stored)
}

async fn begun<'a>(
    state: &Arc<AppState>,
    new: &NewImport,
    file_name: &str,
    stored: &'a mut Option<StoredUpload>,
) -> Result<&'a mut StoredUpload, Error> {
    if stored.is_none() {
        let new = NewImport { file_name: file_name.to_owned(), ..new.clone() };
        let import = state.db.begin_upload(new).await?;
        *stored = Some(StoredUpload { state: Arc::clone(state), import: Some(import), pieces: 0, bytes: 0 });
    }
    stored.as_mut().ok_or_else(|| Error::Internal("a file is begun, and is not".to_owned()))
}

/// A file's last name, without what may be a card number.
fn name_of(field: &Field<'_>) -> String {
    file_name_of(field.file_name().unwrap_or("Pasted rows")).unwrap_or_else(|| "A file".to_owned())
}

/// A file that comes in. Dropped before it is whole, nothing of it stays.
struct StoredUpload {
    state: Arc<AppState>,
    import: Option<JobId>,
    pieces: i32,
    bytes: u64,
}

impl StoredUpload {
    async fn add(&mut self, piece: &mut Zeroizing<Vec<u8>>) -> Result<(), Error> {
        let import = self.import.ok_or(Error::NotFound)?;
        self.state.db.add_piece(import, self.pieces, piece).await?;
        self.pieces += 1;
        self.bytes += piece.len() as u64;
        piece.clear();
        Ok(())
    }

    async fn finish(mut self, form: Uuid) -> Result<Received, Error> {
        use crate::db::Uploaded;
        let import = self.import.ok_or(Error::NotFound)?;
        let size = (self.bytes, self.pieces);
        match self.state.db.finish_upload(import, form, size, self.state.clock.utc()).await? {
            Uploaded::Done => {
                self.import = None;
                Ok(Received::File(import))
            }
            Uploaded::Known(known) => Ok(Received::File(known)),
            Uploaded::Gone => Err(Error::NotFound),
        }
    }
}

impl Drop for StoredUpload {
    fn drop(&mut self) {
        let Some(import) = self.import.take() else { return };
        let state = Arc::clone(&self.state);
        tokio::spawn(async move {
            if let Err(error) = state.db.discard_import(import, state.clock.utc()).await {
                // Whatever erases files that were kept for long enough comes by.
                tracing::warn!(%error, %import, "a file that did not come whole could not be erased");
            }
        });
    }
}
