//! What stands in the database, read past the desk.

use rusqlite::Connection;

/// The orders in the list's order, their history, and the calendar of counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub orders: Vec<Row>,
    pub events: Vec<(i64, i64, String, String)>,
    pub counts: Vec<(i64, i64)>,
}

/// An order's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub number: i64,
    pub date_uuid: String,
    pub user_id: String,
    pub store_code: String,
    pub product_code: String,
    pub quantity: i64,
    pub order_date: String,
    pub shipping_date: Option<String>,
    pub delivery_date: Option<String>,
    pub card: (String, String),
    pub submission: Option<String>,
    pub version: i64,
    pub created_by: String,
}

/// The form of a submission; behind it stands a digest of what the form said.
fn form_of(mut submission: String) -> String {
    submission.truncate(submission.find('/').unwrap_or(submission.len()));
    submission
}

impl Stored {
    pub fn read(database: &Connection) -> Self {
        let mut orders = database
            .prepare(
                "SELECT number, date_uuid, user_id, store_code, product_code, product_quantity, order_date, \
                 shipping_date, delivery_date, card_brand, card_last4, submission, version, created_by \
                 FROM orders ORDER BY order_date DESC, number DESC",
            )
            .unwrap();
        let orders = orders.query_map([], |row| {
            Ok(Row {
                number: row.get(0)?,
                date_uuid: row.get(1)?,
                user_id: row.get(2)?,
                store_code: row.get(3)?,
                product_code: row.get(4)?,
                quantity: row.get(5)?,
                order_date: row.get(6)?,
                shipping_date: row.get(7)?,
                delivery_date: row.get(8)?,
                card: (row.get(9)?, row.get(10)?),
                submission: row.get::<_, Option<String>>(11)?.map(form_of),
                version: row.get(12)?,
                created_by: row.get(13)?,
            })
        });
        let orders = orders.unwrap().collect::<Result<_, _>>().unwrap();
        let mut events = database
            .prepare("SELECT order_number, version, actor, kind FROM order_events ORDER BY 1, 2")
            .unwrap();
        let events = events.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
        let events = events.unwrap().collect::<Result<_, _>>().unwrap();
        let mut counts = database.prepare("SELECT period, orders FROM order_counts ORDER BY 1").unwrap();
        let counts = counts.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        let counts = counts.unwrap().collect::<Result<_, _>>().unwrap();
        Self { orders, events, counts }
    }

    pub fn numbers(&self) -> Vec<i64> {
        self.orders.iter().map(|row| row.number).collect()
    }

    pub fn order(&self, number: i64) -> &Row {
        self.orders.iter().find(|row| row.number == number).unwrap_or_else(|| panic!("no order {number}"))
    }

    /// Asserts what holds of every database: each order has its history and is counted in its year, month
    /// and day.
    pub fn assert_sound(&self) {
        let mut numbers = self.numbers();
        numbers.sort_unstable();
        let added: Vec<_> = self.events.iter().map(|event| event.0).collect();
        assert_eq!(added, numbers, "each order was added once");
        for digits in [4, 7, 10] {
            let mut expected = std::collections::BTreeMap::<i64, i64>::new();
            for row in &self.orders {
                *expected.entry(row.order_date[..digits].replace('-', "").parse().unwrap()).or_default() += 1;
            }
            let length = digits - digits / 4 + usize::from(digits == 4);
            let counts = self.counts.iter().copied().filter(|(period, _)| period.to_string().len() == length);
            assert_eq!(counts.collect::<std::collections::BTreeMap<_, _>>(), expected);
        }
    }
}

/// `PRAGMA integrity_check`.
pub fn verdict(database: &Connection) -> String {
    database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
