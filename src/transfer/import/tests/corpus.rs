//! Files as spreadsheets, shops and people make them.

use std::io::Cursor;

use proptest::prelude::*;

use super::{CARD, ReadFile, USER, rows};
use crate::order::Field;
use crate::transfer::FileFormat;
use crate::transfer::import::mapping::MappingError;
use crate::transfer::import::{
    CardReference, Checked, DateOrder, Ending, FileError, KeptCards, Mapping, MatchedBy, Mend, Outcome,
    Position, RawRow, RowProblem, RowReader, Separator, TextEncoding, WrongRows, card_references,
    header_fingerprint,
};
const NAMES: &str = "order_date,store_code,product_code,product_quantity,user_id,card_number,note";
const NEW: &str = "new: 2025-11-03 00:00 HI-9B97EE4E R7-3126933h 4 Visa •••• 1111";

fn row(changes: &[(usize, &str)]) -> String {
    let mut cells = ["2025-11-03", "HI-9B97EE4E", "R7-3126933h", "4", USER, CARD, ""];
    for (place, cell) in changes {
        cells[*place] = cell;
    }
    cells.join(",")
}

fn csv(lines: &[&str]) -> ReadFile {
    let lines: Vec<String> = [NAMES].iter().chain(lines).map(|line| format!("{line}\r\n")).collect();
    ReadFile::find(lines.concat()).unwrap()
}

fn fields(header: &str) -> Vec<Option<Field>> {
    let names: Vec<String> = header.split(',').map(str::to_owned).collect();
    Mapping::propose(&names, &[]).columns.iter().map(|column| column.field).collect()
}

#[test]
fn columns_of_other_programs_are_known_by_name() {
    use Field::{
        CardNumber, DateUuid, DeliveryDate, Note, OrderDate, ProductCode, Quantity, ShippingDate, StoreCode,
        UserId,
    };
    let flask = "date_uuid,User ID,Card Number,Store Code,product_code,Product Quantity,Order Date,Shipping Date,Delivery Date";
    let all = [
        DateUuid,
        UserId,
        CardNumber,
        StoreCode,
        ProductCode,
        Quantity,
        OrderDate,
        ShippingDate,
        DeliveryDate,
    ];
    assert_eq!(fields(flask), all.map(Some));
    let shopify = "Name,Email,Financial Status,Fulfilled at,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem sku,Notes,Location";
    let known: Vec<Field> = fields(shopify).into_iter().flatten().collect();
    assert_eq!(known, [ShippingDate, OrderDate, Quantity, ProductCode, Note, StoreCode]);
    let woocommerce = "Order ID,Order Status,Order Date,Customer Note,Customer ID,SKU,Quantity,Item Cost";
    let known: Vec<Field> = fields(woocommerce).into_iter().flatten().collect();
    assert_eq!(known, [OrderDate, Note, UserId, ProductCode, Quantity]);
    // The likelier of two.
    assert_eq!(fields("Date,Order date"), [None, Some(OrderDate)]);
    let export = "number,order_date,status,card_brand,card_last4,cancelled_at,warnings";
    assert_eq!(fields(export).into_iter().flatten().count(), 1);
}

#[test]
fn columns_without_a_known_name_are_known_by_what_stands_in_them() {
    let lines = format!(
        "a;b;c;d;e\n{USER};HI-9B97EE4E;R7-3126933h;{CARD};x\n{USER};HI-9B97EE4E;R7-3126934h;378282246310005;y\n"
    );
    let file = ReadFile::find(lines).unwrap();
    let known: Vec<_> = file.mapping.columns.iter().map(|column| (column.field, column.by)).collect();
    let look = |field| (Some(field), MatchedBy::Look);
    assert_eq!(
        known,
        [
            look(Field::UserId),
            look(Field::StoreCode),
            look(Field::ProductCode),
            look(Field::CardNumber),
            (None, MatchedBy::Nothing)
        ]
    );
}

