//! What is said about a file before it is imported, and what came of it.

use super::{ImportArguments, ImportFile};
use crate::cli::output::{Unheard, say};
use crate::db::RowCounts;
use crate::order::{Change, Field, NewOrder, counted, grouped};
use crate::transfer::FileFormat;
use crate::transfer::import::{
    ColumnUse, DateOrder, Ending, Fault, MatchedBy, Outcome, RawRow, SettledRow, Skipped, Survey,
};

/// Rows that a dry run shows.
pub(super) const FIRST_ROWS: usize = 10;
/// Wrong values that are told.
const WRONG_VALUES: usize = 20;

/// What a file is, what its columns are, and what is wrong in it.
pub(super) fn tell_file(name: &str, file: &ImportFile, survey: &Survey) -> Result<(), Unheard> {
    let reading = &file.reading;
    let (encoding, separator) = (reading.encoding.label(), reading.separator.name());
    let header = if reading.has_header { "" } else { ", without a header" };
    let what = match reading.format {
        FileFormat::Csv => format!("CSV in {encoding}, separated by {separator}{header}"),
        FileFormat::Ndjson => "lines of JSON".to_owned(),
        FileFormat::Json => "a JSON array".to_owned(),
        FileFormat::Xlsx => format!("an Excel workbook{header}"),
    };
    say(format_args!("{name}: {what}, {}", counted(survey.rows, "row")))?;
    if file.sheets.len() > 1 {
        say(format_args!("  sheets: {}. --sheet says which is read", file.sheets.join(", ")))?;
    }
    for column in &file.mapping.columns {
        say(format_args!("  {}: {}", column.name, tell_column(column)))?;
    }
    for field in file.mapping.missing() {
        say(format_args!(
            "  no column is the {}: rows of new orders are wrong",
            field.label().to_lowercase()
        ))?;
    }
    for (column, dates) in &file.dates {
        let used = file.mapping.columns.get(*column);
        if let Some(used) = used.filter(|used| dates.is_open() && used.dates.is_none()) {
            say(format_args!(
                "{}: {} like 3/4/2026, and nothing tells whether the day or the month comes first. Add --day-first or --month-first",
                used.name,
                counted(dates.either, "date")
            ))?;
        }
    }
    tell_wrong(file, survey)
}

fn tell_column(column: &ColumnUse) -> String {
    let Some(field) = column.field else { return "left out".to_owned() };
    let why = match column.by {
        MatchedBy::Look => ", by what stands in it",
        MatchedBy::Memory => ", as before",
        _ => "",
    };
    let is_date = matches!(field, Field::OrderDate | Field::ShippingDate | Field::DeliveryDate);
    let dates = match column.dates.filter(|_| is_date) {
        Some(DateOrder::DayFirst) => ", 3/4/2026 is 3 April",
        Some(DateOrder::MonthFirst) => ", 3/4/2026 is 4 March",
        None => "",
    };
    format!("{}{why}{dates}", field.label())
}

fn tell_wrong(file: &ImportFile, survey: &Survey) -> Result<(), Unheard> {
    match survey.ending {
        Ending::Whole => {}
        Ending::Cut(row) => {
            say(format_args!("The file is cut: it ends in the middle of row {}", grouped(row)))?;
        }
        Ending::OpenQuote(row) => {
            say(format_args!(
                "The quote that opens in row {} is never closed: all that follows is one cell",
                grouped(row)
            ))?;
        }
    }
    for (column, rows) in &survey.stray_cards {
        let name = file.mapping.columns.get(*column).map_or("", |column| column.name.as_str());
        say(format_args!("{} may hold a card number in the column {name}", counted(*rows, "row")))?;
    }
    if survey.rounded_cards > 0 && !file.mapping.rounded_cards_ok {
        say(format_args!(
            "{} with a card number that breaks a rule; a spreadsheet may have rounded it. Add --rounded-cards to take such with a warning",
            counted(survey.rounded_cards, "row")
        ))?;
    }
    for value in survey.wrong.iter().take(WRONG_VALUES) {
        let found =
            if value.fault.found.is_empty() { String::new() } else { format!("{}: ", value.fault.found) };
        say(format_args!(
            "{found}{} ({}, first in row {})",
            value.fault.wanted,
            counted(value.rows, "row"),
            grouped(value.first_row)
        ))?;
        if let (Some(suggestion), Some(field)) = (&value.suggestion, value.fault.field) {
            say(format_args!("  perhaps --mend '{}:{}={suggestion}'", field.name(), value.fault.found))?;
        }
    }
    let more = survey.wrong.len().saturating_sub(WRONG_VALUES);
    if more > 0 {
        say(format_args!("and {} more", counted(more as u64, "wrong value")))?;
    }
    Ok(())
}

/// What a row would become; false for one that nothing is said of.
pub(super) fn tell_row(row: &RawRow, settled: &SettledRow) -> Result<bool, Unheard> {
    let what = match settled {
        SettledRow::Skipped(Skipped::Blank | Skipped::Header) => return Ok(false),
        SettledRow::Skipped(Skipped::Repeat) => "repeats an earlier row".to_owned(),
        SettledRow::Outcome(Outcome::New(order)) => format!("new: {}", new_order(order)),
        SettledRow::Outcome(Outcome::Here(number)) => format!("is order {number} already"),
        SettledRow::Outcome(Outcome::Change(change)) => {
            let changes: Vec<String> = change.changes.all().iter().map(tell_change).collect();
            format!("would change order {}: {}", change.number, changes.join("; "))
        }
        SettledRow::Outcome(Outcome::Wrong(faults)) => {
            let faults: Vec<&str> = faults.iter().map(|fault: &Fault| fault.wanted.as_str()).collect();
            format!("wrong: {}", faults.join("; "))
        }
    };
    say(format_args!("row {} {what}", grouped(row.row())))?;
    Ok(true)
}

fn new_order(order: &NewOrder) -> String {
    let note = order.note.as_ref().map(|note| format!(", {}", note.as_str())).unwrap_or_default();
    format!(
        "{}, {}, {} × {}, {}{note}",
        order.dates.ordered().minutes(),
        order.store,
        order.quantity.get(),
        order.product,
        order.card.summary()
    )
}

fn tell_change(change: &Change) -> String {
    let value = |value: &Option<String>| match value {
        Some(text) if change.field == Field::CardNumber => {
            Change::card(text).map_or_else(|| "a card".to_owned(), |card| card.to_string())
        }
        Some(text) => text.clone(),
        None => "nothing".to_owned(),
    };
    format!("{} {} → {}", change.field.label(), value(&change.before), value(&change.after))
}

/// What came of all rows, or would.
pub(super) fn tell_counts(
    counts: &RowCounts,
    survey: &Survey,
    arguments: &ImportArguments,
) -> Result<(), Unheard> {
    let (added, changed) =
        if arguments.dry_run { ("new", "would change an order") } else { ("added", "changed") };
    let parts = [
        (counts.added, added),
        (counts.here, "here already"),
        (counts.changed, changed),
        (counts.kept, "would change an order, left as they are without --update"),
        (counts.overtaken, "changed by somebody else meanwhile"),
        (survey.repeats.len() as u64, "repeated"),
        (counts.wrong, "wrong"),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .filter(|(rows, what)| *rows > 0 || *what == added || *what == "wrong")
        .map(|(rows, what)| format!("{} {what}", grouped(rows)))
        .collect();
    say(told.join(", "))
}
