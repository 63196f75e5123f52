//! HTTP/1.1 as far as these services need it.

use std::io::{self, BufRead, ErrorKind, Read, Write};

use serde_json::Value;
use ureq::http::{HeaderName, HeaderValue, Request, Response};

/// Reads one request; none if the other side has hung up before it.
pub fn read(from: &mut impl BufRead) -> io::Result<Option<Request<Vec<u8>>>> {
    let line = line(from)?;
    let mut words = line.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let mut request = Request::builder().method(method).uri(target).body(Vec::new()).map_err(invalid)?;
    while let Some((name, value)) = header(from)? {
        request.headers_mut().append(name, value);
    }
    let length =
        request.headers().get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    from.read_exact(&mut body)?;
    *request.body_mut() = body;
    Ok(Some(request))
}

fn header(from: &mut impl BufRead) -> io::Result<Option<(HeaderName, HeaderValue)>> {
    let line = line(from)?;
    let Some((name, value)) = line.split_once(": ") else { return Ok(None) };
    Ok(Some((name.parse().map_err(invalid)?, HeaderValue::from_str(value).map_err(invalid)?)))
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.take(64 * 1024).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

/// Writes an answer, or only the first of its bytes.
pub fn write(to: &mut impl Write, response: &Response<Vec<u8>>, bytes: usize) -> io::Result<()> {
    let status = response.status();
    write!(to, "HTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or_default())?;
    for (name, value) in response.headers() {
        write!(to, "{name}: {}\r\n", value.to_str().map_err(invalid)?)?;
    }
    let body = response.body();
    write!(to, "content-length: {}\r\n\r\n", body.len())?;
    to.write_all(&body[..bytes.min(body.len())])?;
    to.flush()
}

pub fn json(status: u16, body: &Value) -> Response<Vec<u8>> {
    text(status, "application/json; charset=utf-8", &body.to_string())
}

pub fn text(status: u16, kind: &str, body: &str) -> Response<Vec<u8>> {
    Response::builder().status(status).header("content-type", kind).body(body.as_bytes().to_vec()).unwrap()
}

/// Adds a header to an answer.
pub fn with(mut response: Response<Vec<u8>>, name: &'static str, value: &str) -> Response<Vec<u8>> {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

/// The values of a form or of a query.
pub fn form(encoded: &[u8]) -> Vec<(String, String)> {
    serde_urlencoded::from_bytes(encoded).unwrap_or_default()
}

pub fn value_of<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(of, _)| of == name).map_or("", |(_, value)| value)
}
