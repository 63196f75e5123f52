//! A measured value, as the table shows it.

use std::time::Duration;

/// What was measured of one program; with a value if the programs are to be compared by it.
pub struct Cell {
    pub shown: String,
    pub value: Option<f64>,
}

impl Cell {
    pub fn plain(shown: String) -> Self {
        Self { shown, value: None }
    }

    pub fn milliseconds(time: Duration) -> Self {
        let value = time.as_secs_f64() * 1000.0;
        Self { shown: format!("{value:.1} ms"), value: Some(value) }
    }
}

/// A number with commas between its thousands.
pub fn grouped(number: u64) -> String {
    if number < 1000 {
        number.to_string()
    } else {
        format!("{},{:03}", grouped(number / 1000), number % 1000)
    }
}
