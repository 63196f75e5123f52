//! Static files: for ever under hashed names, compressed ahead.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, header};
use poem::web::{Data, Path};
use poem::{Response, handler};

use crate::http::accept_encoding::accepts_gzip;
use crate::http::{AppState, Error};
use crate::view::Asset;

/// A file by its hashed name, which no other content will ever have.
#[handler]
pub fn show(
    Data(state): Data<&Arc<AppState>>,
    Path(name): Path<String>,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let asset = state.view.assets().find(&name).ok_or(Error::NotFound)?;
    Ok(answer(asset, headers, "public, max-age=31536000, immutable"))
}

/// The icon at the path that browsers guess.
#[handler]
pub fn favicon(Data(state): Data<&Arc<AppState>>, headers: &HeaderMap) -> Result<Response, Error> {
    let asset = state.view.assets().find_plain("icon.svg").ok_or(Error::NotFound)?;
    Ok(answer(asset, headers, "public, max-age=86400"))
}

fn answer(asset: &Asset, headers: &HeaderMap, cache: &'static str) -> Response {
    let response = Response::builder()
        .status(StatusCode::OK)
        .header(header::CACHE_CONTROL, cache)
        .header(header::VARY, "accept-encoding")
        .content_type(asset.content_type());
    match asset.gzipped().filter(|_| accepts_gzip(headers)) {
        Some(gzipped) => response.header(header::CONTENT_ENCODING, "gzip").body(gzipped.to_vec()),
        None => response.body(asset.content().to_vec()),
    }
}
