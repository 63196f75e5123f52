//! What requests for files have in common: what they go by, how a file of values is to be written, and why there is none.

use poem::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header};
use poem::{Body, FromRequest, Request, RequestBody, Response};

use super::accept::wants_json;
use super::address::Query;
use super::client::ClientAddress;
use super::respond::{RETRY_AFTER, html, problem};
use super::{AppState, Error};
use crate::auth::Principal;
use crate::transfer::{CsvStyle, FileFormat};
use crate::view::ErrorPage;

/// The parameters that only files of values have.
const FOR: &str = "for";
const SEPARATOR: &str = "separator";

/// What an export goes by.
pub struct Asked<'a> {
    pub principal: Principal,
    pub client: ClientAddress,
    pub uri: &'a Uri,
    method: &'a Method,
    version: Version,
    headers: &'a HeaderMap,
}

impl<'a> FromRequest<'a> for Asked<'a> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self {
            principal: Principal::from_request(request, body).await?,
            client: ClientAddress::from_request(request, body).await?,
            uri: request.uri(),
            method: request.method(),
            version: request.version(),
            headers: request.headers(),
        })
    }
}

impl Asked<'_> {
    /// Whether somebody asks for what a file would be called, and for nothing of it.
    pub fn is_head(&self) -> bool {
        *self.method == Method::HEAD
    }

    /// The answer to a request that can have no file; none where it can.
    pub fn refused_by_version(&self, state: &AppState) -> Result<Option<Response>, Error> {
        // It has no chunks: the end of the connection is the end of the file there, whole or not.
        if self.version >= Version::HTTP_11 {
            return Ok(None);
        }
        let words = (
            "Not by HTTP/1.0",
            "A file that breaks off would look whole. Nothing was exported. Where a proxy asks, have it ask by HTTP/1.1 \
             (nginx: proxy_http_version 1.1).",
        );
        self.refusal(state, StatusCode::HTTP_VERSION_NOT_SUPPORTED, words, &[]).map(Some)
    }

    /// The answer to what makes no sense: to leave it out would hand out other rows than were asked for.
    pub fn refused_by_problems(
        &self,
        state: &AppState,
        problems: &[String],
        link: (&str, &str),
    ) -> Result<Option<Response>, Error> {
        if problems.is_empty() {
            return Ok(None);
        }
        let sentences = format!("{}. Nothing was exported.", problems.join(". "));
        let words = ("That cannot be exported", &*sentences);
        self.refusal(state, StatusCode::UNPROCESSABLE_ENTITY, words, &[link]).map(Some)
    }

    pub fn refusal(
        &self,
        state: &AppState,
        status: StatusCode,
        (heading, message): (&str, &str),
        links: &[(&str, &str)],
    ) -> Result<Response, Error> {
        if wants_json(self.headers) {
            return Ok(problem(status, heading, message, &serde_json::Value::Null));
        }
        let page =
            ErrorPage::new(status.as_u16(), heading, message, "", "").leading_to(links.iter().copied());
        let mut response = html(state, status, &page)?;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        Ok(response)
    }
}

/// Whether only files of values have a parameter.
pub fn is_of_values(parameter: &str) -> bool {
    [FOR, SEPARATOR].contains(&parameter)
}

/// How a file of values is to be written; or what is wrong with what was asked for.
pub fn csv_style(uri: &Uri) -> Result<CsvStyle, String> {
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

/// What a parameter is told that no export has.
pub fn unknown_parameter(parameter: &str) -> String {
    if parameter.is_empty() {
        "One parameter is none that an export has".to_owned()
    } else {
        format!("An export has no parameter “{parameter}”")
    }
}

/// A file that is made while it is taken.
pub fn file(format: FileFormat, disposition: HeaderValue, body: Body) -> Response {
    Response::builder()
        .content_type(format.media_type())
        .header(header::CONTENT_DISPOSITION, disposition)
        .header(header::CACHE_CONTROL, "no-store")
        .body(body)
}
