//! A file that is stored in sealed pieces, as something that is read and sought in.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use tokio::runtime::Handle;
use zeroize::Zeroizing;

use crate::db::{Db, DbError, Import, PIECE_BYTES};
use crate::order::JobId;

/// Opened piece by piece; one is in memory. Only on threads that may block.
pub struct StoredFile {
    db: Arc<Db>,
    runtime: Handle,
    import: JobId,
    bytes: u64,
    at: u64,
    piece: Option<(i32, Zeroizing<Vec<u8>>)>,
}

impl StoredFile {
    /// The file of an import.
    pub fn of(db: &Arc<Db>, runtime: &Handle, import: &Import) -> Self {
        Self {
            db: Arc::clone(db),
            runtime: runtime.clone(),
            import: import.job.id,
            bytes: import.bytes,
            at: 0,
            piece: None,
        }
    }

    /// The piece of a place, and where in it that is.
    fn piece_at(&mut self, at: u64) -> io::Result<(&[u8], usize)> {
        let size = PIECE_BYTES as u64;
        let nth = i32::try_from(at / size).map_err(io::Error::other)?;
        if self.piece.as_ref().is_none_or(|(one, _)| *one != nth) {
            let opened =
                self.runtime.block_on(self.db.open_piece(self.import, nth)).map_err(io::Error::other)?;
            let opened = opened.ok_or_else(|| io::Error::other("the file is not kept any more"))?;
            self.piece = Some((nth, opened));
        }
        let place = usize::try_from(at % size).unwrap_or(0);
        Ok((self.piece.as_ref().map_or(&[], |(_, bytes)| bytes.as_slice()), place))
    }
}

impl Read for StoredFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.bytes {
            return Ok(0);
        }
        let (piece, place) = self.piece_at(self.at)?;
        let from = piece.get(place..).unwrap_or_default();
        if from.is_empty() {
            return Err(io::Error::other("a piece of the file is too short"));
        }
        let count = from.len().min(into.len());
        into.iter_mut().zip(from).for_each(|(to, byte)| *to = *byte);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for StoredFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(behind) => self.bytes.checked_add_signed(behind),
            SeekFrom::Current(on) => self.at.checked_add_signed(on),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// What the database said, where reading a file failed for that.
pub fn database_error(error: &io::Error) -> Option<DbError> {
    error.get_ref().and_then(|cause| cause.downcast_ref::<DbError>()).cloned()
}
