//! What an import would do, and what can be changed about that before it does.

use serde::Serialize;

use super::PageContext;
use super::imports::{asked, more_wrong};
use super::nav::Nav;
use super::text::{IMPORTS_URL, import_url, order_url};
use crate::db::Import;
use crate::order::{Field, JobId, ListQuery, OrderNumber, counted, grouped};
use crate::transfer::ImportPreview;
use crate::transfer::import::{DateOrder, FileReading, Mapping, MatchedBy, Separator, TextEncoding};
use crate::transfer::{FileFormat, PreviewChange, PreviewFault, PreviewOrder};

/// Fields that all rows may have the same of.
pub const SHOWN_DEFAULTS: [Field; 6] =
    [Field::StoreCode, Field::ProductCode, Field::Quantity, Field::OrderDate, Field::UserId, Field::Note];

/// What `import_preview.html` shows.
#[allow(clippy::struct_excessive_bools, reason = "each is a part of the page that is there or not")]
#[derive(Serialize)]
pub struct ImportPreviewPage {
    nav: Nav,
    title: String,
    heading: String,
    asked: String,
    revision: i32,
    /// Why the file cannot be read, or what was wrong with what was typed.
    problem: Option<String>,
    is_readable: bool,
    /// `212 new, 5 here already, 3 would change an order, 3 wrong`
    counts: String,
    warnings: Vec<String>,
    same_file: Option<Link>,
    missing: String,
    import_button: Option<String>,
    run_url: String,
    change_url: String,
    discard_url: String,
    imports_url: &'static str,
    columns: Vec<ColumnRow>,
    defaults: Vec<DefaultRow>,
    is_csv: bool,
    separators: Vec<Choice>,
    encodings: Vec<Choice>,
    has_header: bool,
    is_sheet: bool,
    /// Where there are several.
    sheets: Vec<SheetChoice>,
    update_existing: bool,
    differs: String,
    rounded_cards_ok: bool,
    rounded_cards: String,
    keep_repeats: bool,
    repeats: String,
    mends: Vec<MendRow>,
    applied: Vec<AppliedMend>,
    first: Vec<PreviewOrder>,
    changes: Vec<ChangeRow>,
    wrong_rows: Vec<PreviewFault>,
    more_wrong: String,
    wrong_url: Option<String>,
}

#[derive(Serialize)]
struct Link {
    url: String,
    name: String,
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    label: String,
    is_chosen: bool,
}

#[derive(Serialize)]
struct SheetChoice {
    name: String,
    is_chosen: bool,
}

#[derive(Serialize)]
struct ColumnRow {
    nth: usize,
    name: String,
    sample: String,
    /// Why it is taken for its field.
    why: &'static str,
    fields: Vec<Choice>,
    /// How its dates are written, where that makes a difference.
    dates: Vec<Choice>,
    dates_hint: String,
    is_open: bool,
    stray_cards: String,
}

#[derive(Serialize)]
struct DefaultRow {
    name: &'static str,
    label: &'static str,
    value: String,
}

#[derive(Serialize)]
struct MendRow {
    nth: usize,
    column: String,
    found: String,
    rows: String,
    wanted: String,
    value: String,
    can_be_mended: bool,
}

#[derive(Serialize)]
struct AppliedMend {
    nth: usize,
    field: &'static str,
    from: String,
    to: String,
}

#[derive(Serialize)]
struct ChangeRow {
    row: u64,
    number: i64,
    url: String,
    changes: Vec<String>,
}

impl PageContext for ImportPreviewPage {
    const TEMPLATE: &'static str = "import_preview.html";
}

