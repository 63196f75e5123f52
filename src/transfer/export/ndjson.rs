//! Orders as lines of JSON (<https://github.com/ndjson/ndjson-spec>): an object a line.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::order::{LocalTime, Order, QualityFlags};
use crate::transfer::columns::{Cell, Column};

/// Appends some orders, a line each.
pub fn write(bytes: &mut Vec<u8>, orders: &[Order], now: LocalTime) {
    for order in orders {
        object(bytes, order, now);
        bytes.push(b'\n');
    }
}

/// Appends an object.
pub fn object(bytes: &mut Vec<u8>, order: &Order, now: LocalTime) {
    // Never fails: the keys are texts, and memory takes what is written to it.
    let _ = serde_json::to_writer(bytes, &Object { order, now });
}

struct Object<'a> {
    order: &'a Order,
    now: LocalTime,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Column::ALL.len()))?;
        for column in Column::ALL {
            map.serialize_entry(column.name(), &Value(column.cell(self.order, self.now)))?;
        }
        map.end()
    }
}

struct Value<'a>(Cell<'a>);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Cell::Empty => serializer.serialize_none(),
            Cell::Number(number) => serializer.serialize_i64(number),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Time(time) => serializer.serialize_str(&time.iso()),
            Cell::Moment(moment) => serializer.serialize_str(&moment.iso()),
            Cell::Warnings(flags) => Names(flags).serialize(serializer),
        }
    }
}

/// The names of warnings.
struct Names(QualityFlags);

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names = serializer.serialize_seq(None)?;
        for warning in self.0.iter() {
            names.serialize_element(warning.name())?;
        }
        names.end()
    }
}
