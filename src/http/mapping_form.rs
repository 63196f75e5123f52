//! What a form says of a file: how it is read, what its columns are, and what stands for what is wrong.

use super::Error;
use super::form::Form;
use crate::order::Field;
use crate::transfer::ImportPreview;
use crate::transfer::import::{DateOrder, FileReading, Mapping, MatchedBy, Mend, Separator, TextEncoding};
use crate::view::SHOWN_DEFAULTS;

/// What was typed, if it is right.
pub struct Typed {
    /// None where nothing is known of the file yet.
    pub reading: Option<FileReading>,
    /// None where the columns are to be found anew, since the file is read in another way.
    pub mapping: Option<Mapping>,
}

/// Reads the form over what was known before; a sentence, where something of it cannot be.
pub fn typed(
    form: &mut Form,
    preview: &ImportPreview,
    reading: Option<FileReading>,
    mut mapping: Mapping,
) -> Result<Result<Typed, String>, Error> {
    let reading = match reading {
        Some(before) => {
            let now = reading_of(form, &before)?;
            if now != before {
                return Ok(Ok(Typed { reading: Some(now), mapping: None }));
            }
            Some(now)
        }
        None => None,
    };
    columns(form, &mut mapping)?;
    mapping.update_existing = is_ticked(form, "update_existing")?;
    mapping.rounded_cards_ok = is_ticked(form, "rounded_cards_ok")?;
    mapping.keep_repeats = is_ticked(form, "keep_repeats")?;
    for field in SHOWN_DEFAULTS {
        let Some(text) = form.take(&format!("default-{}", field.name()))? else { continue };
        if let Err(error) = mapping.set_default(field, &text) {
            return Ok(Err(format!("{}: {error}.", field.label())));
        }
    }
    let removed = form.take_all("unmend");
    let mut nth = 0;
    mapping.mends.retain(|_| {
        nth += 1;
        !removed.contains(&(nth - 1_usize).to_string())
    });
    if form.take("do")?.as_deref() == Some("mend")
        && let Err(sentence) = mends(form, preview, &mut mapping)?
    {
        return Ok(Err(sentence));
    }
    Ok(Ok(Typed { reading, mapping: Some(mapping) }))
}

fn is_ticked(form: &mut Form, name: &str) -> Result<bool, Error> {
    Ok(form.take(name)?.as_deref() == Some("yes"))
}

fn reading_of(form: &mut Form, before: &FileReading) -> Result<FileReading, Error> {
    let separator = form.take("separator")?.and_then(|text| Separator::parse(&text));
    let encoding = form.take("encoding")?.and_then(|text| TextEncoding::parse(&text));
    let header = form.take("header")?;
    let sheet = form.take("sheet")?;
    Ok(FileReading {
        separator: separator.unwrap_or(before.separator),
        encoding: encoding.unwrap_or(before.encoding),
        has_header: match header.as_deref() {
            Some("yes") => true,
            Some("no") => false,
            _ => before.has_header,
        },
        sheet: match sheet {
            Some(sheet) => Some(sheet.trim().to_owned()).filter(|sheet| !sheet.is_empty()),
            None => before.sheet.clone(),
        },
        ..before.clone()
    })
}

fn columns(form: &mut Form, mapping: &mut Mapping) -> Result<(), Error> {
    for nth in 0..mapping.columns.len() {
        let chosen = form.take(&format!("column-{nth}"))?;
        let dates = form.take(&format!("dates-{nth}"))?;
        if let Some(chosen) = chosen {
            let field = Field::ALL.into_iter().find(|field| field.name() == chosen);
            if mapping.columns.get(nth).is_some_and(|column| column.field != field) {
                mapping.assign(nth, field, MatchedBy::Person);
            }
        }
        if let (Some(dates), Some(column)) = (dates, mapping.columns.get_mut(nth)) {
            column.dates = match &*dates {
                "day_first" => Some(DateOrder::DayFirst),
                "month_first" => Some(DateOrder::MonthFirst),
                _ => None,
            };
        }
    }
    Ok(())
}

/// What stands for values that are wrong, as they were shown.
fn mends(
    form: &mut Form,
    preview: &ImportPreview,
    mapping: &mut Mapping,
) -> Result<Result<(), String>, Error> {
    for (nth, value) in preview.wrong_values.iter().enumerate() {
        let Some(to) = form.take(&format!("mend-{nth}"))? else { continue };
        let (Some(field), true) = (value.field, value.can_be_mended && !to.trim().is_empty()) else {
            continue;
        };
        let mend = Mend { field, from: value.found.clone(), to };
        if let Err(error) = mapping.set_mend(&mend) {
            return Ok(Err(format!("{}: {error}.", field.label())));
        }
    }
    Ok(Ok(()))
}