impl ImportPreviewPage {
    pub fn new(
        import: &Import,
        preview: &ImportPreview,
        reading: Option<&FileReading>,
        mapping: &Mapping,
        same_file: Option<JobId>,
    ) -> Self {
        let id = import.job.id;
        let is_readable = preview.problem.is_none();
        let missing: Vec<String> =
            mapping.missing().into_iter().map(|field| field.label().to_lowercase()).collect();
        let is_open = |nth: usize| {
            let dates = preview.columns.get(nth).and_then(|column| column.dates);
            let is_told = mapping.columns.get(nth).is_some_and(|column| column.dates.is_some());
            dates.is_some_and(|(_, _, either)| either > 0) && !is_told
        };
        let can_run = is_readable
            && missing.is_empty()
            && preview.has_work(mapping)
            && !(0..preview.columns.len()).any(is_open);
        let nothing = |count: u64, words: String| if count > 0 { words } else { String::new() };
        let format = reading.map(|reading| reading.format);
        let differs = nothing(
            preview.differs,
            format!("{} here says something else", counted(preview.differs, "order")),
        );
        Self {
            nav: Nav::imports(),
            title: format!("Import #{id}: {}", import.file_name),
            heading: format!("Import {}", import.file_name),
            asked: asked(import),
            revision: import.revision,
            problem: preview.problem.clone(),
            is_readable,
            counts: counts_in_words(preview, mapping),
            warnings: warnings(preview),
            same_file: same_file
                .map(|same| Link { url: import_url(same, ""), name: format!("import #{same}") }),
            missing: missing.join(", "),
            import_button: can_run.then(|| button(preview, mapping)),
            run_url: import_url(id, "/run"),
            change_url: import_url(id, ""),
            discard_url: import_url(id, "/discard"),
            imports_url: IMPORTS_URL,
            columns: columns(preview, mapping, is_open),
            defaults: defaults(mapping),
            is_csv: format == Some(FileFormat::Csv),
            separators: reading.map(separators).unwrap_or_default(),
            encodings: reading.map(encodings).unwrap_or_default(),
            has_header: reading.is_none_or(|reading| reading.has_header),
            is_sheet: format == Some(FileFormat::Xlsx),
            sheets: sheets(preview, reading),
            update_existing: mapping.update_existing,
            differs,
            rounded_cards_ok: mapping.rounded_cards_ok,
            rounded_cards: nothing(preview.rounded_cards, counted(preview.rounded_cards, "row")),
            keep_repeats: mapping.keep_repeats,
            repeats: nothing(preview.repeats, counted(preview.repeats, "row")),
            mends: mends(preview),
            applied: applied(mapping),
            first: preview.first.clone(),
            changes: preview.changes.iter().filter_map(change_row).collect(),
            wrong_rows: preview.wrong_rows.clone(),
            more_wrong: more_wrong(&preview.wrong_rows, preview.wrong),
            wrong_url: (preview.wrong > 0).then(|| import_url(id, "/wrong")),
        }
    }

    /// The page with what has to be put right before anything is changed.
    #[must_use]
    pub fn with_problem(self, problem: String) -> Self {
        Self { title: format!("Error: {}", self.title), problem: Some(problem), ..self }
    }
}

fn counts_in_words(preview: &ImportPreview, mapping: &Mapping) -> String {
    let differ = if mapping.update_existing { "will change an order" } else { "would change an order" };
    let parts = [
        (preview.new, "new"),
        (preview.here, "here already"),
        (preview.differs, differ),
        (preview.wrong, "wrong"),
        (preview.repeats, "repeated"),
    ];
    let parts = parts.into_iter().enumerate().filter(|(nth, (count, _))| *nth == 0 || *count > 0);
    let parts: Vec<String> = parts.map(|(_, (count, words))| format!("{} {words}", grouped(count))).collect();
    parts.join(", ")
}

fn button(preview: &ImportPreview, mapping: &Mapping) -> String {
    let changed = if mapping.update_existing { preview.differs } else { 0 };
    match (preview.new, changed) {
        (new, 0) => format!("Import {}", counted(new, "order")),
        (0, changed) => format!("Change {}", counted(changed, "order")),
        (new, changed) => format!("Import {} and change {}", counted(new, "order"), grouped(changed)),
    }
}

fn warnings(preview: &ImportPreview) -> Vec<String> {
    let mut warnings: Vec<String> = preview.ending.iter().cloned().collect();
    if preview.undecodable > 0 {
        let rows = counted(preview.undecodable, "row");
        warnings.push(format!(
            "{rows} with characters that the encoding does not have: choose another encoding."
        ));
    }
    warnings
}