#[test]
fn a_german_spreadsheet_is_read() {
    let text = "Bestelldatum;Filiale;Artikelnr.;Menge;Kunden-ID;Kreditkarte;Bemerkung\r\n\
                03.11.2025;HI9B97EE4E;R7-3126933h;4,0;USER;4111 1111 1111 1111;Für Müller\r\n\
                3.11.2025;HI-9B97EE4E;R7-3126933h;1.000;USER;4111111111111111;\r\n"
        .replace("USER", USER);
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let utf16 = |to: fn(u16) -> [u8; 2], mark: &[u8]| {
        mark.iter().copied().chain(text.encode_utf16().flat_map(to)).collect::<Vec<u8>>()
    };
    for (bytes, encoding) in [
        (latin, TextEncoding::Windows1252),
        (text.clone().into_bytes(), TextEncoding::Utf8),
        (["\u{feff}", &text].concat().into_bytes(), TextEncoding::Utf8),
        (utf16(u16::to_le_bytes, b"\xFF\xFE"), TextEncoding::Utf16Le),
        (utf16(u16::to_be_bytes, b"\xFE\xFF"), TextEncoding::Utf16Be),
        (utf16(u16::to_le_bytes, b""), TextEncoding::Utf16Le),
        (utf16(u16::to_be_bytes, b""), TextEncoding::Utf16Be),
    ] {
        let mut file = ReadFile::find(bytes).unwrap();
        assert_eq!((file.reading.encoding, file.reading.separator), (encoding, Separator::Semicolon));
        let wrong = "wrong: Quantity must be written without a point: is it 1,000?";
        assert_eq!(file.outcomes(), [&format!("{NEW} Für Müller"), wrong], "{encoding:?}");
        let survey = file.survey();
        assert_eq!((survey.rows, survey.wrong_rows, survey.wrong.len()), (2, 1, 1));
        assert!(survey.wrong[0].can_be_mended);
        assert_eq!(survey.wrong[0].suggestion.as_deref(), Some("1000"));
        let mend = Mend { field: Field::Quantity, from: "1.000".to_owned(), to: "1000".to_owned() };
        file.mapping.set_mend(&mend).unwrap();
        assert!(file.outcomes()[1].contains(" 1000 "), "{:?}", file.outcomes());
    }
}

#[test]
fn one_foreign_row_is_wrong_alone() {
    let mut bytes = format!(
        "{NAMES}\n{}\n",
        row(&[(6, "Grüße, für, größer")]).replace("Grüße, für, größer", "\"Grüße, für\"")
    )
    .into_bytes();
    bytes.extend(
        format!("{}\n", row(&[(6, "M?")])).bytes().map(|byte| if byte == b'?' { 0xFC } else { byte }),
    );
    bytes.extend(format!("{}\n", row(&[])).bytes());
    let file = ReadFile::find(bytes).unwrap();
    assert_eq!(file.reading.encoding, TextEncoding::Utf8);
    let outcomes = file.outcomes();
    assert_eq!(outcomes[0], format!("{NEW} Grüße, für"));
    assert!(outcomes[1].starts_with("wrong: Characters must be of the file’s encoding"), "{outcomes:?}");
    assert_eq!((outcomes.len(), file.survey().undecodable), (3, 1));
}

#[test]
fn quotes_and_ends_of_lines_are_read_as_spreadsheets_write_them() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = [
            "sep=,",
            NAMES,
            "",
            &row(&[(6, "\"He said \"\"yes, now\"\"\nand left\"")]),
            &row(&[(6, "a\"b")]),
            &row(&[(6, "\"a\"b")]),
            &row(&[(6, "'=1+1")]),
            &row(&[]),
        ];
        let file = ReadFile::find(lines.join(end)).unwrap();
        let notes: Vec<String> =
            file.outcomes().iter().map(|one| one.trim_start_matches(NEW).trim().to_owned()).collect();
        // The last repeats nothing: each has another note.
        assert_eq!(notes, ["Blank", "He said \"yes, now\" and left", "a\"b", "ab", "=1+1", ""], "{end:?}");
        let numbers: Vec<u64> = file.rows().iter().map(RawRow::row).collect();
        assert_eq!(numbers, [3, 4, 5, 6, 7, 8]);
        assert_eq!(file.survey().ending, Ending::Whole);
    }
}

