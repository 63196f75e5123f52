//! The form of an order, from the body of a request.

use poem::Body;
use poem::error::ReadBodyError;
use poem::http::{HeaderMap, header};
use uuid::Uuid;

use super::Error;
use crate::order::{Draft, Field};

/// What was sent: the fields, and which form they were typed into.
pub(super) struct Sent {
    pub(super) draft: Draft,
    pub(super) submission: Option<Uuid>,
}

/// Reads form fields, of at most `limit` bytes; fields of other names are ignored.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Sent, Error> {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Error::UnsupportedMediaType);
    }
    // Said ahead, it need not even be sent (RFC 9110, section 10.1.1).
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > limit) {
        return Err(Error::TooLarge);
    }
    let body = body.into_bytes_limit(limit).await.map_err(|error| match error {
        ReadBodyError::PayloadTooLarge => Error::TooLarge,
        _ => Error::BadRequest("its body broke off"),
    })?;
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_bytes(&body).map_err(|_| Error::BadRequest("its body is no form"))?;
    let mut draft = Draft::default();
    let mut submission = None;
    let mut seen = Vec::new();
    for (name, value) in pairs {
        if let Some(field) = Field::ALL.into_iter().find(|field| field.name() == name) {
            if seen.contains(&field) {
                return Err(Error::BadRequest("it has a field twice"));
            }
            seen.push(field);
            draft.set(field, value);
        } else if name == "submission" {
            submission = Uuid::try_parse(&value).ok();
        }
    }
    Ok(Sent { draft, submission })
}
