//! A tour of the crate on any server that speaks T-SQL. It leaves nothing behind: its table is a temporary one.
//!
//! ```text
//! cargo run --example tour -- 'mssql://user:password@host:1433/database?ca=FILE'
//! ```
//!
//! A connection string of ADO.NET does as well, and so does the environment variable `DATABASE_URL`.
#![allow(missing_docs, reason = "`table!` makes public items")]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_mssql::{
    BulkRow, ConnectOptions, ConnectionString, Isolation, Login, MssqlConnection, MssqlType, Pool, bulk_copy,
    functions,
};

diesel::table! {
    #[sql_name = "#things"]
    things (id) {
        id -> Integer,
        name -> Text,
        stock -> BigInt,
        note -> Nullable<Text>,
    }
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = things, check_for_backend(diesel_mssql::Mssql))]
struct Thing {
    id: i32,
    name: String,
    stock: i64,
    note: Option<String>,
}

const USAGE: &str = "usage: tour URL
URL is mssql://user:password@host:1433/database, with ?ca=FILE, ?encrypt=strict or ?trust=any as needed,
or an ADO.NET connection string. Without it, the environment variable DATABASE_URL is taken.";

#[tokio::main]
async fn main() -> ExitCode {
    #[allow(clippy::disallowed_methods, reason = "an example has no other settings")]
    let url = std::env::args().nth(1).or_else(|| std::env::var("DATABASE_URL").ok());
    let Some(url) = url else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match tour(&url).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn tour(url: &str) -> Result<(), Box<dyn Error>> {
    let url: ConnectionString = url.parse().map_err(|error| format!("URL {error}"))?;
    println!("connecting to {url}");
    let credentials = url.credentials.clone().ok_or("URL must have a user and a password")?;
    let options =
        ConnectOptions { application: "tour".to_owned(), ..url.options(Login::Password(credentials)) };
    let pool = Pool::new(options, 2, Duration::from_secs(5));

    let mut conn = pool.get().await?;
    write(&mut conn).await?;
    read(&mut conn).await?;
    change(&mut conn).await?;
    conn.batch_execute("DROP TABLE #things").await?;
    pool.give_back(conn);
    println!("{:?}", pool.usage());
    Ok(())
}

/// One row, several, and many.
async fn write(conn: &mut MssqlConnection) -> QueryResult<()> {
    conn.batch_execute(
        "CREATE TABLE #things (id INT NOT NULL PRIMARY KEY, name NVARCHAR(40) NOT NULL, stock BIGINT NOT NULL, \
         note NVARCHAR(40) NULL)",
    )
    .await?;
    let lamp = Thing { id: 1, name: "lamp".to_owned(), stock: 3, note: None };
    diesel::insert_into(things::table).values(&lamp).execute(conn).await?;
    let few = [(things::id.eq(2), things::name.eq("chair"), things::stock.eq(0))];
    diesel::insert_into(things::table).values(&few).execute(conn).await?;
    let many = (3..1_000).map(|id| {
        let mut row = BulkRow::default();
        row.push(MssqlType::Int, Some(id));
        row.push(MssqlType::NVarChar, Some(format!("box {id}")));
        row.push(MssqlType::BigInt, Some(i64::from(id % 7)));
        row.push(MssqlType::NVarChar, None::<String>);
        row
    });
    let copied = bulk_copy(conn, "#things", &["id", "name", "stock", "note"], many).await?;
    println!("{copied} rows by bulk copy");
    Ok(())
}

/// A page, and sums that are as wide as their column.
async fn read(conn: &mut MssqlConnection) -> QueryResult<()> {
    let page: Vec<Thing> = things::table
        .select(Thing::as_select())
        .filter(things::stock.gt(0))
        .order(things::id)
        .offset(1)
        .limit(3)
        .load(conn)
        .await?;
    println!("{page:?}");
    let (count, stock): (i64, Option<i64>) = things::table
        .select((functions::count_big(things::id), functions::sum(things::stock)))
        .get_result(conn)
        .await?;
    println!("{count} things, {stock:?} in stock");
    Ok(())
}

/// A transaction whose savepoint is rolled back, and a key that is taken.
async fn change(conn: &mut MssqlConnection) -> QueryResult<()> {
    conn.set_isolation(Isolation::ReadCommitted);
    conn.transaction(async |conn| {
        let lamp = things::table.find(1);
        diesel::update(lamp).set(things::note.eq("sold")).execute(conn).await?;
        let undone = conn
            .transaction(async |conn| {
                diesel::delete(things::table).execute(conn).await?;
                Err::<(), _>(QueryError::RollbackTransaction)
            })
            .await;
        println!("within: {undone:?}");
        let note: Option<String> = lamp.select(things::note).get_result(conn).await?;
        println!("the lamp is {note:?}");
        QueryResult::Ok(())
    })
    .await?;
    let again = diesel::insert_into(things::table)
        .values((things::id.eq(1), things::name.eq("lamp"), things::stock.eq(1)))
        .execute(conn)
        .await;
    match again {
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, said)) => {
            println!("refused: {}", said.message());
            Ok(())
        }
        other => other.map(drop),
    }
}