#[test]
fn each_separator_is_found() {
    for separator in [",", ";", "\t", "|"] {
        let text = format!("{NAMES}\n{}\n{}\n", row(&[(6, "x")]), row(&[])).replace(',', separator);
        let file = ReadFile::find(text).unwrap();
        assert_eq!(file.reading.separator, Separator::parse(separator).unwrap());
        assert_eq!(file.outcomes(), [format!("{NEW} x"), NEW.to_owned()]);
    }
}

#[test]
fn repeated_headers_blank_rows_and_words_for_nothing_are_passed_over() {
    let file = csv(&[
        &row(&[(6, "NULL")]),
        NAMES,
        ",,,,,,",
        "",
        "Order Date,Store Code,Product Code,Quantity,User ID,Card Number,Note",
        &row(&[(1, "NULL"), (3, "None"), (5, "nan")]),
    ]);
    let outcomes = file.outcomes();
    assert_eq!(outcomes[..5], [NEW, "Header", "Blank", "Blank", "Header"].map(str::to_owned));
    assert_eq!(outcomes[5], "wrong: Enter the store code; Enter the quantity; Enter the card number");
    assert_eq!(file.survey().rows, 2);
}

#[test]
fn dates_are_decided_by_the_whole_column() {
    let dated = |dates: &[&str]| {
        let lines: Vec<String> = dates.iter().map(|date| row(&[(0, date), (6, date)])).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        csv(&lines)
    };
    let order = |file: &ReadFile| file.mapping.columns[0].dates;
    let file = dated(&["3/11/2025", "31/10/2025 14:05"]);
    assert_eq!(order(&file), Some(DateOrder::DayFirst));
    assert!(file.outcomes()[0].starts_with(NEW), "{:?}", file.outcomes());
    let file = dated(&["11/3/2025", "10/31/2025"]);
    assert_eq!(order(&file), Some(DateOrder::MonthFirst));
    assert!(file.outcomes()[0].starts_with(NEW), "{:?}", file.outcomes());
    let mut file = dated(&["3/11/2025", "11/3/2025"]);
    assert_eq!(order(&file), None);
    assert!(file.outcomes()[0].starts_with("wrong: Order date 3/11/2025: 3 November or 11 March?"));
    file.mapping.columns[0].dates = Some(DateOrder::DayFirst);
    assert!(file.outcomes()[0].starts_with(NEW));
}

#[test]
fn files_that_are_cut_are_known_as_cut() {
    let whole = format!("{NAMES}\n{}\n", row(&[]));
    let object = |note: &str| format!("{{\"store_code\":\"HI-9B97EE4E\",\"note\":\"{note}\"}}");
    for (text, ending) in [
        (format!("{whole}2025-11-03,HI-9B"), Ending::Cut(3)),
        (format!("{whole}{}", row(&[])), Ending::Whole),
        (format!("{whole}{},\"open\n{}\n", row(&[]).trim_end_matches(','), row(&[])), Ending::OpenQuote(3)),
        (format!("{}\n{}", object("a"), &object("b")[..20]), Ending::Cut(2)),
        (format!("{}\n{}", object("a"), object("b")), Ending::Whole),
        (format!("[{},{}]", object("a"), object("b")), Ending::Whole),
        (format!("[{},{}", object("a"), object("b")), Ending::Cut(2)),
        (format!("[{},{}", object("a"), &object("b")[..20]), Ending::Cut(2)),
    ] {
        let file = ReadFile::find(text.clone()).unwrap();
        assert_eq!(file.survey().ending, ending, "{text}");
    }
}

