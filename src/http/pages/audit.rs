//! The access log: who did what at the desk.

use std::io;
use std::sync::Arc;

use futures_util::stream::try_unfold;
use hyper::body::Bytes;
use poem::http::{Method, StatusCode, Uri, header};
use poem::web::Data;
use poem::{Body, Response, handler};

use crate::db::AccessWalk;
use crate::http::access::{AccessLog, LoggedAccess};
use crate::http::address::Query;
use crate::http::disposition::log_attachment;
use crate::http::exports::ExportPlace;
use crate::http::respond::html;
use crate::http::{AppState, Error};
use crate::order::{
    AccessBy, AccessFilter, AccessKey, AccessState, Deed, DeedKind, End, ListQuery, Timestamp, Typed,
};
use crate::transfer::{AccessFile, FileFormat};
use crate::view::{Accesses, AskedAccesses, AuditPage, Mistake};

/// Entries of a page.
const ROWS: usize = 50;

/// Some entries, newest first: those of a person, a kind, an outcome, some days or an address, behind one that was shown.
#[handler]
pub async fn index(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    let query = Query::of(uri);
    let (asked, filter, mistakes) = asked(&query, state);
    let before = query.first("before").and_then(AccessKey::parse);
    let page = state.db.list_accesses(filter, before, ROWS).await?;
    let own = state.own_views.beside(&state.db, &ListQuery::default()).await.unwrap_or_default();
    let accesses = Accesses {
        page: &page,
        before,
        wanted: ROWS,
        clock: state.clock,
        own: &own,
        late_days: state.policy.late_days,
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    html(state, status, &AuditPage::new(&asked, mistakes, accesses))
}

/// All entries that fit, as comma-separated values.
#[handler]
pub async fn csv(
    Data(state): Data<&Arc<AppState>>,
    uri: &Uri,
    method: Method,
    log: AccessLog,
) -> Result<Response, Error> {
    export(state, (uri, &method), &log, FileFormat::Csv).await
}

/// All entries that fit, as lines of JSON.
#[handler]
pub async fn ndjson(
    Data(state): Data<&Arc<AppState>>,
    uri: &Uri,
    method: Method,
    log: AccessLog,
) -> Result<Response, Error> {
    export(state, (uri, &method), &log, FileFormat::Ndjson).await
}

async fn export(
    state: &Arc<AppState>,
    (uri, method): (&Uri, &Method),
    log: &AccessLog,
    format: FileFormat,
) -> Result<Response, Error> {
    let (asked, filter, mistakes) = asked(&Query::of(uri), state);
    // To leave out what makes no sense would hand out other entries than were asked for.
    if !mistakes.is_empty() {
        return Err(Error::BadRequest("the filter of the access log"));
    }
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        let place = state.exports.begin(false)?;
        let deed = Deed::LogExport { filter: asked.query(), format: format.name().to_owned() };
        let log = log.begin(deed).await?;
        match state.db.begin_access_walk(filter) {
            Ok(walk) => {
                body(Download { state: Arc::clone(state), walk, file: AccessFile::new(format), log, place })
            }
            Err(error) => {
                log.end(End::Failed).await;
                return Err(error.into());
            }
        }
    };
    let disposition = log_attachment(state.clock.local().day(), format.name());
    Ok(Response::builder()
        .content_type(format.media_type())
        .header(header::CONTENT_DISPOSITION, disposition)
        .header(header::CACHE_CONTROL, "no-store")
        .body(body))
}

/// A file of entries that is being taken.
struct Download {
    state: Arc<AppState>,
    walk: AccessWalk,
    file: AccessFile,
    log: LoggedAccess,
    place: ExportPlace,
}

/// What comes next is read when the client has taken what came before.
fn body(download: Download) -> Body {
    let head = Bytes::from(download.file.head());
    Body::from_bytes_stream(try_unfold((Some(head), Some(download)), async |(head, download)| {
        match (head, download) {
            (Some(head), download) if !head.is_empty() => Ok::<_, io::Error>(Some((head, (None, download)))),
            (_, Some(download)) => {
                Ok(download.next().await?.map(|(bytes, download)| (bytes, (None, download))))
            }
            (_, None) => Ok(None),
        }
    }))
}

impl Download {
    /// The next bytes, and what comes behind them; nothing after the last.
    async fn next(mut self) -> io::Result<Option<(Bytes, Option<Self>)>> {
        loop {
            match self.state.db.walk_accesses(&mut self.walk).await {
                Ok(Some(entries)) if entries.is_empty() => {}
                Ok(Some(entries)) => {
                    let bytes = self.file.write(&entries);
                    self.log.count = self.file.entries();
                    return Ok(Some((bytes.into(), Some(self))));
                }
                Ok(None) => {
                    let Self { log, place, .. } = self;
                    drop(place);
                    log.end(End::Finished).await;
                    return Ok(None);
                }
                Err(error) => {
                    tracing::error!(%error, "an export of the access log broke off");
                    self.log.end(End::Failed).await;
                    return Err(io::Error::other("the export broke off"));
                }
            }
        }
    }
}

/// What a URL asks for, the filter of that, and what of it is not understood and left out.
fn asked(query: &Query, state: &AppState) -> (AskedAccesses, AccessFilter, Vec<Mistake>) {
    let text = |name| query.first(name).unwrap_or_default().trim().to_owned();
    let asked = AskedAccesses {
        by: text("by"),
        deed: text("deed"),
        outcome: text("outcome"),
        from: text("from"),
        to: text("to"),
        client: text("client"),
    };
    let (filter, mistakes) = understood(&asked, state);
    (asked, filter, mistakes)
}

fn understood(asked: &AskedAccesses, state: &AppState) -> (AccessFilter, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let mut wrong = |field, message: &str| mistakes.push(Mistake { field, message: message.to_owned() });
    let filter = AccessFilter {
        by: read(&asked.by, AccessBy::typed, || {
            wrong("by", "Person must be a name, like anna, or a number, like #7");
        }),
        kind: read(&asked.deed, DeedKind::stored, || wrong("deed", "What was done must be one of the list")),
        state: read(
            &asked.outcome,
            |text| AccessState::all().find(|state| state.word() == text),
            || wrong("outcome", "How it ended must be one of the list"),
        ),
        client: read(
            &asked.client,
            |text| text.parse().ok(),
            || wrong("client", "Address must be one like 192.0.2.7 or 2001:db8::7"),
        ),
        span: None,
    };
    let mut day = |field, label: &str, text: &str| match Typed::parse(text, state.clock.now()) {
        _ if text.is_empty() => None,
        Ok(typed) => Some(state.clock.span_of(typed.day)),
        Err(error) => {
            mistakes.push(Mistake { field, message: format!("{label} {error}") });
            None
        }
    };
    let (from, to) = (day("from", "From", &asked.from), day("to", "To", &asked.to));
    if let (Some((from, _)), Some((_, until))) = (from, to)
        && from >= until
    {
        mistakes.push(Mistake {
            field: "to",
            message: "To must be the same day as From, or after it".to_owned(),
        });
    }
    let span = (from.is_some() || to.is_some()).then(|| {
        (from.map_or(Timestamp::EARLIEST, |(from, _)| from), to.map_or(Timestamp::LATEST, |(_, until)| until))
    });
    (AccessFilter { span, ..filter }, mistakes)
}

/// Reads a text, if there is one.
fn read<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>, wrong: impl FnOnce()) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    let read = parse(text);
    if read.is_none() {
        wrong();
    }
    read
}
