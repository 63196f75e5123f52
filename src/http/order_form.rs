//! The form of an order, from the body of a request.

use poem::Body;
use poem::error::ReadBodyError;
use poem::http::{HeaderMap, header};
use uuid::Uuid;

use super::Error;
use crate::order::{Field, OrderForm};

/// What was sent: the fields, and which form they were typed into.
pub(super) struct SubmittedForm {
    pub(super) order_form: OrderForm,
    /// The fields that were sent, empty ones included.
    pub(super) fields: Vec<Field>,
    pub(super) submission: Option<Uuid>,
    /// The version of the order that the form is about.
    pub(super) version: Option<i32>,
    /// The newest version that was shown beside it.
    pub(super) newest: Option<i32>,
    /// What to do about an order that was changed meanwhile.
    pub(super) answer: ConflictChoice,
    /// Whether a card number was typed before, which is not sent back.
    pub(super) had_card: bool,
}

/// What to do about an order that was changed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ConflictChoice {
    #[default]
    Unasked,
    /// Show the form with what was typed on top of what is there now.
    OnTop,
    /// Save what was typed over what is there now.
    Over,
}

/// Reads form fields, of at most `limit` bytes; fields of other names are ignored.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<SubmittedForm, Error> {
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
    SubmittedForm::of(pairs)
}

impl SubmittedForm {
    fn of(pairs: Vec<(String, String)>) -> Result<Self, Error> {
        let mut sent = Self {
            order_form: OrderForm::default(),
            fields: Vec::new(),
            submission: None,
            version: None,
            newest: None,
            answer: ConflictChoice::Unasked,
            had_card: false,
        };
        for (name, value) in pairs {
            if let Some(field) = Field::ALL.into_iter().find(|field| field.name() == name) {
                if sent.fields.contains(&field) {
                    return Err(Error::BadRequest("it has a field twice"));
                }
                sent.fields.push(field);
                sent.order_form.set(field, value);
            } else {
                sent.note(&name, &value);
            }
        }
        Ok(sent)
    }

    /// What forms send beside the order's fields; what is not understood is as if it were not there.
    fn note(&mut self, name: &str, value: &str) {
        match (name, value) {
            ("submission", id) => self.submission = Uuid::try_parse(id).ok(),
            ("version", number) => self.version = number.parse().ok(),
            ("newest", number) => self.newest = number.parse().ok(),
            ("answer", "on-top") => self.answer = ConflictChoice::OnTop,
            ("answer", "over") => self.answer = ConflictChoice::Over,
            ("had_card", "yes") => self.had_card = true,
            ("card_digits_confirmed", "yes") => self.order_form.confirm_card_digits(),
            _ => {}
        }
    }
}
