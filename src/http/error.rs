//! Errors of requests, and the texts that their senders read.

use std::borrow::Cow;
use std::time::Duration;

use poem::error::ResponseError;
use poem::http::StatusCode;

use crate::db::DbError;
use crate::order::{OrderNumber, counted};
use crate::view::ViewError;

/// The one error that a request ends with. What is behind it is logged once (`middleware::errors`), and never sent.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such page or order.
    #[error("not found")]
    NotFound,
    /// No order has this number.
    #[error("there is no order {number}")]
    NoSuchOrder { number: OrderNumber, newest: Option<OrderNumber> },
    /// The request itself cannot be understood.
    #[error("the request cannot be understood: {0}")]
    BadRequest(&'static str),
    /// Another site sent it, or it asks for another host.
    #[error("the request comes from another site")]
    Forbidden,
    /// It names no host, or two.
    #[error("the request does not name one host")]
    NoOneHost,
    /// The request is for another host.
    #[error("the request is for another host")]
    WrongHost,
    #[error("the path has no such method")]
    MethodNotAllowed,
    #[error("the URL is too long")]
    UrlTooLong,
    /// Its body is too large.
    #[error("the request is too large")]
    TooLarge,
    /// Its body is no form.
    #[error("the body is no form")]
    UnsupportedMediaType,
    #[error("the request took too long")]
    Timeout,
    /// Its sender did, with the body.
    #[error("the request's body took too long to come")]
    SlowBody,
    /// What it was to change may be changed all the same.
    #[error("a request that changes something took too long")]
    UncertainTimeout,
    /// Its sender has sent too many that change something.
    #[error("one client writes too fast")]
    TooManyWrites { wait: Duration },
    /// The database cannot do it now.
    #[error(transparent)]
    Unavailable(DbError),
    /// A fault of the program or of what is stored.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// Whether a request is refused for what it is, whatever its route.
    pub(super) fn is_unrouted(&self) -> bool {
        matches!(self, Self::Forbidden | Self::NoOneHost | Self::WrongHost | Self::UrlTooLong)
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Internal(message) => Self::Internal(message),
            error => Self::Unavailable(error),
        }
    }
}

impl From<ViewError> for Error {
    fn from(error: ViewError) -> Self {
        let mut message = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        Self::Internal(message)
    }
}

