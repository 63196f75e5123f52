//! `orders import`

mod options;
mod preview;
mod rows;
mod source;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::bootstrap::Bootstrap;
use super::database_options;
use super::output::say;
use super::progress::Progress;
use crate::clock::Clock;
use crate::db::NewCommandImport;
use crate::files::NewFile;
use crate::order::{Actor, SystemTask, counted, grouped};
use crate::transfer::import::{
    ColumnDates, Ending, Fault, FileFingerprint, FileReading, KeptCards, Mapping, RawRow, RowCheck,
    RowReader, Survey, WrongRows, card_references, file_name_of, find_date_orders,
};
use crate::transfer::{ImportPreview, RecordedImport};
pub(super) use options::ImportArguments;
use rows::IncomingRows;

/// Rows by which the columns are found.
const SAMPLE: usize = 100;

pub(super) fn run(bootstrap: &Bootstrap, arguments: &ImportArguments) -> anyhow::Result<()> {
    database_options::run(import(bootstrap, arguments))
}

async fn import(bootstrap: &Bootstrap, arguments: &ImportArguments) -> anyhow::Result<()> {
    let settings = bootstrap.settings();
    let clock = Clock::new(settings.desk.time_zone);
    let folder = settings.server.temporary_folder.clone();
    let name = arguments.name();
    let mut file =
        ImportFile::find(arguments, folder.as_deref()).with_context(|| format!("cannot import {name}"))?;
    let survey = file.survey(clock).with_context(|| format!("cannot import {name}"))?;
    preview::tell_file(&name, &file, &survey)?;
    if !arguments.dry_run {
        file.check_answers(arguments, &survey)?;
    }
    let kept = file.kept_cards(arguments, clock)?;
    let db = database_options::for_import(bootstrap).open().await?;
    let db = db.with_outbox(database_options::outbox(settings, clock));
    let wrong = WrongFile::begin(arguments.wrong.as_deref(), &file, &survey, folder)?;
    let recorded = if arguments.dry_run {
        None
    } else {
        Some(RecordedImport::begin(&db, clock, file.as_import(&name, clock, &survey)?).await?)
    };
    let check = file.check(clock, &survey.repeats);
    let rows = IncomingRows::new(&db, file.reader()?, check, &kept, file.preview(&survey), wrong);
    let done = Box::pin(rows.write(recorded, survey.rows)).await;
    db.close();
    let (counts, import) = done?;
    preview::tell_counts(&counts, &survey, arguments)?;
    if let Some(import) = import {
        say(format_args!("this is import #{import}"))?;
    }
    match counts.wrong + counts.overtaken {
        0 => Ok(()),
        rows if arguments.dry_run => bail!("{} would not be imported", counted(rows, "row")),
        rows => bail!(
            "{} not imported",
            if rows == 1 { "1 row was".to_owned() } else { format!("{} rows were", grouped(rows)) }
        ),
    }
}

/// A file, and how it is read.
struct ImportFile {
    file: File,
    /// Its first rows.
    sample: Vec<RawRow>,
    reading: FileReading,
    fingerprint: FileFingerprint,
    mapping: Mapping,
    /// How columns of dates are written.
    dates: Vec<(usize, ColumnDates)>,
    /// Of a workbook, those that are seen first.
    sheets: Vec<String>,
}

impl ImportFile {
    /// Looks at a file, and takes what was said about it for what was found.
    fn find(arguments: &ImportArguments, folder: Option<&Path>) -> anyhow::Result<Self> {
        let mut file = source::open(&arguments.file, folder)?;
        let (mut reading, fingerprint) = FileReading::find(&mut file)?;
        arguments.change_reading(&mut reading);
        let sheets = reading.sheets(&mut file)?;
        let mapping = Mapping::default();
        let mut found =
            Self { file, sample: Vec::new(), reading, fingerprint, mapping, dates: Vec::new(), sheets };
        let mut reader = match found.reader() {
            Err(error) if found.sheets.len() > 1 && found.reading.sheet.is_none() => {
                let sheets = found.sheets.join(", ");
                bail!("{error:#}. Its sheets are {sheets}: --sheet says which is read")
            }
            reader => reader?,
        };
        found.sample = reader.read_some(SAMPLE)?;
        found.mapping = Mapping::propose(reader.header(), &found.sample);
        drop(reader);
        arguments.change_mapping(&mut found.mapping)?;
        Ok(found)
    }

    fn reader(&self) -> anyhow::Result<RowReader<File>> {
        Ok(RowReader::open(self.file.try_clone()?, &self.reading)?)
    }

