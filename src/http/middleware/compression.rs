//! Pages, compressed for whoever takes that. Files are compressed ahead.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use poem::http::{HeaderValue, header};
use poem::{Endpoint, Request, Response, Result};

use crate::http::accept_encoding::accepts_gzip;

/// Below this, in bytes, compressing costs more than it saves.
const MIN_COMPRESSED: usize = 1024;

/// Compresses the pages that go through it.
pub struct CompressedPages<E>(pub E);

impl<E: Endpoint<Output = Response>> Endpoint for CompressedPages<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let is_wanted = accepts_gzip(request.headers());
        let response = self.0.call(request).await?;
        Ok(if is_wanted { compress(response).await } else { response })
    }
}

/// Compresses a page that is worth it. Nothing secret is in a page, so its length gives nothing away.
async fn compress(mut response: Response) -> Response {
    let is_page = response.content_type().is_some_and(|kind| kind.starts_with("text/html"));
    if !is_page || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let Ok(page) = response.take_body().into_bytes().await else { return response };
    let gzipped = (page.len() >= MIN_COMPRESSED).then(|| gzip(&page)).flatten();
    match gzipped {
        Some(gzipped) => {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response.set_body(gzipped);
        }
        None => response.set_body(page),
    }
    response
}

fn gzip(page: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(page.len() / 3), Compression::fast());
    // Writing to memory does not fail; if it did, the page would go out as it is.
    encoder.write_all(page).ok()?;
    encoder.finish().ok()
}
