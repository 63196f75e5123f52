//! Files with something changed in them end, without a panic, within their bounds.

use std::io::Cursor;

use proptest::prelude::*;

use crate::transfer::import::RawRow;
use crate::transfer::import::fuzzing::read_everything;

fn seeds() -> Vec<Vec<u8>> {
    let csv = "order_date,store_code,user_id,card_number,note\r\n3/11/2025,HI-9B97EE4E,x,4111111111111111,\"a \"\"b\"\"\r\nc\"\r\n";
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (0..).zip(["order_date", "store_code", "card_number"]) {
        sheet.write_string(0, column, name).unwrap();
        sheet.write_number(1, column, 4_111_111_111_111_111.0).unwrap();
    }
    vec![
        csv.as_bytes().to_vec(),
        csv.replace(',', ";").into_bytes(),
        b"\xFF\xFE".iter().copied().chain(csv.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        b"{\"order_date\":\"2025-11-03\",\"note\":[\"\\u00e9\",1.5e3,null,{\"a\":[]}]}\n{\"b\":true}\n"
            .to_vec(),
        b"[{\"order_date\":\"2025-11-03\"}, {\"note\":\"]}\\\"\"},\n{\"x\":1}]".to_vec(),
        book.save_to_buffer().unwrap(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_reader_panics(
        seed in 0..6_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = seeds().swap_remove(seed);
        for (place, byte, how) in changes {
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes[at] ^= 1 << (byte & 7),
            }
            if bytes.is_empty() {
                bytes.push(byte);
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let rows = read_everything(&bytes);
        prop_assert!(rows <= bytes.len() * 8 + 64);
    }

    #[test]
    fn any_text_is_read_in_every_format(text in "[\\PC\r\n\t\",;{}\\[\\]:]{0,80}") {
        prop_assert!(read_everything(text.as_bytes()) <= text.len() * 8 + 64);
    }
}

/// A reader that gives a byte at a time, as no file does.
struct Slow(Cursor<Vec<u8>>);

impl std::io::Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}

impl std::io::Seek for Slow {
    fn seek(&mut self, place: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(place)
    }
}

#[test]
fn where_a_buffer_ends_makes_no_difference() {
    use crate::transfer::import::{FileReading, RowReader};
    for bytes in seeds() {
        let (reading, fingerprint) = FileReading::find(&mut Cursor::new(&bytes)).unwrap();
        let slow = FileReading::find(&mut Slow(Cursor::new(bytes.clone()))).unwrap();
        assert_eq!((&reading, &fingerprint), (&slow.0, &slow.1));
        let cells = |rows: Vec<RawRow>| -> Vec<Vec<String>> {
            rows.iter().map(|row| row.cells().map(str::to_owned).collect()).collect()
        };
        let whole = super::rows(&mut RowReader::open(Cursor::new(bytes.clone()), &reading).unwrap()).unwrap();
        let slow = super::rows(&mut RowReader::open(Slow(Cursor::new(bytes)), &reading).unwrap()).unwrap();
        assert_eq!(cells(whole), cells(slow));
    }
}
