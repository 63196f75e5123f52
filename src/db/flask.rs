//! The table of the Flask application that this program replaces: how it is known, and its rows as they are.
//!
//! Nothing here judges a row: every column comes as text, whatever the database took it for.

use std::fmt;

use diesel::prelude::*;
use diesel::sql_types::Text;
use zeroize::Zeroizing;

use crate::order::Field;

/// What the Flask application calls its table, as this program calls its own.
pub(super) const BEFORE: &str = "orders";
/// What its table is called from the moment that its orders are adopted.
pub(super) const AFTER: &str = "orders_flask";

/// A column as the database describes it.
#[derive(QueryableByName)]
pub(super) struct Column {
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    /// Its type, in the database's words.
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
}

/// The Flask application's table of orders, found by its columns.
#[derive(Debug, Clone)]
pub struct FlaskTable {
    /// Whether its adoption has begun: it is called `orders_flask` then, and beside it are this program's tables.
    pub is_begun: bool,
    /// How many rows it has.
    pub rows: u64,
    /// How many of them have no key of text, and so no place in the order of keys.
    pub without_key: u64,
    /// The columns' names and types as they are, in the order of [`Field::ALL`].
    columns: [Option<(String, String)>; Field::ALL.len()],
}

impl FlaskTable {
    /// Knows the table by its columns; all but the delivery date and the note must be there.
    pub(super) fn of(columns: &[Column], is_begun: bool) -> Option<Self> {
        let columns = Field::ALL.map(|field| {
            let found = columns.iter().find(|column| column.name.eq_ignore_ascii_case(column_of(field)));
            found.map(|column| (column.name.clone(), column.kind.clone()))
        });
        let is_there = |field| columns[place_of(field)].is_some();
        let may_lack = |field| matches!(field, Field::DeliveryDate | Field::Note);
        Field::ALL.into_iter().all(|field| may_lack(field) || is_there(field)).then_some(Self {
            is_begun,
            rows: 0,
            without_key: 0,
            columns,
        })
    }

    pub(super) fn name(&self) -> &'static str {
        if self.is_begun { AFTER } else { BEFORE }
    }

    /// A column's name and type; none if the table has no such column.
    pub(super) fn column(&self, field: Field) -> Option<(&str, &str)> {
        self.columns[place_of(field)].as_ref().map(|(name, kind)| (name.as_str(), kind.as_str()))
    }
}

/// The Flask application's name for a field's column.
fn column_of(field: Field) -> &'static str {
    match field {
        Field::DateUuid => "date_uuid",
        Field::UserId => "User ID",
        Field::CardNumber => "Card Number",
        Field::StoreCode => "Store Code",
        Field::ProductCode => "product_code",
        Field::Quantity => "Product Quantity",
        Field::OrderDate => "Order Date",
        Field::ShippingDate => "Shipping Date",
        Field::DeliveryDate => "Delivery Date",
        // It has no such column.
        Field::Note => "Note",
    }
}

fn place_of(field: Field) -> usize {
    // Never the fallback: every field is one of all.
    Field::ALL.iter().position(|one| *one == field).unwrap_or_default()
}

/// A row of the Flask application, as text.
///
/// Any column may hold a card number, so all of them are wiped, and `Debug` shows none.
pub struct FlaskRow([Option<Zeroizing<Vec<u8>>>; Field::ALL.len()]);

/// A row's key, by which the next batch is found; wiped and hidden like the row.
pub struct FlaskKey {
    pub(super) date_uuid: Zeroizing<Vec<u8>>,
    pub(super) user_id: Zeroizing<Vec<u8>>,
}

impl FlaskRow {
    /// A row of what stands in its columns, in the order of [`Field::ALL`].
    pub fn new(values: [Option<Vec<u8>>; Field::ALL.len()]) -> Self {
        Self(values.map(|value| value.map(Zeroizing::new)))
    }

    /// What the Flask application calls a field's column.
    pub fn column_of(field: Field) -> &'static str {
        column_of(field)
    }

    /// What stands in a column; empty for NULL, with a mark for bytes that are no UTF-8.
    pub fn text(&self, field: Field) -> Zeroizing<String> {
        let bytes = self.0[place_of(field)].as_ref().map_or(&[][..], |bytes| bytes.as_slice());
        Zeroizing::new(String::from_utf8_lossy(bytes).into_owned())
    }

    pub fn key(&self) -> FlaskKey {
        let bytes = |field| self.0[place_of(field)].clone().unwrap_or_default();
        FlaskKey { date_uuid: bytes(Field::DateUuid), user_id: bytes(Field::UserId) }
    }

    /// Whether the database may take both keys for one: some collations compare without case, and all on a
    /// server without spaces at the end.
    fn may_share_key(&self, other: &Self) -> bool {
        let is_same = |a: &[u8], b: &[u8]| a.trim_ascii_end().eq_ignore_ascii_case(b.trim_ascii_end());
        let (ours, theirs) = (self.key(), other.key());
        is_same(&ours.date_uuid, &theirs.date_uuid) && is_same(&ours.user_id, &theirs.user_id)
    }
}

impl fmt::Debug for FlaskRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlaskRow").finish_non_exhaustive()
    }
}

impl fmt::Debug for FlaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlaskKey").finish_non_exhaustive()
    }
}

/// Cuts a batch of at most `limit` rows so that rows of one key stay together: the next batch begins behind the
/// last key of this one.
///
/// Only a table without a primary key has such rows. More of them than a batch holds are not distinguished: at most
/// one of them can be an order.
pub(super) fn whole_keys(mut rows: Vec<FlaskRow>, limit: usize) -> Vec<FlaskRow> {
    let (Some(last), true) = (rows.last(), rows.len() > limit) else { return rows };
    let shared = rows.iter().rev().take_while(|row| row.may_share_key(last)).count();
    if shared < rows.len() {
        rows.truncate(rows.len() - shared);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(date_uuid: &str) -> FlaskRow {
        let mut values: [Option<Vec<u8>>; 10] = Default::default();
        values[place_of(Field::DateUuid)] = Some(date_uuid.as_bytes().to_vec());
        FlaskRow::new(values)
    }

    fn cut(keys: &[&str], limit: usize) -> Vec<String> {
        let rows = whole_keys(keys.iter().map(|key| row(key)).collect(), limit);
        rows.iter().map(|row| row.text(Field::DateUuid).to_string()).collect()
    }

    #[test]
    fn a_batch_ends_between_two_keys() {
        assert_eq!(cut(&["a", "b", "c"], 3), ["a", "b", "c"]);
        assert_eq!(cut(&["a", "b", "c"], 2), ["a", "b"]);
        assert_eq!(cut(&["a", "b", "B "], 2), ["a"]);
        assert_eq!(cut(&["b", "b", "b"], 2), ["b", "b", "b"]);
    }

    #[test]
    fn a_table_is_known_by_its_columns() {
        let columns = |leave_out: Field| -> Vec<Column> {
            let there = Field::ALL.into_iter().filter(|field| *field != leave_out);
            there.map(|field| Column { name: column_of(field).to_lowercase(), kind: String::new() }).collect()
        };
        for field in Field::ALL {
            let found = FlaskTable::of(&columns(field), false);
            assert_eq!(found.is_some(), matches!(field, Field::DeliveryDate | Field::Note), "{field:?}");
        }
    }

    #[test]
    fn what_is_read_is_not_shown() {
        let row = row("4111111111111111");
        assert!(!format!("{row:?} {:?}", row.key()).contains('1'));
        assert_eq!(*FlaskRow::new([const { None }; 10]).text(Field::CardNumber), "");
    }
}
