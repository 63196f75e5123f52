//! What happened to all orders, newest first: a page at a time, or all of it as a file.

use std::sync::Arc;

use poem::http::{StatusCode, Uri};
use poem::web::Data;
use poem::{Body, Response, handler};

use crate::http::access::LoggedAccess;
use crate::http::address::Query;
use crate::http::disposition::attachment;
use crate::http::export_request::{Asked, csv_style, file, is_of_values, unknown_parameter};
use crate::http::export_stream::{TextExport, text};
use crate::http::import_names::import_names;
use crate::http::respond::html;
use crate::http::{AppState, Error};
use crate::order::{Actor, ChangeFilter, ChangeKey, Deed, EventKind, JobId, Now, OrderNumber, Typed};
use crate::transfer::{ChangeFormat, CsvStyle, FileFormat};
use crate::view::{AskedChanges, BEFORE, ChangesPage, Mistake};

/// Events of a page.
const ROWS: usize = 50;

/// Some events: those of a person, a kind, a day, an order or an action, behind an event that was shown.
///
/// It is no feed to go on reading from: an event that is committed late stands where its time belongs, perhaps among
/// those that were read.
#[handler]
pub async fn index(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    let query = Query::of(uri);
    let asked = asked(&query);
    let Understood { filter, mistakes, .. } = understood(&asked, state);
    let before = query.first(BEFORE).and_then(ChangeKey::parse);
    let found = state.db.list_changes(filter, before, ROWS).await?;
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let jobs = found.events.iter().filter_map(|(_, event)| event.job);
    let imports = import_names(state, jobs).await?;
    html(state, status, &ChangesPage::new(&asked, mistakes, &found, before, (ROWS, state.clock, &imports)))
}

/// All events of the filter as comma-separated values.
#[handler]
pub async fn csv(Data(state): Data<&Arc<AppState>>, asked: Asked<'_>) -> Result<Response, Error> {
    export(state, &asked, FileFormat::Csv).await
}

/// All events of the filter as lines of JSON.
#[handler]
pub async fn ndjson(Data(state): Data<&Arc<AppState>>, asked: Asked<'_>) -> Result<Response, Error> {
    export(state, &asked, FileFormat::Ndjson).await
}

async fn export(state: &Arc<AppState>, request: &Asked<'_>, format: FileFormat) -> Result<Response, Error> {
    let query = Query::of(request.uri);
    let is_csv = format == FileFormat::Csv;
    let is_known = |name: &str| AskedChanges::is_parameter(name) || (is_csv && is_of_values(name));
    let asked = asked(&query);
    let Understood { filter, mistakes, canonical } = understood(&asked, state);
    let unknown = query.names().filter(|name| !is_known(name)).map(|name| unknown_parameter(&shown(name)));
    let mut problems: Vec<String> =
        unknown.chain(mistakes.into_iter().map(|mistake| mistake.message)).collect();
    let style = csv_style(request.uri).unwrap_or_else(|sentence| {
        problems.push(sentence);
        CsvStyle::STANDARD
    });
    let link = (&*asked.url(None), "Go to the changes");
    if let Some(refused) = request.refused_by_problems(state, &problems, link)? {
        return Ok(refused);
    }
    if let Some(refused) = request.refused_by_version(state)? {
        return Ok(refused);
    }
    let day = state.clock.local().day();
    let disposition = attachment("changes", canonical.narrowed(), day, format.name());
    if request.is_head() {
        return Ok(file(format, disposition, Body::empty()));
    }
    let place = state.exports.begin(false)?;
    let deed = Deed::ExportChanges { filter: canonical.query(), format: format.name().to_owned() };
    let log = LoggedAccess::begin(state, &request.principal, request.client, deed).await?;
    let text_format = if is_csv { ChangeFormat::Csv(style) } else { ChangeFormat::Ndjson };
    let body = text(state, async { TextExport::of_changes(state, filter, text_format) }, log, place).await?;
    Ok(file(format, disposition, body))
}

/// A parameter's name as it may be shown (PCI DSS 4.0, requirement 3.4.1).
fn shown(name: &str) -> String {
    if crate::order::holds_card_number(name) { String::new() } else { name.to_owned() }
}

fn asked(query: &Query) -> AskedChanges {
    let text = |name| query.first(name).unwrap_or_default().trim().to_owned();
    AskedChanges {
        by: text("by"),
        kind: text("kind"),
        day: text("day"),
        order: text("order"),
        action: text("action"),
    }
}

/// What was asked for, as far as it makes sense.
struct Understood {
    filter: ChangeFilter,
    mistakes: Vec<Mistake>,
    /// The same in words that mean the same at any time.
    canonical: AskedChanges,
}

/// The filter that was asked for; what is not understood is left out of it.
fn understood(asked: &AskedChanges, state: &AppState) -> Understood {
    let mut mistakes = Vec::new();
    let mut wrong = |field, message: String| mistakes.push(Mistake { field, message });
    let (mut filter, mut canonical) = (ChangeFilter::default(), AskedChanges::default());
    if !asked.by.is_empty() {
        match Actor::typed(&asked.by) {
            Some(by) => {
                canonical.by = by.text().into_owned();
                filter.by = Some(by);
            }
            None => wrong("by", "Person must be a name, like anna, or the desk".to_owned()),
        }
    }
    if !asked.kind.is_empty() {
        filter.kind = EventKind::ALL.into_iter().find(|kind| kind.word() == asked.kind);
        match filter.kind {
            Some(kind) => kind.word().clone_into(&mut canonical.kind),
            None => wrong("kind", "What happened must be one of the list".to_owned()),
        }
    }
    if !asked.day.is_empty() {
        let now: Now = state.clock.now();
        match Typed::parse(&asked.day, now) {
            Ok(typed) => {
                canonical.day = typed.day.iso();
                filter.span = Some(state.clock.span_of(typed.day));
            }
            Err(error) => wrong("day", format!("Day {error}")),
        }
    }
    if !asked.order.is_empty() {
        filter.order = OrderNumber::parse(&asked.order);
        match filter.order {
            Some(order) => canonical.order = order.to_string(),
            None => wrong("order", "Order must be a number, like 19984".to_owned()),
        }
    }
    if !asked.action.is_empty() {
        filter.job = JobId::parse(asked.action.trim_start_matches('#'));
        match filter.job {
            Some(job) => canonical.action = job.to_string(),
            None => wrong("action", "Action must be a number, like 3".to_owned()),
        }
    }
    Understood { filter, mistakes, canonical }
}
