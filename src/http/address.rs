//! What a URL says beside its route: which order, and parameters.

use poem::http::Uri;

use super::Error;
use crate::order::{OrderNumber, PageRequest, PerPage};

/// Which order a URL names, and how the list was cut into pages on the way there.
#[derive(Clone, Copy)]
pub struct OrderAddress {
    pub number: OrderNumber,
    pub per_page: PerPage,
}

impl OrderAddress {
    pub fn of(number: &str, uri: &Uri) -> Result<Self, Error> {
        let number = OrderNumber::parse(number).ok_or(Error::NotFound)?;
        Ok(Self { number, per_page: PageRequest::parse(None, Query::of(uri).first("per_page")).per_page })
    }
}

/// The parameters of a URL; what cannot be decoded is as if it were not there.
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn of(uri: &Uri) -> Self {
        Self(uri.query().and_then(|query| serde_urlencoded::from_str(query).ok()).unwrap_or_default())
    }

    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }
}
