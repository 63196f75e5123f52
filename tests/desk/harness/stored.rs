//! What stands in the database, read past the desk.

use crate::harness::database::{Database, Value};

/// The orders in the list's order, their history, and the calendar of counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub orders: Vec<Row>,
    pub events: Vec<(i64, i64, String, String)>,
    /// What each event changed, as JSON.
    pub changes: Vec<(i64, i64, Option<String>)>,
    /// What else is told of each event, as JSON.
    pub details: Vec<(i64, i64, Option<String>)>,
    pub counts: Vec<(i64, i64)>,
    /// Kept counts by kind, code and period: orders, units, cancelled, with dates, with a date of delivery.
    pub kept: std::collections::BTreeMap<(String, String, i64), Vec<i64>>,
    /// Of each order its number, its flags and those unseen, and both as the rows of its warnings say them.
    pub warnings: Vec<Vec<i64>>,
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
    pub cancelled_at: Option<String>,
    pub card: (String, String),
    pub flags: i64,
    pub submission: Option<String>,
    pub version: i64,
    pub created_by: String,
}

impl Row {
    fn of(columns: [Value; 16]) -> Self {
        let [
            number,
            date_uuid,
            user_id,
            store_code,
            product_code,
            quantity,
            order_date,
            shipping_date,
            delivery_date,
            cancelled_at,
            brand,
            last_four,
            flags,
            submission,
            version,
            created_by,
        ] = columns;
        Self {
            number: number.number(),
            date_uuid: date_uuid.text(),
            user_id: user_id.text(),
            store_code: store_code.text(),
            product_code: product_code.text(),
            quantity: quantity.number(),
            order_date: order_date.text(),
            shipping_date: shipping_date.text_or_none(),
            delivery_date: delivery_date.text_or_none(),
            cancelled_at: cancelled_at.text_or_none(),
            card: (brand.text(), last_four.text()),
            flags: flags.number(),
            submission: submission.text_or_none().map(form_of),
            version: version.number(),
            created_by: created_by.text(),
        }
    }
}

fn event([number, version, actor, kind]: [Value; 4]) -> (i64, i64, String, String) {
    (number.number(), version.number(), actor.text(), kind.text())
}

fn change([number, version, changes]: [Value; 3]) -> (i64, i64, Option<String>) {
    (number.number(), version.number(), changes.text_or_none())
}

fn count([period, orders]: [Value; 2]) -> (i64, i64) {
    (period.number(), orders.number())
}

fn kept_count(row: Vec<Value>) -> ((String, String, i64), Vec<i64>) {
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap();
    let key = (next().text(), next().text(), next().number());
    (key, row.map(Value::number).collect())
}

/// The form of a submission; behind it stands a digest of what the form said.
fn form_of(mut submission: String) -> String {
    submission.truncate(submission.find('/').unwrap_or(submission.len()));
    submission
}

impl Stored {
    pub fn read(database: &mut Database) -> Self {
        // One state of a database that others may be writing to.
        if let Database::Server(session) = database {
            session.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION");
        }
        let orders = database.rows(
            "SELECT number, date_uuid, user_id, store_code, product_code, product_quantity, order_date, \
             shipping_date, delivery_date, cancelled_at, card_brand, card_last4, flags, submission, version, created_by \
             FROM orders ORDER BY order_date DESC, number DESC",
        );
        let events =
            database.rows("SELECT order_number, version, actor, kind FROM order_events ORDER BY 1, 2");
        let changes = database.rows("SELECT order_number, version, changes FROM order_events ORDER BY 1, 2");
        let details = database.rows("SELECT order_number, version, detail FROM order_events ORDER BY 1, 2");
        let counts = database.rows("SELECT period, orders FROM order_counts ORDER BY 1");
        let kept = database.rows(
            "SELECT kind, code, period, SUM(orders), SUM(units), SUM(cancelled), SUM(dated), SUM(delivered) \
             FROM kept_counts GROUP BY kind, code, period ORDER BY kind, code, period",
        );
        let warnings = database.rows(
            "SELECT number, flags, unseen, (SELECT COALESCE(SUM(flag), 0) FROM order_warnings \
             JOIN warning_kinds ON warning_kinds.kind = order_warnings.kind WHERE order_number = number), \
             (SELECT COALESCE(SUM(flag), 0) FROM order_warnings JOIN warning_kinds \
             ON warning_kinds.kind = order_warnings.kind WHERE order_number = number AND seen_at IS NULL) \
             FROM orders ORDER BY 1",
        );
        if let Database::Server(session) = database {
            session.execute("COMMIT TRANSACTION");
        }
        Self {
            orders: orders.into_iter().map(|row| Row::of(row.try_into().unwrap())).collect(),
            events: events.into_iter().map(|row| event(row.try_into().unwrap())).collect(),
            changes: changes.into_iter().map(|row| change(row.try_into().unwrap())).collect(),
            details: details.into_iter().map(|row| change(row.try_into().unwrap())).collect(),
            warnings: warnings.into_iter().map(|row| row.into_iter().map(Value::number).collect()).collect(),
            kept: kept.into_iter().map(kept_count).filter(|(_, sums)| sums.iter().any(|n| *n != 0)).collect(),
            counts: counts.into_iter().map(|row| count(row.try_into().unwrap())).collect(),
        }
    }

