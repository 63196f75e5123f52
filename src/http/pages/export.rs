//! Orders as a file, made while it is taken: all of a list, or those that were noted for an action.
//!
//! A file that cannot be brought to its end never looks whole: the answer is in chunks (RFC 9112, section 7.1), and its
//! connection is cut before the last one.

use std::sync::Arc;

use poem::http::{HeaderValue, StatusCode, Uri};
use poem::web::Data;
use poem::{Body, Response, handler};

use crate::db::{Job, JobState};
use crate::http::access::LoggedAccess;
use crate::http::address::Query;
use crate::http::disposition::attachment;
use crate::http::export_request::{Asked, csv_style, file, is_of_values, unknown_parameter};
use crate::http::export_stream::{NoWorkbook, Taken, TextExport, text, workbook};
use crate::http::{AppState, Error};
use crate::order::{Deed, JUMP, JobId, ListError, ListProblem, ListQuery};
use crate::transfer::{CsvStyle, FileFormat, SheetError, TextFormat};
use crate::view::{ACTION, export_url, job_export_url, list_name, list_url};

/// Comma-separated values; `for=excel` and `separator=semicolon` make of them what spreadsheets expect.
#[handler]
pub async fn csv(Data(state): Data<&Arc<AppState>>, asked: Asked<'_>) -> Result<Response, Error> {
    Box::pin(export(state, &asked, FileFormat::Csv)).await
}

/// Lines of JSON.
#[handler]
pub async fn ndjson(Data(state): Data<&Arc<AppState>>, asked: Asked<'_>) -> Result<Response, Error> {
    Box::pin(export(state, &asked, FileFormat::Ndjson)).await
}

/// One array of JSON.
#[handler]
pub async fn json(Data(state): Data<&Arc<AppState>>, asked: Asked<'_>) -> Result<Response, Error> {
    Box::pin(export(state, &asked, FileFormat::Json)).await
}

/// An Excel workbook.
#[handler]
pub async fn xlsx(Data(state): Data<&Arc<AppState>>, asked: Asked<'_>) -> Result<Response, Error> {
    Box::pin(export(state, &asked, FileFormat::Xlsx)).await
}

async fn export(state: &Arc<AppState>, asked: &Asked<'_>, format: FileFormat) -> Result<Response, Error> {
    let (mut list, mut problems) = read_list(state, asked.uri, format);
    let noted = Query::of(asked.uri).first(ACTION).map(str::to_owned);
    if noted.is_some() && list.filter_and_sort() != ListQuery::default() {
        problems
            .push("The orders of an action are exported as they are, without a filter or a sort".to_owned());
    }
    let style = csv_style(asked.uri).unwrap_or_else(|sentence| {
        problems.push(sentence);
        CsvStyle::STANDARD
    });
    let link = (&*list_url(&list), "Go to the list");
    if let Some(refused) = asked.refused_by_problems(state, &problems, link)? {
        return Ok(refused);
    }
    if let Some(refused) = asked.refused_by_version(state)? {
        return Ok(refused);
    }
    let taken = match noted {
        None => Taken::List(list.clone()),
        Some(id) => match find_noted(state, &id).await? {
            Some((id, from)) => {
                list = from;
                Taken::Noted(id)
            }
            None => return not_noted(state, asked),
        },
    };
    let disposition = disposition(state, &taken, format).await;
    if asked.is_head() {
        return Ok(file(format, disposition, Body::empty()));
    }
    let place = state.exports.begin(format == FileFormat::Xlsx)?;
    let (list, format_name) = (list.filter_and_sort(), format.name().to_owned());
    let deed = match taken {
        Taken::List(_) => Deed::Export { list, format: format_name },
        Taken::Noted(_) => Deed::ExportSelected { list, format: format_name },
    };
    let log = LoggedAccess::begin(state, &asked.principal, asked.client, deed).await?;
    let text_format = match format {
        FileFormat::Csv => TextFormat::Csv(style),
        FileFormat::Ndjson => TextFormat::Ndjson,
        FileFormat::Json => TextFormat::Json,
        FileFormat::Xlsx => {
            return match workbook(state, &taken, log, place).await? {
                Ok(body) => Ok(file(format, disposition, body)),
                Err(why) => no_workbook(state, asked, &taken, &why),
            };
        }
    };
    let body = Box::pin(text(state, TextExport::of_orders(state, &taken, text_format), log, place)).await?;
    Ok(file(format, disposition, body))
}

