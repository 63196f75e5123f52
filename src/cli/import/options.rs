//! What can be said about a file that is imported.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use crate::order::Field;
use crate::transfer::FileFormat;
use crate::transfer::import::{DateOrder, FileReading, Mapping, MatchedBy, Mend, Separator, TextEncoding};

#[derive(clap::Args, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "options of a command")]
pub(in crate::cli) struct ImportArguments {
    /// The file to read: CSV, lines of JSON, a JSON array or an Excel workbook; - is standard input, which is kept in a file
    /// without a name until it is done
    pub(super) file: PathBuf,
    /// Only say what would be done
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Take a column for a field, such as `Filiale=store_code`; `Filiale=` leaves it out
    #[arg(long, value_name = "COLUMN=FIELD", value_parser = column)]
    map: Vec<(String, Option<Field>)>,
    /// What a field of new orders has where the file says nothing, such as 'store_code=WEB-1388012W'
    #[arg(long, value_name = "FIELD=VALUE", value_parser = default)]
    default: Vec<(Field, String)>,
    /// Read a value as another in all rows, such as 'store_code:HI9B97EE4=HI-9B97EE4E'
    #[arg(long, value_name = "FIELD:FROM=TO", value_parser = mend)]
    mend: Vec<Mend>,
    /// 3/4/2026 is 3 April
    #[arg(long, conflicts_with = "month_first")]
    day_first: bool,
    /// 3/4/2026 is 4 March
    #[arg(long)]
    month_first: bool,
    /// utf-8, utf-16le, utf-16be or windows-1252; without it the file tells
    #[arg(long, value_parser = encoding)]
    encoding: Option<TextEncoding>,
    /// comma, semicolon, tab or bar; without it the file tells
    #[arg(long, value_parser = separator)]
    separator: Option<Separator>,
    /// csv, ndjson, json or xlsx; without it the file tells
    #[arg(long, value_parser = format)]
    format: Option<FileFormat>,
    /// The sheet of a workbook; without it, the first
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The first row is an order: columns are called 'Column 1', 'Column 2' and so on
    #[arg(long)]
    no_header: bool,
    /// Change orders that are here where the file says something else
    #[arg(long)]
    pub(super) update: bool,
    /// Take card numbers that break a rule, with a warning: a spreadsheet may have rounded them
    #[arg(long)]
    pub(super) rounded_cards: bool,
    /// Rows without a UUID that repeat an earlier one are orders of their own
    #[arg(long)]
    keep_repeats: bool,
    /// Import a file that ends in the middle, as far as it goes
    #[arg(long)]
    pub(super) cut: bool,
    /// Write the rows that were wrong into this file, with the reasons, in the format of the file that came in
    #[arg(long, value_name = "FILE")]
    pub(super) wrong: Option<PathBuf>,
    /// The file that a file of wrong rows came from: its cards are taken for those that are referred to
    #[arg(long, value_name = "FILE")]
    pub(super) cards_from: Option<PathBuf>,
}

impl ImportArguments {
    /// What the file is called.
    pub(super) fn name(&self) -> String {
        if self.file == Path::new("-") {
            "standard input".to_owned()
        } else {
            self.file.display().to_string()
        }
    }

    /// The same for the file whose cards are referred to.
    pub(super) fn for_cards(&self, file: &Path) -> Self {
        Self { file: file.to_owned(), map: self.map.clone(), ..Self::default() }
    }

    pub(super) fn change_reading(&self, reading: &mut FileReading) {
        reading.format = self.format.unwrap_or(reading.format);
        reading.encoding = self.encoding.unwrap_or(reading.encoding);
        reading.separator = self.separator.unwrap_or(reading.separator);
        reading.has_header &= !self.no_header;
        reading.sheet.clone_from(&self.sheet);
    }

    pub(super) fn change_mapping(&self, mapping: &mut Mapping) -> anyhow::Result<()> {
        for (name, field) in &self.map {
            let place =
                mapping.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name.trim()));
            let Some(place) = place else {
                let names: Vec<&str> = mapping.columns.iter().map(|column| column.name.as_str()).collect();
                bail!("the file has no column {name}. It has: {}", names.join(", "));
            };
            mapping.assign(place, *field, MatchedBy::Person);
        }
        for (field, text) in &self.default {
            mapping.set_default(*field, text).map_err(|error| anyhow!("--default: {error}"))?;
        }
        for mend in &self.mend {
            mapping.set_mend(mend).map_err(|error| anyhow!("--mend: {error}"))?;
        }
        let order = match (self.day_first, self.month_first) {
            (true, _) => Some(DateOrder::DayFirst),
            (_, true) => Some(DateOrder::MonthFirst),
            _ => None,
        };
        for column in &mut mapping.columns {
            column.dates = column.dates.or(order);
        }
        mapping.rounded_cards_ok = self.rounded_cards;
        mapping.update_existing = self.update;
        mapping.keep_repeats = self.keep_repeats;
        Ok(())
    }
}

fn field(name: &str) -> Result<Field, String> {
    let is_meant =
        |field: &Field| [field.name(), field.label()].iter().any(|own| own.eq_ignore_ascii_case(name.trim()));
    Field::ALL.into_iter().find(is_meant).ok_or_else(|| {
        let names: Vec<&str> = Field::ALL.into_iter().map(Field::name).collect();
        format!("there is no such field. There are: {}", names.join(", "))
    })
}

fn column(text: &str) -> Result<(String, Option<Field>), String> {
    // Names of columns may have the sign in them.
    let (name, own) = text.rsplit_once('=').ok_or("write COLUMN=FIELD")?;
    let own = if own.trim().is_empty() { None } else { Some(field(own)?) };
    Ok((name.to_owned(), own))
}

fn default(text: &str) -> Result<(Field, String), String> {
    let (name, value) = text.split_once('=').ok_or("write FIELD=VALUE")?;
    Ok((field(name)?, value.to_owned()))
}

fn mend(text: &str) -> Result<Mend, String> {
    let said = text.split_once(':').and_then(|(name, mend)| Some((name, mend.split_once('=')?)));
    let (name, (from, to)) = said.ok_or("write FIELD:FROM=TO")?;
    Ok(Mend { field: field(name)?, from: from.to_owned(), to: to.to_owned() })
}

fn encoding(name: &str) -> Result<TextEncoding, String> {
    TextEncoding::parse(name).ok_or_else(|| "utf-8, utf-16le, utf-16be or windows-1252".to_owned())
}

fn separator(name: &str) -> Result<Separator, String> {
    Separator::parse(name).ok_or_else(|| "comma, semicolon, tab or bar".to_owned())
}

fn format(name: &str) -> Result<FileFormat, String> {
    FileFormat::parse(name).ok_or_else(|| "csv, ndjson, json or xlsx".to_owned())
}
