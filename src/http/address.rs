//! What a URL says beside its route: which order, and parameters.

use poem::http::Uri;

use super::Error;
use crate::order::{ListQuery, OrderNumber};

/// Which order a URL names, and the list that somebody came from.
pub struct OrderAddress {
    pub number: OrderNumber,
    pub list: ListQuery,
}

impl OrderAddress {
    pub fn of(number: &str, uri: &Uri) -> Result<Self, Error> {
        let number = OrderNumber::parse(number).ok_or(Error::NotFound)?;
        Ok(Self { number, list: list_of(uri) })
    }
}

/// The list that a URL names, or hands on.
pub fn list_of(uri: &Uri) -> ListQuery {
    ListQuery::parse(uri.query().unwrap_or_default())
}

/// The parameters of a URL; what cannot be decoded is as if it were not there.
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn of(uri: &Uri) -> Self {
        Self(uri.query().and_then(|query| serde_urlencoded::from_str(query).ok()).unwrap_or_default())
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }
}
