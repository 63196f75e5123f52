//! All orders of a list as a file, made while it is taken.
//!
//! A file that cannot be brought to its end never looks whole: the answer is in chunks (RFC 9112, section 7.1), and its
//! connection is cut before the last one.

use std::sync::Arc;

use poem::http::{HeaderMap, Method, StatusCode, Uri, Version, header};
use poem::web::Data;
use poem::{Body, FromRequest, Request, RequestBody, Response, handler};

use crate::auth::Principal;
use crate::http::accept::wants_json;
use crate::http::access::LoggedAccess;
use crate::http::address::Query;
use crate::http::client::ClientAddress;
use crate::http::disposition::attachment;
use crate::http::export_stream::{NoWorkbook, text, workbook};
use crate::http::respond::{RETRY_AFTER, html, problem};
use crate::http::{AppState, Error};
use crate::order::{Deed, JUMP, ListError, ListProblem, ListQuery};
use crate::transfer::{CsvStyle, FileFormat, SheetError, TextFormat};
use crate::view::{ErrorPage, export_url, list_name, list_url};

/// The parameters that only files of values have.
const FOR: &str = "for";
const SEPARATOR: &str = "separator";

/// What an export goes by.
pub struct Asked<'a> {
    principal: Principal,
    client: ClientAddress,
    method: &'a Method,
    version: Version,
    uri: &'a Uri,
    headers: &'a HeaderMap,
}

impl<'a> FromRequest<'a> for Asked<'a> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self {
            principal: Principal::from_request(request, body).await?,
            client: ClientAddress::from_request(request, body).await?,
            method: request.method(),
            version: request.version(),
            uri: request.uri(),
            headers: request.headers(),
        })
    }
}

/// Comma-separated values; `for=excel` and `separator=semicolon` make of them what spreadsheets expect.
#[handler]
pub async fn csv(Data(state): Data<&Arc<AppState>>, asked: Asked<'_>) -> Result<Response, Error> {
    export(state, &asked, FileFormat::Csv).await
}

/// Lines of JSON.
#[handler]
pub async fn ndjson(Data(state): Data<&Arc<AppState>>, asked: Asked<'_>) -> Result<Response, Error> {
    export(state, &asked, FileFormat::Ndjson).await
}

/// One array of JSON.
#[handler]
pub async fn json(Data(state): Data<&Arc<AppState>>, asked: Asked<'_>) -> Result<Response, Error> {
    export(state, &asked, FileFormat::Json).await
}

/// An Excel workbook.
#[handler]
pub async fn xlsx(Data(state): Data<&Arc<AppState>>, asked: Asked<'_>) -> Result<Response, Error> {
    export(state, &asked, FileFormat::Xlsx).await
}

async fn export(state: &Arc<AppState>, asked: &Asked<'_>, format: FileFormat) -> Result<Response, Error> {
    let (list, mut problems) = read_list(state, asked.uri, format);
    let style = csv_style(asked.uri).unwrap_or_else(|sentence| {
        problems.push(sentence);
        CsvStyle::STANDARD
    });
    // To leave out what makes no sense would hand out other orders than were asked for.
    if !problems.is_empty() {
        let sentences = format!("{}. Nothing was exported.", problems.join(". "));
        let words = ("That cannot be exported", &*sentences);
        let links = [(&*list_url(&list), "Go to the list")];
        return refusal(state, asked, StatusCode::UNPROCESSABLE_ENTITY, words, &links);
    }
    // It has no chunks: the end of the connection is the end of the file there, whole or not.
    if asked.version < Version::HTTP_11 {
        let words = (
            "Not by HTTP/1.0",
            "A file that breaks off would look whole. Nothing was exported. Where a proxy asks, have it ask by HTTP/1.1 \
             (nginx: proxy_http_version 1.1).",
        );
        return refusal(state, asked, StatusCode::HTTP_VERSION_NOT_SUPPORTED, words, &[]);
    }
    if *asked.method == Method::HEAD {
        return file(state, &list, format, Body::empty()).await;
    }
    let place = state.exports.begin(format == FileFormat::Xlsx)?;
    let deed = Deed::Export { list: list.filter_and_sort(), format: format.name().to_owned() };
    let log = LoggedAccess::begin(state, &asked.principal, asked.client, deed).await?;
    let text_format = match format {
        FileFormat::Csv => TextFormat::Csv(style),
        FileFormat::Ndjson => TextFormat::Ndjson,
        FileFormat::Json => TextFormat::Json,
        FileFormat::Xlsx => {
            return match workbook(state, &list, log, place).await? {
                Ok(body) => file(state, &list, format, body).await,
                Err(why) => no_workbook(state, asked, &list, &why),
            };
        }
    };
    let body = text(state, &list, text_format, log, place).await?;
    file(state, &list, format, body).await
}

