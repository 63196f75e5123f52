//! Imports: a file is brought, looked at, changed, run, followed, stopped and undone.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use poem::http::{HeaderMap, StatusCode, Uri, header};
use poem::web::{Data, Path};
use poem::{Response, handler};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::{Import, InsertJob, JobState, NewImport};
use crate::http::accept::wants_json;
use crate::http::address::Query;
use crate::http::client::ClientAddress;
use crate::http::disposition::attachment;
use crate::http::export_stream::written;
use crate::http::form::Form;
use crate::http::mapping_form::{Typed, typed};
use crate::http::respond::{go_to, html, problem};
use crate::http::upload::{Received, UploadForm};
use crate::http::{AppState, Error};
use crate::jobs::write_wrong_rows;
use crate::order::{BulkAction, JobId, ListQuery};
use crate::transfer::import::{FileReading, Mapping};
use crate::transfer::{FileFormat, ImportPreview};
use crate::view::{
    ErrorPage, IMPORTS_URL, ImportPage, ImportPreviewPage, Imports, ImportsPage, NewImportPage, import_url,
    job_url,
};

/// Imports on a page of all.
const ROWS: usize = 50;
/// For a small file to be looked at before its page is shown.
const PATIENCE: Duration = Duration::from_secs(2);
const GLANCE: Duration = Duration::from_millis(25);

/// All imports, newest first.
#[handler]
pub async fn index(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    let before = Query::of(uri).first("before").and_then(JobId::parse);
    let found = state.db.list_imports(before, i64::try_from(ROWS + 1).unwrap_or(i64::MAX)).await?;
    if found.is_empty() && before.is_some() {
        return Ok(go_to(StatusCode::FOUND, IMPORTS_URL));
    }
    let some = found.get(..ROWS).unwrap_or(&found);
    let imports = Imports { some, has_newer: before.is_some(), has_older: found.len() > ROWS };
    html(state, StatusCode::OK, &ImportsPage::new(&imports))
}

/// The form that brings a file.
#[handler]
pub fn new(Data(state): Data<&Arc<AppState>>) -> Result<Response, Error> {
    html(state, StatusCode::OK, &NewImportPage::new(Uuid::new_v4(), state.policy.import_keep_days))
}

/// Takes a file in.
#[handler]
pub async fn create(
    Data(state): Data<&Arc<AppState>>,
    principal: Principal,
    client: ClientAddress,
    headers: &HeaderMap,
    form: UploadForm,
) -> Result<Response, Error> {
    let brought = NewImport {
        file_name: String::new(),
        by: principal.actor(),
        client: client.ip,
        at: state.clock.utc(),
    };
    let sentence = match form.receive(state, brought).await? {
        Received::File(import) => {
            wait(state, import).await?;
            return Ok(go_to(StatusCode::SEE_OTHER, &import_url(import, "")));
        }
        Received::Nothing => "Choose a file, or paste rows.",
        Received::Both => "Choose a file or paste rows, not both.",
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if wants_json(headers) {
        return Ok(problem(status, "Nothing was imported", sentence, &serde_json::Value::Null));
    }
    let page = NewImportPage::new(Uuid::new_v4(), state.policy.import_keep_days);
    html(state, status, &page.with_problem(sentence))
}

/// Until a file has been looked at, or its page can as well say that it is.
async fn wait(state: &AppState, import: JobId) -> Result<(), Error> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let found = state.db.find_import(import).await?;
        if found.is_none_or(|found| found.job.state != JobState::Running) {
            break;
        }
        sleep(GLANCE).await;
    }
    Ok(())
}

/// What an import would do, or what came of it.
#[handler]
pub async fn show(Data(state): Data<&Arc<AppState>>, Path(id): Path<String>) -> Result<Response, Error> {
    let import = find(state, &id).await?;
    if import.job.state == JobState::Asking {
        return html(state, StatusCode::OK, &preview_page(state, &import).await?);
    }
    let page = ImportPage::new(&import, state.clock.utc(), state.policy.import_keep_days);
    html(state, StatusCode::OK, &page)
}