fn columns(preview: &ImportPreview, mapping: &Mapping, is_open: impl Fn(usize) -> bool) -> Vec<ColumnRow> {
    let columns = preview.columns.iter().enumerate().map(|(nth, column)| {
        let used = mapping.columns.get(nth);
        let field = used.and_then(|used| used.field);
        let fields =
            std::iter::once(Choice { value: "", label: "Leave out".to_owned(), is_chosen: field.is_none() });
        let fields = fields.chain(Field::ALL.into_iter().map(|one| Choice {
            value: one.name(),
            label: one.label().to_owned(),
            is_chosen: field == Some(one),
        }));
        let order = used.and_then(|used| used.dates);
        let dates = [
            ("", "Not known", None),
            ("day_first", "Day first, 31/12/2026", Some(DateOrder::DayFirst)),
            ("month_first", "Month first, 12/31/2026", Some(DateOrder::MonthFirst)),
        ];
        let has_dates = column.dates.is_some_and(|(day, month, either)| day + month + either > 0);
        let dates = dates.into_iter().filter(|_| has_dates).map(|(value, label, one)| Choice {
            value,
            label: label.to_owned(),
            is_chosen: order == one,
        });
        ColumnRow {
            nth,
            name: column.name.clone(),
            sample: column.sample.clone(),
            why: match used.map(|used| used.by) {
                Some(MatchedBy::Name) => "by its name",
                Some(MatchedBy::Look) => "by what stands in it",
                Some(MatchedBy::Memory) => "as in an earlier file",
                Some(MatchedBy::Person) => "as you say",
                Some(MatchedBy::Nothing) | None => "",
            },
            fields: fields.collect(),
            dates: dates.collect(),
            dates_hint: match column.dates {
                Some((0, 0, either)) if either > 0 => {
                    format!("{} could be read both ways", counted(either, "date"))
                }
                Some((day, month, _)) if day > 0 && month > 0 => {
                    format!("{} with the day first, {} with the month first", grouped(day), grouped(month))
                }
                _ => String::new(),
            },
            is_open: is_open(nth),
            stray_cards: match column.stray_cards {
                0 => String::new(),
                rows => format!("{} with what may be a card number: not stored", counted(rows, "row")),
            },
        }
    });
    columns.collect()
}

fn defaults(mapping: &Mapping) -> Vec<DefaultRow> {
    SHOWN_DEFAULTS
        .into_iter()
        .map(|field| DefaultRow {
            name: field.name(),
            label: field.label(),
            value: mapping.default_of(field).unwrap_or_default().to_owned(),
        })
        .collect()
}

/// Nothing to choose where there is one.
fn sheets(preview: &ImportPreview, reading: Option<&FileReading>) -> Vec<SheetChoice> {
    let read = reading.and_then(|reading| reading.sheet.as_ref()).or(preview.sheets.first());
    let choice = |name: &String| SheetChoice { name: name.clone(), is_chosen: Some(name) == read };
    if preview.sheets.len() > 1 { preview.sheets.iter().map(choice).collect() } else { Vec::new() }
}

fn separators(reading: &FileReading) -> Vec<Choice> {
    [
        (Separator::Comma, "Comma"),
        (Separator::Semicolon, "Semicolon"),
        (Separator::Tab, "Tab"),
        (Separator::Bar, "Bar |"),
    ]
    .into_iter()
    .map(|(separator, label)| Choice {
        value: separator.name(),
        label: label.to_owned(),
        is_chosen: reading.separator == separator,
    })
    .collect()
}

fn encodings(reading: &FileReading) -> Vec<Choice> {
    [TextEncoding::Utf8, TextEncoding::Utf16Le, TextEncoding::Utf16Be, TextEncoding::Windows1252]
        .into_iter()
        .map(|encoding| Choice {
            value: encoding.name(),
            label: encoding.label().to_owned(),
            is_chosen: reading.encoding == encoding,
        })
        .collect()
}

fn mends(preview: &ImportPreview) -> Vec<MendRow> {
    let rows = preview.wrong_values.iter().enumerate().map(|(nth, value)| MendRow {
        nth,
        column: value.column.clone(),
        found: value.found.clone(),
        rows: counted(value.rows, "row"),
        wanted: value.wanted.clone(),
        value: value.suggestion.clone().unwrap_or_default(),
        can_be_mended: value.can_be_mended,
    });
    rows.collect()
}

