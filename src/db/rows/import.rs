//! Imports and the pieces of their files, as Diesel reads and writes them.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;

use crate::db::DbError;
use crate::db::import::{Import, RowCounts};
use crate::db::rows::JobRow;
use crate::db::schema::{import_pieces, imports};
use crate::order::{JobId, Timestamp};

/// An import as it is stored, beside its job.
#[derive(Queryable, Selectable)]
#[diesel(table_name = imports, check_for_backend(Sqlite, Mssql))]
pub struct ImportRow {
    file_name: String,
    bytes: i64,
    pieces: i32,
    fingerprint: Option<String>,
    reading: Option<String>,
    mapping: Option<String>,
    revision: i32,
    survey: Option<String>,
    resume_at: Option<String>,
    counts: String,
    uploaded_at: Timestamp,
    started_at: Option<Timestamp>,
    erased_at: Option<Timestamp>,
}

impl ImportRow {
    /// None if the database has numbered it in a way that it never does.
    pub fn into_import(self, job: JobRow, undone_by: Option<JobId>) -> Option<Import> {
        let position = u64::from(job.position.unsigned_abs());
        Some(Import {
            position,
            job: job.into_job()?,
            undone_by,
            counts: RowCounts::parse(&self.counts),
            file_name: self.file_name,
            bytes: self.bytes.unsigned_abs(),
            pieces: self.pieces,
            fingerprint: self.fingerprint,
            reading: self.reading,
            mapping: self.mapping,
            revision: self.revision,
            survey: self.survey,
            resume: self.resume_at,
            uploaded_at: self.uploaded_at,
            started_at: self.started_at,
            erased_at: self.erased_at,
        })
    }
}

/// The row of a file that begins to come in.
#[derive(Insertable)]
#[diesel(table_name = imports)]
pub struct NewImportRow {
    pub id: i64,
    pub file_name: String,
    pub bytes: i64,
    pub pieces: i32,
    pub revision: i32,
    pub counts: String,
    pub uploaded_at: Timestamp,
}

/// A piece of a file, sealed.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = import_pieces, check_for_backend(Sqlite, Mssql))]
pub struct PieceRow {
    pub import_id: i64,
    pub nth: i32,
    pub seal_key: i16,
    pub sealed: Vec<u8>,
}

impl PieceRow {
    /// The import that it belongs to.
    pub fn import(&self) -> Result<JobId, DbError> {
        JobId::new(self.import_id).ok_or_else(|| DbError::Internal("a piece is of no import".to_owned()))
    }
}
