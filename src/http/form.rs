//! Reading a form from the body of a request, whatever it is about.

use poem::http::header;
use poem::{Body, FromRequest, Request, RequestBody, Result};

use super::Error;
use super::limits::BodyLimit;

/// The fields of a form, by name.
pub struct Form(Vec<(String, String)>);

impl<'a> FromRequest<'a> for Form {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> Result<Self> {
        let limit = request.data().cloned().unwrap_or_else(|| BodyLimit::new(0));
        if !is_form(request) {
            return Err(Error::UnsupportedMediaType.into());
        }
        Ok(Self::read(body.take()?, &limit).await?)
    }
}

/// A form that may be missing: of a request without a media type, which has no body to read.
pub struct OptionalForm(pub Form);

impl<'a> FromRequest<'a> for OptionalForm {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> Result<Self> {
        if request.header(header::CONTENT_TYPE).is_none() {
            return Ok(Self(Form(Vec::new())));
        }
        Form::from_request(request, body).await.map(Self)
    }
}

fn is_form(request: &Request) -> bool {
    let content_type = request.header(header::CONTENT_TYPE).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

impl Form {
    /// Fields that were sent before.
    pub fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    async fn read(body: Body, limit: &BodyLimit) -> Result<Self, Error> {
        let body = limit.read(body).await?;
        serde_urlencoded::from_bytes(&body).map(Self).map_err(|_| Error::BadRequest("its body is no form"))
    }

    /// Takes a field out, as it was sent; none if it was not. A field that is there twice is an error: which of the two
    /// is meant, nobody knows.
    pub fn take(&mut self, name: &str) -> Result<Option<String>, Error> {
        let Some(place) = self.0.iter().position(|(one, _)| one == name) else { return Ok(None) };
        // Not swapped with the last: the order of the others means something.
        let (_, value) = self.0.remove(place);
        if self.0.iter().any(|(one, _)| one == name) {
            return Err(Error::BadRequest("it has a field twice"));
        }
        Ok(Some(value))
    }

    /// Takes all fields of a name out, in the order in which they were sent.
    pub fn take_all(&mut self, name: &str) -> Vec<String> {
        self.0.extract_if(.., |(one, _)| one == name).map(|(_, value)| value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(content_type: &str, body: &str, limit: usize) -> Result<Form, u16> {
        let request = Request::builder().content_type(content_type).body(body.to_owned());
        let (mut request, mut body) = request.split();
        request.set_data(BodyLimit::new(limit));
        Form::from_request(&request, &mut body).await.map_err(|error| error.status().as_u16())
    }

    #[tokio::test]
    async fn fields_are_taken_once_each() {
        let mut form =
            read("application/x-www-form-urlencoded; charset=utf-8", "a=1&b=&c=2&c=2&é=%C3%A9", 30)
                .await
                .unwrap();
        assert_eq!(form.take("é").unwrap().as_deref(), Some("é"));
        assert_eq!(form.take("a").unwrap().as_deref(), Some("1"));
        assert_eq!(form.take("b").unwrap().as_deref(), Some(""));
        assert!(matches!(form.take("c"), Err(Error::BadRequest(_))));
        assert_eq!((form.take("a").unwrap(), form.take("d").unwrap()), (None, None));
        assert_eq!((form.take_all("c"), form.take_all("c")), (vec!["2".to_owned()], vec![]));
    }

    #[tokio::test]
    async fn fields_of_a_name_keep_their_order() {
        let mut form = read("application/x-www-form-urlencoded", "do=x&n=1&on=y&n=2&n=3", 30).await.unwrap();
        assert_eq!(form.take("do").unwrap().as_deref(), Some("x"));
        assert_eq!(form.take("on").unwrap().as_deref(), Some("y"));
        assert_eq!(form.take_all("n"), ["1", "2", "3"]);
    }

    #[tokio::test]
    async fn what_is_no_form_or_too_large_is_refused() {
        let form = "Application/X-WWW-Form-Urlencoded";
        for (content_type, body, expected) in
            [("application/json", "{}", 415), ("", "a=1", 415), (form, "a=12345678", 413), (form, "a=1", 200)]
        {
            let status = read(content_type, body, 9).await.map_or_else(|status| status, |_| 200);
            assert_eq!(status, expected, "{content_type} {body}");
        }
    }
}
