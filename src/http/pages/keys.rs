//! What single keys do, for whoever asks by one of them.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::web::Data;
use poem::{Response, handler};

use crate::http::respond::html;
use crate::http::{AppState, Error};
use crate::view::KeysPage;

/// The page that tells all keys.
#[handler]
pub fn index(Data(state): Data<&Arc<AppState>>) -> Result<Response, Error> {
    html(state, StatusCode::OK, &KeysPage::new())
}