fn applied(mapping: &Mapping) -> Vec<AppliedMend> {
    let mends = mapping.mends.iter().enumerate().map(|(nth, mend)| AppliedMend {
        nth,
        field: mend.field.label(),
        from: mend.from.clone(),
        to: mend.to.clone(),
    });
    mends.collect()
}

fn change_row(change: &PreviewChange) -> Option<ChangeRow> {
    let number = OrderNumber::new(change.number)?;
    Some(ChangeRow {
        row: change.row,
        number: change.number,
        url: order_url(number, &ListQuery::default()),
        changes: change.changes.clone(),
    })
}

#[cfg(test)]
impl ImportPreviewPage {
    pub(super) fn samples() -> Vec<Self> {
        use super::imports::sample_import;
        use crate::db::JobState;
        use crate::transfer::import::{ColumnUse, Mend};
        use crate::transfer::{PreviewColumn, PreviewValue};
        let column = |name: &str| PreviewColumn {
            name: name.to_owned(),
            sample: "HI-9B97EE4E, 3/4/2026".to_owned(),
            dates: Some((0, 0, 7)),
            stray_cards: 2,
        };
        let fault = PreviewFault {
            row: 7,
            column: "Store".to_owned(),
            found: "HI9B97EE4E".to_owned(),
            wanted: "Store code must look like HI-9B97EE4E".to_owned(),
        };
        let preview = ImportPreview {
            columns: vec![column("Store"), column("Ordered")],
            sheets: vec!["Orders".to_owned(), "Prices".to_owned()],
            rows: 220,
            new: 212,
            here: 5,
            differs: 3,
            wrong: 60,
            repeats: 1,
            rounded_cards: 4,
            undecodable: 1,
            ending: Some("The file ends in the middle of row 221: what is behind it is missing.".to_owned()),
            first: vec![PreviewOrder {
                row: 2,
                ordered: "2026-03-03 14:05:00".to_owned(),
                store: "HI-9B97EE4E".to_owned(),
                product: "R7-3126933h".to_owned(),
                quantity: 2,
                card: "Visa •••• 1111".to_owned(),
                shipped: String::new(),
                customer: "2dcb6e7a".to_owned(),
            }],
            changes: vec![PreviewChange { row: 3, number: 7, changes: vec!["Quantity: 2 → 3".to_owned()] }],
            wrong_values: vec![PreviewValue {
                field: Some(Field::StoreCode),
                column: "Store".to_owned(),
                found: "HI9B97EE4E".to_owned(),
                wanted: fault.wanted.clone(),
                rows: 214,
                first_row: 7,
                can_be_mended: true,
                suggestion: Some("HI-9B97EE4E".to_owned()),
            }],
            wrong_rows: vec![fault],
            ..ImportPreview::default()
        };
        let used =
            |name: &str, field| ColumnUse { name: name.to_owned(), field, by: MatchedBy::Name, dates: None };
        let mapping = Mapping {
            columns: vec![used("Store", Some(Field::StoreCode)), used("Ordered", Some(Field::OrderDate))],
            mends: vec![Mend {
                field: Field::StoreCode,
                from: "HI".to_owned(),
                to: "HI-9B97EE4E".to_owned(),
            }],
            ..Mapping::default()
        };
        let reading = FileReading {
            format: FileFormat::Csv,
            encoding: TextEncoding::Utf8,
            separator: Separator::Comma,
            has_header: true,
            sheet: None,
        };
        let sheet = FileReading { format: FileFormat::Xlsx, ..reading.clone() };
        let import = sample_import(JobState::Asking, false);
        let page = |reading| Self::new(&import, &preview, Some(reading), &mapping, JobId::new(2));
        let broken = ImportPreview::of_problem("The file is empty.".to_owned());
        vec![
            page(&reading),
            page(&sheet),
            page(&reading).with_problem("Somebody has changed this import meanwhile.".to_owned()),
            Self::new(&import, &broken, None, &Mapping::default(), None),
        ]
    }
}