/// The list of a URL, whatever its page, and what of it makes no sense.
fn read_list(state: &AppState, uri: &Uri, format: FileFormat) -> (ListQuery, Vec<String>) {
    let (list, errors) = ListQuery::read(uri.query().unwrap_or_default(), state.clock.now());
    let is_of_file = |error: &ListError| {
        let is_ours = format == FileFormat::Csv && is_of_values(&error.parameter);
        let is_known = is_ours || [JUMP, ACTION].contains(&&*error.parameter);
        error.problem == ListProblem::Unknown && is_known
    };
    let sentence = |error: &ListError| match error.problem {
        ListProblem::Unknown => unknown_parameter(&error.parameter),
        _ => error.to_string(),
    };
    let problems = errors.iter().filter(|error| !is_of_file(error)).map(sentence).collect();
    (list.on_page(1), problems)
}

/// An action whose orders are all noted, and the list that they were noted from.
async fn find_noted(state: &AppState, id: &str) -> Result<Option<(JobId, ListQuery)>, Error> {
    let Some(id) = JobId::parse(id) else { return Ok(None) };
    let found = state.db.find_job(id).await?;
    // What an import or other long work is about was not selected by anybody.
    let is_noted =
        |job: &Job| job.state != JobState::Collecting && (job.work.is_none() || job.action().is_some());
    let job = found.map(|(job, _)| job).filter(is_noted);
    Ok(job.map(|job| (job.id, job.list)))
}

fn not_noted(state: &AppState, asked: &Asked<'_>) -> Result<Response, Error> {
    let sentence = "What is selected in the list is kept for a day, unless something is done with it. Nothing was exported. \
                    Select the orders again.";
    let words = ("These orders are not selected any more", sentence);
    asked.refusal(state, StatusCode::NOT_FOUND, words, &[("/", "Go to the list")])
}

/// What a file is called.
async fn disposition(state: &AppState, taken: &Taken, format: FileFormat) -> HeaderValue {
    let day = state.clock.local().day();
    let Taken::List(list) = taken else { return attachment("orders", Some("selected"), day, format.name()) };
    let own = state.own_views.beside(&state.db, list).await.unwrap_or_default();
    let name = match list_name(list, &own, state.policy.late_days) {
        _ if list.is_of_all_newest_first() => None,
        Some(name) => Some(name),
        None if list.filter().is_empty() => None,
        None => Some("filtered"),
    };
    attachment("orders", name, day, format.name())
}

fn no_workbook(
    state: &AppState,
    asked: &Asked<'_>,
    taken: &Taken,
    why: &NoWorkbook,
) -> Result<Response, Error> {
    let as_values = FileFormat::Csv.name();
    let (as_csv, back) = match taken {
        Taken::List(list) => (export_url(list, as_values, ""), list_url(list)),
        Taken::Noted(id) => (job_export_url(*id, as_values, ""), list_url(&ListQuery::default())),
    };
    let links = [(&*as_csv, "Export as CSV"), (&*back, "Go to the list")];
    match why {
        NoWorkbook::Refused(error @ SheetError::TooManyOrders) => {
            let sentence = format!(
                "{}, and this list has more. Nothing was exported. CSV holds any number of orders.",
                capitalized(&error.to_string())
            );
            let words = ("Too many orders for Excel", &*sentence);
            asked.refusal(state, StatusCode::UNPROCESSABLE_ENTITY, words, &links)
        }
        NoWorkbook::Refused(SheetError::NoRoom(_) | SheetError::Unwritten(_)) | NoWorkbook::BrokeOff => {
            let sentence =
                "The desk has no room to put the workbook together. Nothing was exported. CSV needs none.";
            let words = ("No room for a workbook", sentence);
            asked.refusal(state, StatusCode::SERVICE_UNAVAILABLE, words, &links)
        }
    }
}

fn capitalized(sentence: &str) -> String {
    let mut rest = sentence.chars();
    rest.next().map(|first| format!("{}{}", first.to_uppercase(), rest.as_str())).unwrap_or_default()
}