async fn preview_page(state: &AppState, import: &Import) -> Result<ImportPreviewPage, Error> {
    let Asked { preview, reading, mapping } = Asked::of(import)?;
    let same_file = match &import.fingerprint {
        Some(fingerprint) => state.db.find_same_file(fingerprint.clone(), import.job.id).await?,
        None => None,
    };
    Ok(ImportPreviewPage::new(import, &preview, reading.as_ref(), &mapping, same_file))
}

/// What is stored of an import that asks.
struct Asked {
    preview: ImportPreview,
    reading: Option<FileReading>,
    mapping: Mapping,
}

impl Asked {
    fn of(import: &Import) -> Result<Self, Error> {
        let read = || -> serde_json::Result<Self> {
            Ok(Self {
                preview: import.survey.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default(),
                reading: import.reading.as_deref().map(serde_json::from_str).transpose()?,
                mapping: import.mapping.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default(),
            })
        };
        read()
            .map_err(|error| Error::Internal(format!("what is stored of an import cannot be read: {error}")))
    }
}

/// Takes over what somebody says of a file, and has it looked at once more.
#[handler]
pub async fn change(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    headers: &HeaderMap,
    mut form: Form,
) -> Result<Response, Error> {
    let import = find(state, &id).await?;
    let to_import = || go_to(StatusCode::SEE_OTHER, &import_url(import.job.id, ""));
    if import.job.state != JobState::Asking {
        return Ok(to_import());
    }
    let Asked { preview, reading, mapping } = Asked::of(&import)?;
    let seen = form.take("revision")?.and_then(|seen| seen.parse::<i32>().ok());
    let seen = seen.ok_or(Error::BadRequest("it does not say what was shown"))?;
    let sentence = match typed(&mut form, &preview, reading, mapping)? {
        Err(sentence) => sentence,
        Ok(Typed { reading, mapping }) => {
            let text = |error: serde_json::Error| Error::Internal(error.to_string());
            let reading = reading.as_ref().map(serde_json::to_string).transpose().map_err(text)?;
            let mapping = mapping.as_ref().map(serde_json::to_string).transpose().map_err(text)?;
            if state.db.change_import(import.job.id, seen, reading, mapping).await? {
                wait(state, import.job.id).await?;
                return Ok(to_import());
            }
            "Somebody has changed this import meanwhile. This is what it is now.".to_owned()
        }
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if wants_json(headers) {
        return Ok(problem(status, "Nothing was changed", &sentence, &serde_json::Value::Null));
    }
    let now = find(state, &id).await?;
    if now.job.state != JobState::Asking {
        return Ok(to_import());
    }
    html(state, status, &preview_page(state, &now).await?.with_problem(sentence))
}

/// Lets an import run that was looked at.
#[handler]
pub async fn start(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, Error> {
    let import = find(state, &id).await?;
    let seen = form.take("revision")?.and_then(|seen| seen.parse::<i32>().ok());
    let to_import = Ok(go_to(StatusCode::SEE_OTHER, &import_url(import.job.id, "")));
    let Asked { preview, mapping, .. } = Asked::of(&import)?;
    let can_run = preview.problem.is_none() && preview.has_work(&mapping) && mapping.missing().is_empty();
    // Whatever else was shown is shown once more.
    let (Some(seen), true, JobState::Asking) = (seen, can_run, import.job.state) else { return to_import };
    let columns = (preview.header_key, import.mapping.clone().unwrap_or_default());
    if state.db.start_import(import.job.id, seen, columns, state.clock.utc()).await? {
        wait(state, import.job.id).await?;
    }
    to_import
}

/// The rows that are wrong, as a file of the same format with the reasons.
#[handler]
pub async fn wrong(Data(state): Data<&Arc<AppState>>, Path(id): Path<String>) -> Result<Response, Error> {
    let import = find(state, &id).await?;
    let Asked { preview, reading, .. } = Asked::of(&import)?;
    let (Some(reading), true) = (reading, preview.wrong > 0 && import.erased_at.is_none()) else {
        return Err(Error::NotFound);
    };
    let format = reading.format;
    let place = state.exports.begin(format == FileFormat::Xlsx)?;
    let (db, clock, runtime) = (Arc::clone(&state.db), state.clock, Handle::current());
    let folder = state.policy.temporary_folder.clone();
    let body = written(place, move |out| {
        let done = write_wrong_rows((&db, clock, &runtime), &import, folder, out);
        done.map(|_| ()).map_err(io::Error::other)
    });
    let disposition = attachment("orders", Some("wrong rows"), state.clock.local().day(), format.name());
    Ok(Response::builder()
        .content_type(format.media_type())
        .header(header::CONTENT_DISPOSITION, disposition)
        .header(header::CACHE_CONTROL, "no-store")
        .body(body))
}

/// Stops an import: what is in stays, and nothing more comes in.
#[handler]
pub async fn stop(Data(state): Data<&Arc<AppState>>, Path(id): Path<String>) -> Result<Response, Error> {
    let import = find(state, &id).await?;
    if import.started_at.is_some() {
        state.db.cancel_job(import.job.id, state.clock.utc()).await?;
    }
    Ok(go_to(StatusCode::SEE_OTHER, &import_url(import.job.id, "")))
}

/// Throws a file away of which nothing was imported.
#[handler]
pub async fn discard(Data(state): Data<&Arc<AppState>>, Path(id): Path<String>) -> Result<Response, Error> {
    let import = find(state, &id).await?;
    if import.started_at.is_some() {
        return Ok(go_to(StatusCode::SEE_OTHER, &import_url(import.job.id, "")));
    }
    state.db.discard_import(import.job.id, state.clock.utc()).await?;
    Ok(go_to(StatusCode::SEE_OTHER, IMPORTS_URL))
}

/// Undoes an import: cancels what it has added, and puts back what it has changed, where nobody touched it since.
#[handler]
pub async fn undo(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    principal: Principal,
    client: ClientAddress,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let import = find(state, &id).await?;
    let job = &import.job;
    if let (None, Some(refusal)) = (import.undone_by, job.why_not_undone(state.clock.utc())) {
        return not_undone(state, headers, job.id, refusal);
    }
    let undo = InsertJob {
        work: Some(BulkAction::Undo(job.id).into()),
        state: JobState::Running,
        submission: format!("undo/{}", job.id),
        orders: job.changed,
        list: ListQuery::default(),
        by: principal.actor(),
        client: client.ip,
        at: state.clock.utc(),
        leased_until: None,
    };
    let undo = state.db.insert_job(undo, Vec::new()).await?.id();
    Ok(go_to(StatusCode::SEE_OTHER, &job_url(undo, "")))
}

fn not_undone(
    state: &AppState,
    headers: &HeaderMap,
    id: JobId,
    refusal: &'static str,
) -> Result<Response, Error> {
    let heading = format!("Import #{id} cannot be undone");
    if wants_json(headers) {
        return Ok(problem(StatusCode::CONFLICT, &heading, refusal, &serde_json::Value::Null));
    }
    let (url, link) = (import_url(id, ""), format!("Look at import #{id}"));
    let page = ErrorPage::new(StatusCode::CONFLICT.as_u16(), &heading, refusal, "Nothing was changed.", "")
        .leading_to([(&*url, &*link)]);
    html(state, StatusCode::CONFLICT, &page)
}

/// Who opens the address of a button finds the import.
#[handler]
pub async fn go_to_import(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let import = find(state, &id).await?;
    Ok(go_to(StatusCode::FOUND, &import_url(import.job.id, "")))
}

async fn find(state: &AppState, id: &str) -> Result<Import, Error> {
    let id = JobId::parse(id).ok_or(Error::NotFound)?;
    state.db.find_import(id).await?.ok_or(Error::NotFound)
}
