//! The bare program: hyper and rusqlite, and nothing between them that could be left out.
//!
//! It escapes nothing, checks nothing and counts nothing. Its connections are set up as the desk's are.

use std::cell::OnceCell;
use std::fmt::Write;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use tokio::net::TcpListener;

macro_rules! select_orders {
    ($which:literal) => {
        concat!(
            "SELECT number, date_uuid, user_id, store_code, product_code, product_quantity, order_date, ",
            "shipping_date, delivery_date, cancelled_at, card_brand, card_last4, flags, note FROM orders ",
            $which
        )
    };
}
const PAGE: &str = select_orders!("ORDER BY order_date DESC, number DESC LIMIT 25 OFFSET ?1");
const ORDER: &str = select_orders!("WHERE number = ?1");
const COLUMNS: usize = 14;
/// The parameters are the fields of the form, in its order.
pub const INSERT: &str = "INSERT INTO orders (date_uuid, user_id, card_brand, card_last4, store_code, product_code,
    product_quantity, order_date, shipping_date, delivery_date, card_sealed, card_seal_key, card_hash, card_hash_key,
    flags, version, created_at, created_by, updated_at, updated_by)
    VALUES (?1, ?2, 'visa', substr(?3, -4), ?4, ?5, ?6, ?7 || ':00', nullif(?8, ''), nullif(?9, ''),
    zeroblob(44), 1, zeroblob(32), 1, 0, 1, datetime('now'), 'bare', datetime('now'), 'bare')";

struct Bare {
    database: PathBuf,
    writer: Mutex<Connection>,
}

thread_local! {
    static READER: OnceCell<Connection> = const { OnceCell::new() };
}

/// Serves on a free port, which it prints, until it is killed.
pub fn serve(database: &Path) -> Result<()> {
    let writer = Connection::open(database)?;
    writer
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384")?;
    let bare = Arc::new(Bare { database: database.to_owned(), writer: Mutex::new(writer) });
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let bare = Arc::clone(&bare);
            // An error ends the connection, which the load generator reports.
            let answer = service_fn(move |request| answer(Arc::clone(&bare), request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    })
}

async fn answer(bare: Arc<Bare>, mut request: Request<Incoming>) -> Result<Response<String>> {
    if request.method() == Method::POST {
        let number = bare.insert(&read(request.body_mut()).await?)?;
        let location = format!("/orders/{number}");
        return Ok(Response::builder().status(303).header("location", location).body(String::new())?);
    }
    let page = if let Some(number) = request.uri().path().strip_prefix("/orders/") {
        bare.page(ORDER, number.parse()?)?
    } else {
        let page = request.uri().query().and_then(|query| query.strip_prefix("page="));
        bare.page(PAGE, 25 * (page.unwrap_or("1").parse::<i64>()? - 1))?
    };
    Ok(Response::builder().header("content-type", "text/html; charset=utf-8").body(page)?)
}

async fn read(body: &mut Incoming) -> Result<Vec<u8>> {
    let mut read = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
        read.extend(frame?.into_data().into_iter().flatten());
    }
    Ok(read)
}

impl Bare {
    /// Reads on this thread's own connection and writes the rows as they come.
    fn page(&self, query: &str, parameter: i64) -> Result<String> {
        READER.with(|reader| {
            if reader.get().is_none() {
                let connection = Connection::open(&self.database)?;
                connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -4096")?;
                drop(reader.set(connection));
            }
            let mut page = String::with_capacity(8192);
            page.push_str("<!DOCTYPE html><title>Orders</title><table>");
            if let Some(reader) = reader.get() {
                write_rows(&mut page, reader, query, parameter)?;
            }
            page.push_str("</table>");
            Ok(page)
        })
    }

    /// Adds one row in a transaction of its own.
    fn insert(&self, form: &[u8]) -> Result<i64> {
        let form: Vec<(String, String)> = serde_urlencoded::from_bytes(form)?;
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.prepare_cached(INSERT)?.execute(params_from_iter(form.iter().map(|(_, value)| value)))?;
        Ok(writer.last_insert_rowid())
    }
}

fn write_rows(page: &mut String, reader: &Connection, query: &str, parameter: i64) -> Result<()> {
    let mut statement = reader.prepare_cached(query)?;
    let mut rows = statement.query([parameter])?;
    while let Some(row) = rows.next()? {
        write!(page, "<tr id=\"order-{}\">", row.get::<_, i64>(0)?)?;
        for column in 0..COLUMNS {
            page.push_str("<td>");
            match row.get_ref(column)? {
                ValueRef::Integer(number) => write!(page, "{number}")?,
                value => page.push_str(value.as_str_or_null()?.unwrap_or_default()),
            }
        }
    }
    Ok(())
}
