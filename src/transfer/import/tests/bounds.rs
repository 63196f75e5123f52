//! Workbooks that ask for more than there is.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{CARD, ReadFile, USER};
use crate::transfer::import::FileError;

const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const PACKAGE: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Orders" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>"#;

/// The name of a part, and its texts, each with how often it stands there.
type Part<'a> = (&'a str, &'a [(&'a str, usize)]);

/// A workbook of parts.
fn archive(parts: &[Part<'_>]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let fixed = [
        ("_rels/.rels", PACKAGE),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/styles.xml", STYLES),
    ];
    for (name, text) in fixed {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    for (name, texts) in parts {
        zip.start_file(*name, options).unwrap();
        for (text, times) in *texts {
            let block = text.repeat((*times).min(1000));
            for _ in 0..times.div_ceil(1000) {
                zip.write_all(block.as_bytes()).unwrap();
            }
        }
    }
    zip.finish().unwrap().into_inner()
}

fn sheet(rows: &str) -> Vec<u8> {
    let text = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    archive(&[("xl/worksheets/sheet1.xml", &[(&text, 1)])])
}

fn cells(row: u32, texts: &[&str]) -> String {
    let cells: Vec<String> = texts
        .iter()
        .zip('A'..)
        .map(|(text, column)| format!("<c r=\"{column}{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"))
        .collect();
    format!("<row r=\"{row}\">{}</row>", cells.concat())
}

const NAMES: [&str; 6] =
    ["store_code", "product_code", "user_id", "card_number", "product_quantity", "order_date"];

#[test]
fn cells_are_what_they_are_typed_as() {
    let row = format!(
        "{}<row r=\"9\"><c r=\"A9\" t=\"str\"><v>HI-9B97EE4E</v></c><c r=\"B9\" t=\"inlineStr\"><is><r><t>R7-</t></r><r><t>3126933h</t></r></is></c>\
         <c r=\"C9\" t=\"inlineStr\"><is><t>{USER}</t></is></c><c r=\"D9\"><v>{CARD}</v></c><c r=\"E9\"><v>4</v></c>\
         <c r=\"F9\" s=\"1\"><v>45964.5868055555</v></c></row>",
        cells(7, &NAMES)
    );
    let file = ReadFile::find(sheet(&row)).unwrap();
    assert_eq!(file.rows()[0].row(), 9);
    assert_eq!(file.outcomes(), ["new: 2025-11-03 14:05 HI-9B97EE4E R7-3126933h 4 Visa •••• 1111"]);
}

#[test]
fn a_far_away_cell_takes_no_room() {
    let row = format!("{}<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>", cells(1, &NAMES));
    let file = ReadFile::find(sheet(&row)).unwrap();
    assert_eq!(file.outcomes(), ["wrong: A row may have 200 cells"]);
    assert_eq!(file.rows()[0].row(), 1_048_576);
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let head = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is>";
    let many = "<sst xmlns=\"x\" uniqueCount=\"99999999999999999\"><si><t>a</t></si></sst>";
    let whole = cells(1, &NAMES);
    let whole = format!("<worksheet><sheetData>{whole}</sheetData></worksheet>");
    let sheet: Part<'_> = ("xl/worksheets/sheet1.xml", &[(&whole, 1)]);
    let cases: [&[Part<'_>]; 7] = [
        // A cell of many megabytes, in one text and in several.
        &[("xl/worksheets/sheet1.xml", &[(head, 1), ("<t>", 1), ("x", 4_000_000), ("</t>", 1)])],
        &[("xl/worksheets/sheet1.xml", &[(head, 1), ("<r><t>xxxxxxxxx</t></r>", 300_000)])],
        &[("xl/worksheets/sheet1.xml", &[(head, 1), ("<!-- <c></c> ", 300_000)])],
        // More sheet than its archive can be worth.
        &[("xl/worksheets/sheet1.xml", &[("<worksheet><sheetData>", 1), ("<row></row>", 2_000_000)])],
        &[sheet, ("xl/sharedStrings.xml", &[(many, 1)])],
        &[sheet, ("xl/sharedStrings.xml", &[("<sst>", 1), ("<si><t>text</t></si>", 2_000_000)])],
        &[sheet, ("xl/media/a.xml", &[("x", 40_000_000)])],
    ];
    for (nth, parts) in cases.iter().enumerate() {
        let bytes = archive(parts);
        assert!(bytes.len() < 400_000, "{}", bytes.len());
        let error = ReadFile::find(bytes).err().unwrap();
        assert!(matches!(error, FileError::TooLarge(_)), "{nth}: {error}");
    }
}

#[test]
fn damaged_workbooks_are_known_as_damaged() {
    let whole = sheet(&[cells(1, &NAMES), cells(2, &["a"])].concat());
    for cut in [5, 100, whole.len() / 2, whole.len() - 1] {
        let error = ReadFile::find(&whole[..cut]).err().unwrap();
        assert!(matches!(error, FileError::Workbook(_)), "{cut}: {error}");
    }
    for rows in [
        "<row r=\"1\"><c r=\"A1\" t=\"zz\"><v>4111111111111111</v></c></row>",
        "<row r=\"99999999999\"></row>",
        "<c r=\"AAAAAAAAAAA1\"><v>1</v></c>",
    ] {
        let error = ReadFile::find(sheet(rows)).err().unwrap();
        assert!(!error.to_string().contains(CARD), "{error}");
    }
}

#[test]
fn the_sheet_that_is_asked_for_is_read() {
    let mut file = ReadFile::find(sheet(&cells(1, &NAMES))).unwrap();
    file.reading.sheet = Some("Nowhere".to_owned());
    let error = file.reader().err().unwrap();
    assert_eq!(error.to_string(), "the workbook has no such sheet. It has: Orders");
}