    pub fn numbers(&self) -> Vec<i64> {
        self.orders.iter().map(|row| row.number).collect()
    }

    pub fn order(&self, number: i64) -> &Row {
        self.orders.iter().find(|row| row.number == number).unwrap_or_else(|| panic!("no order {number}"))
    }

    /// The kinds of an order's events, oldest first.
    pub fn kinds(&self, number: i64) -> Vec<&str> {
        self.events.iter().filter(|event| event.0 == number).map(|event| event.3.as_str()).collect()
    }

    /// What the newest event of an order changed: fields with their values before and after.
    pub fn newest_changes(&self, number: i64) -> Vec<(String, Option<String>, Option<String>)> {
        let newest = self.changes.iter().rfind(|change| change.0 == number).expect("an event");
        let list: serde_json::Value = serde_json::from_str(newest.2.as_deref().unwrap_or("[]")).unwrap();
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let change = |change: &serde_json::Value| {
            (text(&change["field"]).unwrap(), text(&change["before"]), text(&change["after"]))
        };
        list.as_array().unwrap().iter().map(change).collect()
    }

    /// Whether an order is cancelled, by its events: the last one that says anything of that.
    fn is_cancelled_by_events(&self, number: i64) -> bool {
        let of_order = self.events.iter().zip(&self.details).filter(|(event, _)| event.0 == number);
        of_order.fold(false, |is_cancelled, ((.., kind), (.., detail))| {
            let detail: serde_json::Value = serde_json::from_str(detail.as_deref().unwrap_or("{}")).unwrap();
            match detail.get("cancelled") {
                Some(change) => !change["after"].is_null(),
                None => is_cancelled || kind == "cancelled",
            }
        })
    }

    /// Asserts what holds of every database: each order was added and has an event for each version since, cancelled
    /// is what its events say, each is counted in its year, month and day, and the rows of its warnings say what its flags say.
    pub fn assert_sound(&self) {
        let versions = |row: &Row| (1..=row.version).map(|version| (row.number, version)).collect::<Vec<_>>();
        let mut expected: Vec<_> = self.orders.iter().flat_map(versions).collect();
        expected.sort_unstable();
        assert_eq!(self.events.iter().map(|event| (event.0, event.1)).collect::<Vec<_>>(), expected);
        for row in &self.orders {
            let kinds = self.kinds(row.number);
            let is_cancelled = self.is_cancelled_by_events(row.number);
            assert_eq!(
                (kinds[0], is_cancelled),
                ("added", row.cancelled_at.is_some()),
                "order {}",
                row.number
            );
        }
        for warnings in &self.warnings {
            let [number, flags, unseen, in_rows, unseen_in_rows] = warnings[..] else {
                panic!("{warnings:?}")
            };
            assert_eq!((flags, unseen), (in_rows, unseen_in_rows), "order {number}");
        }
        assert_eq!(self.kept, self.counted(), "kept counts");
        for digits in [4, 7, 10] {
            let mut expected = std::collections::BTreeMap::<i64, i64>::new();
            for row in &self.orders {
                *expected.entry(row.order_date[..digits].replace('-', "").parse().unwrap()).or_default() += 1;
            }
            let length = digits - digits / 4 + usize::from(digits == 4);
            // Where orders have gone to another day, nothing is left, or a count of none.
            let is_of_length = |period: i64| period.to_string().len() == length;
            let counts = self.counts.iter().copied().filter(|(period, n)| is_of_length(*period) && *n != 0);
            assert_eq!(counts.collect::<std::collections::BTreeMap<_, _>>(), expected);
        }
    }

    /// What the kept counts have to be.
    fn counted(&self) -> std::collections::BTreeMap<(String, String, i64), Vec<i64>> {
        let mut counts = std::collections::BTreeMap::new();
        for row in &self.orders {
            let is_cancelled = row.cancelled_at.is_some();
            let is = |fact: bool| i64::from(fact);
            let dated = row.shipping_date.is_some() || row.delivery_date.is_some();
            let sums = [
                1,
                row.quantity,
                is(is_cancelled),
                is(!is_cancelled && dated),
                is(!is_cancelled && row.delivery_date.is_some()),
            ];
            let ordered = Some(&row.order_date);
            for (kind, code, at) in [
                ("order", "", ordered),
                ("store", &*row.store_code, ordered),
                ("product", &*row.product_code, ordered),
                ("shipping", "", row.shipping_date.as_ref()),
                ("delivery", "", row.delivery_date.as_ref()),
                ("cancelled", "", row.cancelled_at.as_ref()),
            ] {
                for digits in [4, 10] {
                    let Some(at) = at else { continue };
                    let period = at[..digits].replace('-', "").parse().unwrap();
                    let key = (kind.to_owned(), code.to_owned(), period);
                    let count = counts.entry(key).or_insert_with(|| vec![0; sums.len()]);
                    for (sum, more) in count.iter_mut().zip(sums) {
                        *sum += more;
                    }
                }
            }
        }
        counts
    }
}