/// The list of a URL, whatever its page, and what of it makes no sense.
fn read_list(state: &AppState, uri: &Uri, format: FileFormat) -> (ListQuery, Vec<String>) {
    let (list, errors) = ListQuery::read(uri.query().unwrap_or_default(), state.clock.now());
    let is_of_file = |error: &ListError| {
        let is_ours = format == FileFormat::Csv && [FOR, SEPARATOR].contains(&&*error.parameter);
        error.problem == ListProblem::Unknown && (is_ours || error.parameter == JUMP)
    };
    let sentence = |error: &ListError| match error.problem {
        ListProblem::Unknown if error.parameter.is_empty() => {
            "One parameter is none that an export has".to_owned()
        }
        ListProblem::Unknown => format!("An export has no parameter “{}”", error.parameter),
        _ => error.to_string(),
    };
    let problems = errors.iter().filter(|error| !is_of_file(error)).map(sentence).collect();
    (list.on_page(1), problems)
}

/// How a file of values is to be written; or what is wrong with what was asked for.
fn csv_style(uri: &Uri) -> Result<CsvStyle, String> {
    let query = Query::of(uri);
    let byte_order_mark = match query.first(FOR) {
        None | Some("") => false,
        Some("excel") => true,
        Some(_) => return Err("A file is for excel, or for nothing in particular".to_owned()),
    };
    let semicolons = match query.first(SEPARATOR) {
        None | Some("" | "comma") => false,
        Some("semicolon") => true,
        Some(_) => return Err("The separator is comma or semicolon".to_owned()),
    };
    Ok(CsvStyle { byte_order_mark, semicolons })
}

async fn file(state: &AppState, list: &ListQuery, format: FileFormat, body: Body) -> Result<Response, Error> {
    let own = state.own_views.beside(&state.db, list).await.unwrap_or_default();
    let name = match list_name(list, &own, state.policy.late_days) {
        _ if list.is_of_all_newest_first() => None,
        Some(name) => Some(name),
        None if list.filter().is_empty() => None,
        None => Some("filtered"),
    };
    let disposition = attachment(name, state.clock.local().day(), format.name());
    Ok(Response::builder()
        .content_type(format.media_type())
        .header(header::CONTENT_DISPOSITION, disposition)
        .header(header::CACHE_CONTROL, "no-store")
        .body(body))
}

fn no_workbook(
    state: &AppState,
    asked: &Asked<'_>,
    list: &ListQuery,
    why: &NoWorkbook,
) -> Result<Response, Error> {
    let (as_csv, back) = (export_url(list, FileFormat::Csv.name(), ""), list_url(list));
    let links = [(&*as_csv, "Export as CSV"), (&*back, "Go to the list")];
    match why {
        NoWorkbook::Refused(error @ SheetError::TooManyOrders) => {
            let sentence = format!(
                "{}, and this list has more. Nothing was exported. CSV holds any number of orders.",
                capitalized(&error.to_string())
            );
            let words = ("Too many orders for Excel", &*sentence);
            refusal(state, asked, StatusCode::UNPROCESSABLE_ENTITY, words, &links)
        }
        NoWorkbook::Refused(SheetError::NoRoom(_) | SheetError::Unwritten(_)) | NoWorkbook::BrokeOff => {
            let sentence =
                "The desk has no room to put the workbook together. Nothing was exported. CSV needs none.";
            refusal(
                state,
                asked,
                StatusCode::SERVICE_UNAVAILABLE,
                ("No room for a workbook", sentence),
                &links,
            )
        }
    }
}

fn capitalized(sentence: &str) -> String {
    let mut rest = sentence.chars();
    rest.next().map(|first| format!("{}{}", first.to_uppercase(), rest.as_str())).unwrap_or_default()
}

fn refusal(
    state: &AppState,
    asked: &Asked<'_>,
    status: StatusCode,
    (heading, message): (&str, &str),
    links: &[(&str, &str)],
) -> Result<Response, Error> {
    if wants_json(asked.headers) {
        return Ok(problem(status, heading, message, &serde_json::Value::Null));
    }
    let page = ErrorPage::new(status.as_u16(), heading, message, "", "").leading_to(links.iter().copied());
    let mut response = html(state, status, &page)?;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    Ok(response)
}
