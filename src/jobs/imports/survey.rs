//! Looking at a file: what it is, what its columns are, what would come of its rows.

use super::lookup::Lookup;
use super::{Halt, Work};
use crate::db::Surveyed;
use crate::jobs::StoredFile;
use crate::transfer::ImportPreview;
use crate::transfer::import::{
    ColumnUse, FileFingerprint, FileReading, Mapping, MatchedBy, RawRow, RowCheck, RowReader, Survey,
    find_date_orders, header_fingerprint,
};

/// Rows by which a column is known whose name says nothing.
const SAMPLE_ROWS: usize = 200;

impl Work<'_> {
    /// Looks at the whole file, and stores what it finds.
    pub(super) fn survey(&mut self) -> Result<(), Halt> {
        let surveyed = match self.look() {
            Ok(surveyed) => surveyed,
            Err(Halt::File(error)) => {
                let mut preview = ImportPreview::of_problem(format!("{}.", capitalized(&error.to_string())));
                // Another sheet, or another way of reading, may be right.
                let (mut reading, mut fingerprint) =
                    (self.import.reading.clone(), self.import.fingerprint.clone());
                if let Ok((found, file)) = self.reading() {
                    preview.sheets = found.sheets(&mut self.file()).unwrap_or_default();
                    (reading, fingerprint) = (Some(serde_json::to_string(&found)?), Some(file.to_string()));
                }
                Surveyed {
                    fingerprint,
                    reading,
                    mapping: self.import.mapping.clone(),
                    survey: serde_json::to_string(&preview)?,
                    rows: 0,
                }
            }
            Err(error) => return Err(error),
        };
        if self.runtime.block_on(self.db.finish_survey(self.lease, surveyed))? {
            Ok(())
        } else {
            Err(Halt::Lost)
        }
    }

    fn look(&mut self) -> Result<Surveyed, Halt> {
        let (reading, file) = self.reading()?;
        let mut reader = RowReader::open(self.file(), &reading)?;
        let sample = sample(&mut reader)?;
        let mut mapping = self.mapping(reader.header(), &sample)?;
        let mut reader = RowReader::open(self.file(), &reading)?;
        let dates = find_date_orders(&mut reader, &mut mapping)?;
        let check = RowCheck::by_form(&mapping, reading.format, file, self.clock.now());
        let mut reader = RowReader::open(self.file(), &reading)?;
        let survey = self.run_survey(&mut reader, &check)?;
        let mut preview = ImportPreview::new(&survey, &dates, &sample);
        preview.sheets = reading.sheets(&mut self.file())?;
        let check = RowCheck { repeats: &survey.repeats, ..check };
        let mut reader = RowReader::open(self.file(), &reading)?;
        let mut lookup = Lookup::new(self.db, self.runtime);
        loop {
            let (rows, has_more) = lookup.next(&mut reader, &check, Lookup::ROWS)?;
            let mut last = 0;
            for (row, found) in rows {
                last = row.row();
                preview.add(last, &found);
            }
            self.keep(last)?;
            if !has_more {
                break;
            }
        }
        let mapping = with_late_columns(mapping, &survey.header);
        Ok(Surveyed {
            fingerprint: Some(file.to_string()),
            reading: Some(serde_json::to_string(&reading)?),
            mapping: Some(serde_json::to_string(&mapping)?),
            rows: survey.rows,
            survey: serde_json::to_string(&preview)?,
        })
    }

    /// All rows, while the lease is held.
    pub(super) fn run_survey(
        &mut self,
        reader: &mut RowReader<StoredFile>,
        check: &RowCheck<'_>,
    ) -> Result<Survey, Halt> {
        let (mut rows, mut halted) = (0, None);
        let survey = Survey::run(reader, check, |more| {
            rows += more;
            if halted.is_none() {
                halted = self.keep(rows).err();
            }
        })?;
        halted.map_or(Ok(survey), Err)
    }

    pub(super) fn file(&self) -> StoredFile {
        StoredFile::of(self.db, self.runtime, self.import)
    }

    /// How the file is read, and what tells it from every other.
    pub(super) fn reading(&self) -> Result<(FileReading, FileFingerprint), Halt> {
        let known = self.import.fingerprint.as_deref().and_then(FileFingerprint::parse);
        if let (Some(reading), Some(file)) = (&self.import.reading, known) {
            return Ok((serde_json::from_str(reading)?, file));
        }
        Ok(FileReading::find(&mut self.file())?)
    }

    /// What the columns are: as somebody has said, of this file or one with the same header, or as they look.
    fn mapping(&self, header: &[String], sample: &[RawRow]) -> Result<Mapping, Halt> {
        if let Some(mapping) = &self.import.mapping {
            return Ok(serde_json::from_str(mapping)?);
        }
        let remembered = self.runtime.block_on(self.db.find_mapping(header_fingerprint(header)))?;
        // One of a newer release may say what this one does not know.
        let remembered: Option<Mapping> = remembered.and_then(|text| serde_json::from_str(&text).ok());
        Ok(match remembered {
            Some(remembered) => remembered.propose_again(header, sample),
            None => Mapping::propose(header, sample),
        })
    }
}

fn sample(reader: &mut RowReader<StoredFile>) -> Result<Vec<RawRow>, Halt> {
    let mut rows = Vec::new();
    let mut row = RawRow::default();
    while rows.len() < SAMPLE_ROWS && reader.read(&mut row)? {
        rows.push(std::mem::take(&mut row));
    }
    Ok(rows)
}

/// Names of columns that the file brings along late stand for nothing.
fn with_late_columns(mut mapping: Mapping, header: &[String]) -> Mapping {
    for name in header.iter().skip(mapping.columns.len()) {
        mapping.columns.push(ColumnUse {
            name: name.clone(),
            field: None,
            by: MatchedBy::Nothing,
            dates: None,
        });
    }
    mapping
}

fn capitalized(sentence: &str) -> String {
    let mut rest = sentence.chars();
    rest.next().map(|first| format!("{}{}", first.to_uppercase(), rest.as_str())).unwrap_or_default()
}
