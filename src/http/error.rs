//! Errors of requests, and the texts that their senders read.

use std::borrow::Cow;
use std::time::Duration;

use poem::error::ResponseError;
use poem::http::StatusCode;

use crate::auth::{Permission, Role, SignInError, SignInFailure};
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
    /// Its sender has not signed in, or is not signed in any more.
    #[error("nobody has signed in")]
    NotSignedIn,
    /// Its sender's roles, in words, do not have the permission.
    #[error("the role {roles} does not have the permission {permission:?}")]
    NotAllowed { permission: Permission, roles: String },
    /// The browser comes back from a sign-in that it has not begun, or has ended.
    #[error("no sign-in with this browser is under way")]
    NoSignIn,
    /// Nobody was signed in.
    #[error("nobody was signed in")]
    SignInRefused { remedy: &'static str },
    /// The provider of identities does not answer.
    #[error("the provider of identities is away")]
    ProviderAway,
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
    /// It brings a file that is too large.
    #[error("the file is too large")]
    FileTooLarge,
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
    /// As many files are being made as may be at once.
    #[error("too many exports are under way")]
    TooManyExports,
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

impl From<SignInFailure> for Error {
    /// But for those that have a page of their own. What the provider said is for the log.
    fn from(failure: SignInFailure) -> Self {
        match failure {
            SignInFailure::NotBegun => Self::NoSignIn,
            SignInFailure::Declined => Self::SignInRefused { remedy: DECLINED },
            SignInFailure::Provider(SignInError::ProviderAway(_)) => Self::ProviderAway,
            SignInFailure::Provider(SignInError::TooManyGroups) => {
                Self::SignInRefused { remedy: TOO_MANY_GROUPS }
            }
            SignInFailure::Provider(SignInError::Refused(_))
            | SignInFailure::NoRole(_)
            | SignInFailure::Disabled(_) => Self::SignInRefused { remedy: NOT_BELIEVED },
            SignInFailure::Database(error) => error.into(),
            SignInFailure::Random(error) => Self::Internal(error.to_string()),
        }
    }
}

/// What to do where the provider signed nobody in.
const DECLINED: &str =
    "The page where people sign in let nobody in. Begin again, or ask whoever runs the desk.";
const TOO_MANY_GROUPS: &str = "You are in so many groups that the desk is not told which. Ask whoever runs the desk to \
                               give you a role of the desk instead of a group.";
const NOT_BELIEVED: &str = "The desk could not make sure who you are. Begin again; if it stays like this, tell whoever runs the desk.";

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
            Self::BadRequest(_) | Self::NoOneHost | Self::NoSignIn => StatusCode::BAD_REQUEST,
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::NotAllowed { .. } | Self::SignInRefused { .. } => StatusCode::FORBIDDEN,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge | Self::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyWrites { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Timeout
            | Self::UncertainTimeout
            | Self::TooManyExports
            | Self::Unavailable(_)
            | Self::ProviderAway => StatusCode::SERVICE_UNAVAILABLE,
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

fn too_many_writes(wait: Duration) -> ErrorText {
    let wait = counted(whole_seconds(wait), "second");
    ErrorText {
        heading: "Too many forms at once",
        message: format!(
            "More came from this address within a minute than the desk takes. Nothing was saved. It takes more in {wait}."
        )
        .into(),
        remedy: "Wait that long, then reload this page: your browser sends the same form once more. Where many people \
                 share an address, an operator can raise server.writes_per_minute, or name the proxy that they \
                 share in server.trusted_proxies.",
    }
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
    if let Some(text) = error.and_then(sign_in_text) {
        return text;
    }
    if let Some(Error::TooManyWrites { wait }) = error {
        return too_many_writes(*wait);
    }
    let (heading, message, remedy) = match (status, error) {
        (_, Some(Error::FileTooLarge)) => (
            "The file is too large",
            "A file may have 500 MB. Nothing was imported.",
            "Split it, and import the parts one after the other.",
        ),
        (_, Some(Error::Unavailable(error))) => {
            ("The desk cannot do that now", unavailable(error), "Try again in a moment.")
        }
        (_, Some(Error::TooManyExports)) => (
            "Too many exports at once",
            "The desk is making as many files as it can at once. Nothing was exported.",
            "Try again when one of them is done.",
        ),
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

/// The words for whoever is not let in, or not let do something.
fn sign_in_text(error: &Error) -> Option<ErrorText> {
    let (heading, message, remedy) = match error {
        Error::NotSignedIn => (
            "You are not signed in",
            "Nobody has signed in with this browser, or the session has ended. Nothing was saved.".into(),
            "Sign in, then do it once more.",
        ),
        Error::NotAllowed { permission, roles } => {
            let wanted: Vec<&str> = permission.roles().map(Role::as_str).collect();
            let (deed, wanted) = (deed(*permission), wanted.join(" or "));
            (
                "You may not do that",
                format!("{deed} takes the role {wanted}, and yours is {roles}. Nothing was changed.").into(),
                "If you should have it, ask whoever runs the desk; then sign out and in again.",
            )
        }
        Error::NoSignIn => (
            "This sign-in is over",
            "It was begun with another browser, more than ten minutes ago, or has been used already. Nobody was signed in."
                .into(),
            "Begin again.",
        ),
        Error::SignInRefused { remedy } => ("You are not signed in", "Nobody was signed in.".into(), *remedy),
        Error::ProviderAway => (
            "Nobody can sign in now",
            "The page where people sign in does not answer. Whoever is signed in stays so.".into(),
            "Try again in a moment.",
        ),
        _ => return None,
    };
    Some(ErrorText { heading, message, remedy })
}

/// What takes a permission.
fn deed(permission: Permission) -> &'static str {
    match permission {
        Permission::None | Permission::SignedIn | Permission::Read => "Seeing orders",
        Permission::Write => "Adding or changing orders",
        Permission::Export => "Taking orders along in a file",
        Permission::Audit => "Seeing who has done what",
        Permission::Admin => "This part of the desk",
    }
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