#[test]
fn files_of_nothing_and_of_something_else_are_refused() {
    for (bytes, words) in [
        (&b""[..], "the file is empty"),
        (b" \r\n\t", "the file is empty"),
        (b"\xEF\xBB\xBF", "the file is empty"),
        (b"\xD0\xCF\x11\xE0 old", "workbook of an old Excel"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"\x1F\x8B\x08", "compressed"),
        (b"a,b\0c\n", "no text"),
        (b"PK\x03\x04 and no more", "damaged or cut"),
    ] {
        let error = ReadFile::find(bytes).err().unwrap();
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(csv(&[]).outcomes(), Vec::<String>::new());
}

#[test]
fn json_keeps_all_digits_and_takes_late_names() {
    let text = format!(
        "[{{\"order_date\":\"2025-11-03\",\"store_code\":\"HI-9B97EE4E\",\"product_code\":\"R7-3126933h\",\"product_quantity\":4,\
         \"user_id\":\"{USER}\",\"card_number\":{CARD}}}, 7, \"{{\", null, [1,{{}}], {{\"a\":}},\
         {{\"warnings\":[\"a\",1],\"order_date\":null,\"zip\":00123}}]"
    );
    let file = ReadFile::find(text).unwrap();
    let outcomes = file.outcomes();
    assert_eq!(outcomes[0], NEW);
    let problems: Vec<_> = file.rows().iter().map(RawRow::problem).collect();
    assert_eq!(problems[1..7], [Some(RowProblem::NotJson); 6], "{outcomes:?}");
    let file =
        ReadFile::find("{\"a\":12345678901234567890123}\n{\"b\":[\"x\",2],\"a\":1.50}\n\nnull\n").unwrap();
    let cells: Vec<Vec<String>> =
        file.rows().iter().map(|row| row.cells().map(str::to_owned).collect()).collect();
    assert_eq!(
        cells[..2],
        [vec!["12345678901234567890123".to_owned()], vec!["1.50".to_owned(), "x 2".to_owned()]]
    );
    assert_eq!(file.survey().header, ["a", "b"]);
}

#[test]
fn rows_that_repeat_others_are_left_out() {
    let uuid = "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d";
    let mut file = csv(&[&row(&[]), &row(&[(6, "x")]), &row(&[])]);
    assert_eq!(file.survey().repeats, [4]);
    assert_eq!(file.outcomes()[2], "Repeat");
    file.mapping.keep_repeats = true;
    assert!(file.survey().repeats.is_empty());
    let lines = [row(&[(6, "a")]), row(&[(6, "b")])].map(|row| format!("{row},{uuid}"));
    let file = ReadFile::find(format!("{NAMES},date_uuid\n{}\n{}\n", lines[0], lines[1])).unwrap();
    assert_eq!(file.survey().repeats, [3], "by its key, whatever else it says");
}

#[test]
fn orders_without_a_uuid_get_the_same_one_again() {
    let uuids = |file: &ReadFile| {
        let check = file.check(&[]);
        file.rows()
            .iter()
            .map(|row| match check.check(row) {
                Checked::Read(read) => read.date_uuid,
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    let (one, same, other) = (csv(&[&row(&[]), &row(&[])]), csv(&[&row(&[]), &row(&[])]), csv(&[&row(&[])]));
    assert_eq!(uuids(&one), uuids(&same));
    assert_ne!(uuids(&one)[0], uuids(&one)[1]);
    assert_ne!(uuids(&one)[0], uuids(&other)[0], "another file");
}

#[test]
fn rounded_cards_are_taken_where_somebody_says_so() {
    let mut file = csv(&[
        &row(&[(5, "4111111111111110")]),
        &row(&[(5, "?4111111111111111")]),
        &row(&[(5, "411111111111111112345")]),
    ]);
    assert!(file.outcomes()[0].starts_with("wrong: Card number does not pass its check digit"));
    assert_eq!(file.outcomes()[1], NEW);
    assert_eq!(file.survey().rounded_cards, 1);
    file.mapping.rounded_cards_ok = true;
    assert!(file.outcomes()[0].ends_with("Visa •••• 1110"));
    assert!(file.outcomes()[2].starts_with("wrong: Card number must have 11 to 19 digits"));
}

#[test]
fn a_card_with_a_code_behind_it_is_never_taken() {
    let mut file = csv(&[&row(&[(5, "4111111111111111123")])]);
    file.mapping.rounded_cards_ok = true;
    assert!(file.outcomes()[0].starts_with("wrong: "), "{:?}", file.outcomes());
}

#[test]
fn defaults_and_mends_hold_no_cards() {
    let mut mapping = Mapping::default();
    assert_eq!(mapping.set_default(Field::CardNumber, CARD), Err(MappingError::Own(Field::CardNumber)));
    assert_eq!(mapping.set_default(Field::Note, CARD), Err(MappingError::CardNumber));
    let mend = Mend { field: Field::StoreCode, from: CARD.to_owned(), to: String::new() };
    assert_eq!(mapping.set_mend(&mend), Err(MappingError::CardNumber));
    mapping.set_default(Field::StoreCode, "WEB-1388012W").unwrap();
    let text = serde_json::to_string(&mapping).unwrap();
    assert_eq!(serde_json::from_str::<Mapping>(&text).unwrap(), mapping);
}

#[test]
fn what_was_said_of_a_header_is_proposed_again() {
    let names = ["Wann", "Laden", "x"].map(str::to_owned);
    let mut said = Mapping::propose(&names, &[]);
    said.assign(0, Some(Field::OrderDate), MatchedBy::Person);
    said.assign(1, None, MatchedBy::Person);
    said.columns[0].dates = Some(DateOrder::DayFirst);
    let again = said.propose_again(&names, &[]);
    assert_eq!((again.columns[0].field, again.columns[0].by), (Some(Field::OrderDate), MatchedBy::Memory));
    assert_eq!((again.columns[0].dates, again.columns[1].field), (Some(DateOrder::DayFirst), None));
    assert_eq!(
        header_fingerprint(&names),
        header_fingerprint(&[" WANN".to_owned(), "laden".to_owned(), "X".to_owned()])
    );
    assert_ne!(header_fingerprint(&names), header_fingerprint(&["WannLaden".to_owned(), "x".to_owned()]));
}

#[test]
fn wrong_rows_come_back_in_their_format_and_find_their_cards() {
    let values = |note: &str| {
        let names = NAMES.split(',');
        let cells = ["2025-11-03", "HI-9B97EE4E", "R7-3126933h", "none", USER, CARD, note];
        let object: serde_json::Map<_, _> =
            names.map(str::to_owned).zip(cells.map(serde_json::Value::from)).collect();
        serde_json::Value::from(object).to_string()
    };
    let workbook = {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (column, name) in (0..).zip(NAMES.split(',')) {
            sheet.write_string(0, column, name).unwrap();
        }
        for (column, cell) in (0..).zip(row(&[(3, "none"), (6, "=1")]).split(',')) {
            sheet.write_string(1, column, cell).unwrap();
        }
        book.save_to_buffer().unwrap()
    };
    for (bytes, format) in [
        (format!("{NAMES}\n{}\n", row(&[(3, "none"), (6, "'=1")])).into_bytes(), FileFormat::Csv),
        (values("=1").into_bytes(), FileFormat::Ndjson),
        (format!("[{}]", values("=1")).into_bytes(), FileFormat::Json),
        (workbook, FileFormat::Xlsx),
    ] {
        let file = ReadFile::find(bytes).unwrap();
        assert_eq!(file.reading.format, format);
        let check = file.check(&[]);
        let mut out = WrongRows::begin(Vec::new(), &file.reading, &file.survey().header, None).unwrap();
        for row in file.rows() {
            let faults = match check.check(&row) {
                Checked::Read(read) => read.own_faults(&check),
                other => panic!("{other:?}"),
            };
            assert_eq!(faults.len(), 1, "{faults:?}");
            out.add(&row, &faults, &check).unwrap();
        }
        let mut wrong = ReadFile::find(out.finish().unwrap()).unwrap();
        assert_eq!(wrong.reading.format, format);
        let rows = wrong.rows();
        assert_eq!(rows.len(), 1);
        assert!(
            rows[0].cells().any(|cell| cell.ends_with("Enter the quantity.")),
            "{:?}",
            rows[0].cells().collect::<Vec<_>>()
        );
        let card = rows[0].cells().find_map(CardReference::parse).unwrap();
        assert_eq!(card, CardReference { file: file.fingerprint, row: file.rows()[0].row() });
        assert!(wrong.outcomes()[0].contains("the file that this one refers to is not kept"));

        let mend = Mend { field: Field::Quantity, from: "none".to_owned(), to: "4".to_owned() };
        wrong.mapping.set_mend(&mend).unwrap();
        let check = wrong.check(&[]);
        let wanted = card_references(&mut wrong.reader().unwrap(), &check).unwrap();
        let kept = KeptCards::read(&mut file.reader().unwrap(), &file.check(&[]), &wanted).unwrap();
        let mut checked = check.check(&rows[0]);
        kept.resolve(&mut checked);
        let Checked::Read(read) = checked else { panic!() };
        let Outcome::New(order) = read.against(&[], &check) else { panic!() };
        assert_eq!((order.card.reveal(), order.note.unwrap().as_str()), (CARD, "=1"), "{format:?}");
    }
}

proptest! {
    #[test]
    fn reading_goes_on_where_it_was_left(notes in prop::collection::vec("[a-zü\"\r\n,;]{0,6}", 1..8), at in 0..8_usize, form in 0..5_usize) {
        let quoted = |note: &String| row(&[(6, &format!("\"{}\"", note.replace('"', "\"\"")))]);
        let lines: Vec<String> = notes.iter().map(quoted).collect();
        let text = format!("{NAMES}\r\n{}\r\n", lines.join("\r\n"));
        let objects: Vec<String> = notes.iter().map(|note| serde_json::json!({"note": note, "x": 1}).to_string()).collect();
        let bytes = match form {
            0 => text.into_bytes(),
            1 => ["\u{feff}", &text].concat().into_bytes(),
            2 => b"\xFF\xFE".iter().copied().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
            3 => objects.join("\n").into_bytes(),
            _ => format!("[{}]", objects.join(" , ")).into_bytes(),
        };
        let file = ReadFile::find(bytes).unwrap();
        let all = file.rows();
        let mut reader = file.reader().unwrap();
        let mut row = RawRow::default();
        let at = at.min(all.len());
        for _ in 0..at {
            prop_assert!(reader.read(&mut row).unwrap());
        }
        let (header, behind): (Vec<String>, Position) = (reader.header().to_vec(), reader.position());
        let mut rest = RowReader::open_behind(Cursor::new(file.bytes.clone()), &file.reading, header, behind).unwrap();
        let rest = rows(&mut rest).unwrap();
        let told = |rows: &[RawRow]| {
            rows.iter().map(|row| (row.row(), row.cells().map(str::to_owned).collect::<Vec<_>>())).collect::<Vec<_>>()
        };
        prop_assert_eq!(told(&rest), told(&all[at..]));
    }
}

#[test]
fn a_megabyte_in_a_cell_is_one_wrong_row() {
    let long = "x".repeat(1024 * 1024);
    let file = csv(&[&row(&[(6, &long)]), &row(&[])]);
    let outcomes = file.outcomes();
    assert_eq!(outcomes[0], "wrong: A cell may have 64 kilobytes");
    assert_eq!(outcomes[1], NEW);
    assert_eq!(file.rows()[0].cell(6).len(), RawRow::MOST_CELL_BYTES);
    let wide = csv(&[&",".repeat(300), &row(&[])]);
    assert_eq!(wide.outcomes(), ["wrong: A row may have 200 cells", NEW]);
    assert!(matches!(ReadFile::find(",a".repeat(300)), Err(FileError::TooLarge(_))));
}
