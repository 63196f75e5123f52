//! Orders as one array of JSON (RFC 8259), with an object a line.

use super::ndjson;
use crate::order::{LocalTime, Order};

pub const HEAD: &[u8] = b"[";
pub const END: &[u8] = b"\n]\n";

/// Appends some orders, of which the first may be the first of all.
pub fn write(bytes: &mut Vec<u8>, orders: &[Order], now: LocalTime, is_first: bool) {
    let mut before: &[u8] = if is_first { b"\n" } else { b",\n" };
    for order in orders {
        bytes.extend_from_slice(before);
        ndjson::object(bytes, order, now);
        before = b",\n";
    }
}