impl ResponseError for Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::NoSuchOrder { .. } => StatusCode::NOT_FOUND,
            Self::BadRequest(_) | Self::NoOneHost => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyWrites { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Timeout | Self::UncertainTimeout | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A status in the words of its page: heading, sentence, and what to do.
pub(super) struct ErrorText {
    pub(super) heading: &'static str,
    pub(super) message: Cow<'static, str>,
    pub(super) remedy: &'static str,
}

/// The words for a status and, where there is one, for the error behind it.
pub(super) fn error_text(status: StatusCode, error: Option<&Error>) -> ErrorText {
    if let Some(Error::NoSuchOrder { number, newest }) = error {
        let rest =
            newest.map_or("There is none yet.".to_owned(), |newest| format!("The newest is {newest}."));
        return ErrorText {
            heading: "Order not found",
            message: format!("There is no order {number}. {rest}").into(),
            remedy: "Check the number, or find the order in the list.",
        };
    }
    if let Some(Error::TooManyWrites { wait }) = error {
        let wait = counted(whole_seconds(*wait), "second");
        return ErrorText {
            heading: "Too many changes at once",
            message: format!(
                "More came from this address within a minute than the desk takes. Nothing was saved. It takes more in {wait}."
            )
            .into(),
            remedy: "Wait that long, then reload this page: your browser sends the same form once more. Where many people \
                     share an address, an operator can raise server.writes_per_minute, or name the proxy that they \
                     share in server.trusted_proxies.",
        };
    }
    let (heading, message, remedy) = match (status, error) {
        (_, Some(Error::Unavailable(error))) => {
            ("The desk cannot do that now", unavailable(error), "Try again in a moment.")
        }
        (_, Some(Error::Timeout)) => {
            ("That took too long", "The desk gave up on this request.", "Try again in a moment.")
        }
        (_, Some(Error::SlowBody)) => (
            "That took too long",
            "The request did not arrive whole within the time that the desk waits. Nothing was saved.",
            "Send it once more.",
        ),
        (_, Some(Error::UncertainTimeout)) => (
            "That took too long",
            "The desk gave up waiting. What was to be saved may or may not be saved.",
            "Look whether it is there. To send the same form once more is safe, too: it is saved once at most.",
        ),
        (_, Some(Error::NoOneHost)) => (
            "Not understood",
            "The request does not name one host, as HTTP asks for.",
            "Send it with one Host line.",
        ),
        (StatusCode::NOT_FOUND, _) => (
            "Page not found",
            "There is no page or order at this address.",
            "Check the address, or find the order in the list.",
        ),
        (StatusCode::METHOD_NOT_ALLOWED, _) => (
            "That does not work here",
            "This address does not take requests of this kind.",
            "Begin again from the list.",
        ),
        (StatusCode::FORBIDDEN, _) => (
            "Not from another site",
            "This request came from a page of another site, so the desk did nothing. If it was a page of the desk itself, \
             server.public_url has to be set to the address that the browser shows.",
            "Open the desk itself and enter the order there. If that is what you did, tell whoever runs the desk.",
        ),
        (StatusCode::MISDIRECTED_REQUEST, _) => (
            "Wrong address",
            "The desk does not answer to this host name.",
            "Use the desk's own address; an operator can add names in server.hosts.",
        ),
        (StatusCode::PAYLOAD_TOO_LARGE, _) => {
            ("Too much at once", "The form is larger than the desk takes.", "Send one order at a time.")
        }
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, _) => (
            "Not a form",
            "The desk takes orders as form fields (application/x-www-form-urlencoded).",
            "Use the form.",
        ),
        (StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, _) => (
            "Too much at once",
            "The address or the headers are longer than the desk reads.",
            "Begin again from the list.",
        ),
        (StatusCode::SERVICE_UNAVAILABLE, _) => {
            ("The desk cannot do that now", "The desk is not available.", "Try again in a moment.")
        }
        (status, _) if status.is_client_error() => {
            ("Not understood", "The desk could not make sense of this request.", "Begin again from the list.")
        }
        _ => (
            "Something went wrong",
            "The fault is the desk's, not yours. Nothing was changed.",
            "Try again; if it stays like this, tell whoever runs the desk.",
        ),
    };
    ErrorText { heading, message: message.into(), remedy }
}

/// A time to wait in whole seconds, after which it is over.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Why the database cannot do it now, for the reader of a page.
fn unavailable(error: &DbError) -> &'static str {
    match error {
        DbError::Full(_) => "The disk that keeps the orders is full.",
        DbError::Busy(_) => "The database is busy with other work.",
        DbError::Uncertain(_) => {
            "The disk or the database failed while it saved. What was to be saved may or may not be there."
        }
        DbError::Outdated(_) => "The desk has to take up new card keys first.",
        DbError::Damaged(_) => "The database is damaged, and takes no changes until it is mended.",
        DbError::Displaced(_) => "The database is not in its place any more, and takes no changes.",
        DbError::ReadOnly(_) => "The database takes no changes now.",
        DbError::TimedOut(_) => "The database has more to look through than a page can wait for.",
        DbError::Unavailable(_) | DbError::Internal(_) => "The database cannot be reached.",
    }
}

/// The same to a clerk whose form it was to save. But for the uncertain case, the transaction is rolled back.
pub(super) fn not_saved(error: &DbError) -> &'static str {
    match error {
        DbError::Full(_) => "The disk that keeps the orders is full. Nothing was saved.",
        DbError::Busy(_) => "The database is busy with other work. Nothing was saved.",
        DbError::Uncertain(_) => {
            "The disk or the database failed while it saved this, which may or may not be there. Send the form once more: \
             it is saved once at most."
        }
        DbError::Outdated(_) => "The desk has to take up new card keys first. Nothing was saved.",
        DbError::Damaged(_) => {
            "The database is damaged, and takes no changes until it is mended. Nothing was saved. Tell whoever runs the \
             desk."
        }
        DbError::Displaced(_) => {
            "The database is not in its place any more. Nothing was saved. Tell whoever runs the desk."
        }
        DbError::ReadOnly(_) => "The database takes no changes now. Nothing was saved.",
        DbError::Unavailable(_) | DbError::TimedOut(_) | DbError::Internal(_) => {
            "The database cannot be reached. Nothing was saved."
        }
    }
}