    fn check<'a>(&'a self, clock: Clock, repeats: &'a [u32]) -> RowCheck<'a> {
        let check = RowCheck::by_form(&self.mapping, self.reading.format, self.fingerprint, clock.now());
        RowCheck { repeats, ..check }
    }

    fn survey(&mut self, clock: Clock) -> anyhow::Result<Survey> {
        let mut reader = self.reader()?;
        self.dates = find_date_orders(&mut reader, &mut self.mapping)?;
        drop(reader);
        let progress = Progress::without_end("rows");
        let survey = Survey::run(&mut self.reader()?, &self.check(clock, &[]), |rows| {
            progress.advance(usize::try_from(rows).unwrap_or(usize::MAX));
        })?;
        progress.finish();
        Ok(survey)
    }

    /// What is known of it before any row was beside the desk.
    fn preview(&self, survey: &Survey) -> ImportPreview {
        ImportPreview::new(survey, &self.dates, &self.sample)
    }

    /// The same, as an import begins with it.
    fn as_import(&self, name: &str, clock: Clock, survey: &Survey) -> anyhow::Result<NewCommandImport> {
        Ok(NewCommandImport {
            source: file_name_of(name).unwrap_or_else(|| "a file".to_owned()),
            by: Actor::System(SystemTask::Import),
            at: clock.utc(),
            fingerprint: Some(self.fingerprint.to_string()),
            reading: Some(serde_json::to_string(&self.reading)?),
            mapping: Some(serde_json::to_string(&self.mapping)?),
            survey: serde_json::to_string(&self.preview(survey))?,
            rows: survey.rows,
        })
    }

    /// An error if something has to be said before anything is written.
    fn check_answers(&self, arguments: &ImportArguments, survey: &Survey) -> anyhow::Result<()> {
        for (column, dates) in &self.dates {
            let used = self.mapping.columns.get(*column);
            if let Some(used) = used.filter(|used| dates.is_open() && used.dates.is_none()) {
                bail!(
                    "the dates of the column {} could be read in two ways, and nothing was imported. Add --day-first if 3/4/2026 is 3 April, or --month-first if it is 4 March",
                    used.name
                );
            }
        }
        match survey.ending {
            Ending::Whole => Ok(()),
            _ if arguments.cut => Ok(()),
            Ending::Cut(row) => bail!(
                "the file ends in the middle of row {}, and nothing was imported. Get the whole file; or add --cut to import what is there",
                grouped(row)
            ),
            Ending::OpenQuote(row) => bail!(
                "the quote that opens in row {} is never closed, and nothing was imported. Close it; or add --cut to import what stands before it",
                grouped(row)
            ),
        }
    }

    /// The cards of the file that this one refers to.
    fn kept_cards(&self, arguments: &ImportArguments, clock: Clock) -> anyhow::Result<KeptCards> {
        let Some(from) = &arguments.cards_from else { return Ok(KeptCards::default()) };
        let failed = || format!("cannot read the cards of {}", from.display());
        let wanted = card_references(&mut self.reader()?, &self.check(clock, &[]))?;
        let file = ImportFile::find(&arguments.for_cards(from), None).with_context(failed)?;
        let names_it = wanted.is_empty() || wanted.iter().any(|(of, _)| *of == file.fingerprint);
        if !names_it {
            bail!("{} is not the file that {} refers to", from.display(), arguments.name());
        }
        KeptCards::read(&mut file.reader()?, &file.check(clock, &[]), &wanted).with_context(failed)
    }
}

/// A file of wrong rows, which gets its name when it is whole.
struct WrongFile {
    place: NewFile,
    rows: WrongRows<File>,
    name: String,
}

impl WrongFile {
    fn begin(
        path: Option<&Path>,
        file: &ImportFile,
        survey: &Survey,
        folder: Option<PathBuf>,
    ) -> anyhow::Result<Option<Self>> {
        let Some(path) = path else { return Ok(None) };
        let name = path.display().to_string();
        let place = NewFile::create(path).with_context(|| format!("cannot write {name}"))?;
        let out = place.file().try_clone()?;
        let rows = WrongRows::begin(out, &file.reading, &survey.header, folder)
            .with_context(|| format!("cannot write {name}"))?;
        Ok(Some(Self { place, rows, name }))
    }

    fn add(&mut self, row: &RawRow, faults: &[Fault], check: &RowCheck<'_>) -> anyhow::Result<()> {
        self.rows.add(row, faults, check).with_context(|| format!("cannot write {}", self.name))
    }

    fn finish(self) -> anyhow::Result<()> {
        let Self { place, rows, name } = self;
        rows.finish().and_then(|_| place.replace()).with_context(|| format!("cannot write {name}"))
    }
}
