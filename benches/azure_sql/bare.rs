//! The same T-SQL through bare tiberius: the texts are those of the desk's reviewed snapshot.

use anyhow::{Context, Result, ensure};
use tiberius::{Client, Query, Row};
use tokio::net::TcpStream;
use tokio_util::compat::Compat;

use crate::server::Server;

const SNAPSHOT: &str = include_str!(
    "../../src/db/azure_sql/snapshots/orders__db__azure_sql__plans__every_query_is_as_reviewed.snap"
);
const PER_PAGE: i64 = 25;

/// A connection of the driver's, and nothing around it.
pub struct Bare {
    client: Client<Compat<TcpStream>>,
}

/// A page as the list needs it: every column in a type of its own.
pub struct Page(Vec<Order>);

#[allow(dead_code, reason = "what is measured is that all of it is read")]
struct Order {
    number: i64,
    texts: [String; 4],
    quantity: i32,
    ordered: tiberius::time::DateTime2,
    dates: [Option<tiberius::time::DateTime2>; 3],
    card: [String; 2],
    flags: i16,
}

impl Bare {
    pub async fn connect(server: &Server) -> Result<Self> {
        Ok(Self { client: server.client(&server.database).await? })
    }

    pub async fn page(&mut self, page: u64) -> Result<Page> {
        if page == 1 { self.first_page().await } else { self.deep_page(page).await }
    }

    async fn first_page(&mut self) -> Result<Page> {
        let mut query = Query::new(text("first_page")?);
        query.bind(PER_PAGE);
        query.bind(1_i64);
        query.bind(1_i32);
        query.bind(9999_i32);
        Page::read(&query.query(&mut self.client).await?.into_first_result().await?)
    }

    /// The desk finds where a page begins by its calendar of counts; the same way here, with the same questions.
    async fn deep_page(&mut self, page: u64) -> Result<Page> {
        self.batch("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION").await?;
        let mut skip = i64::try_from(page - 1)? * PER_PAGE;
        let mut period = self.period((1, 9999), &mut skip).await?;
        while period < 10_000_000 {
            let last = if period < 10_000 { 12 } else { 31 };
            period = self.period((period * 100 + 1, period * 100 + last), &mut skip).await?;
        }
        let day = chrono::NaiveDate::from_ymd_opt(
            period / 10_000,
            (period / 100 % 100).unsigned_abs(),
            (period % 100).unsigned_abs(),
        )
        .and_then(|day| day.succ_opt())
        .context("a day that is none")?;
        let before = diesel_mssql::date_time(day.into()).map_err(anyhow::Error::from_boxed)?;

        let mut query = Query::new(text("page_of_orders")?);
        query.bind(Time(before));
        query.bind(skip);
        query.bind(PER_PAGE);
        let rows = query.query(&mut self.client).await?.into_first_result().await?;
        self.batch("COMMIT TRANSACTION").await?;
        Page::read(&rows)
    }

    async fn period(&mut self, range: (i32, i32), skip: &mut i64) -> Result<i32> {
        let mut query = Query::new(text("periods_within")?);
        query.bind(range.0);
        query.bind(range.1);
        for row in query.query(&mut self.client).await?.into_first_result().await? {
            let (period, orders): (i32, i64) = (value(&row, 0)?, value(&row, 1)?);
            if *skip < orders {
                return Ok(period);
            }
            *skip -= orders;
        }
        anyhow::bail!("there are not so many orders")
    }

    async fn batch(&mut self, sql: &str) -> Result<()> {
        self.client.simple_query(sql).await?.into_results().await?;
        Ok(())
    }
}

impl Page {
    fn read(rows: &[Row]) -> Result<Self> {
        rows.iter().map(Order::read).collect::<Result<_>>().map(Self)
    }

    pub fn numbers(&self) -> Vec<i64> {
        self.0.iter().map(|order| order.number).collect()
    }
}

impl Order {
    fn read(row: &Row) -> Result<Self> {
        let text = |index| value::<&str>(row, index).map(str::to_owned);
        let time = |index| match row.get_column_data(index)? {
            tiberius::ColumnData::DateTime2(time) => Ok::<_, anyhow::Error>(*time),
            other => anyhow::bail!("column {index} is {other:?}"),
        };
        Ok(Self {
            number: value(row, 0)?,
            texts: [text(1)?, text(2)?, text(3)?, text(4)?],
            quantity: value(row, 5)?,
            ordered: time(6)?.context("no order date")?,
            dates: [time(7)?, time(8)?, time(9)?],
            card: [text(10)?, text(11)?],
            flags: value(row, 12)?,
        })
    }
}

struct Time(tiberius::time::DateTime2);

impl<'a> tiberius::IntoSql<'a> for Time {
    fn into_sql(self) -> tiberius::ColumnData<'a> {
        tiberius::ColumnData::DateTime2(Some(self.0))
    }
}

fn value<'a, T: tiberius::FromSql<'a>>(row: &'a Row, index: usize) -> Result<T> {
    row.try_get(index)?.with_context(|| format!("column {index} is NULL"))
}

/// The T-SQL of a query, without the values that the snapshot shows.
fn text(name: &str) -> Result<&'static str> {
    let mut lines = SNAPSHOT.lines().skip_while(|line| *line != name).skip(1);
    let line = lines.next().with_context(|| format!("the snapshot has no query {name}"))?;
    let sql = line.split(" -- binds").next().unwrap_or(line).trim();
    ensure!(sql.starts_with("SELECT"), "{name} is no query: {sql}");
    Ok(sql)
}
