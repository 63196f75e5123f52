//! Orders, through a database and a file, are what they were.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::db::{Db, InsertOrder, SqliteOptions};
use crate::order::{
    CardNumber, DateUuid, Dates, ListQuery, NewOrder, Note, ProductCode, QualityFlags, Quantity, StoreCode,
    SystemTask, Timestamp, UserId,
};
use crate::transfer::columns::Column;
use crate::transfer::spreadsheet_text::unescaped;

pub(in crate::transfer) fn now() -> LocalTime {
    LocalTime::parse("2026-03-04 12:00:00").unwrap()
}

fn any_time() -> impl Strategy<Value = LocalTime> {
    (1..=9999_u32, 1..=28_u32, 0..86_400_u32).prop_map(|(year, day, second)| {
        let (hour, minute) = (second / 3600, second / 60 % 60);
        let text = format!("{year:04}-02-{day:02} {hour:02}:{minute:02}:{:02}", second % 60);
        LocalTime::parse(&text).unwrap()
    })
}

/// What files had in place of a customer, and what a spreadsheet makes something of.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "['=+@＝\\-\"]{1,3}[ -~]{0,30}",
        "[-+][0-9]{1,6}(\\.[0-9]{1,3})?",
        "\\PC{1,9}",
        Just("=cmd|' /C calc'!A0".to_owned()),
        Just("a;\"b\",'c'\u{2028}".to_owned()),
        Just("1/2;=1+1".to_owned()),
        Just("001E5".to_owned()),
    ]
}

fn any_customer() -> impl Strategy<Value = UserId> {
    any_text().prop_filter_map("no customer", |text| UserId::parse_recorded(&text).ok())
}

fn any_note() -> impl Strategy<Value = Option<Note>> {
    any_text().prop_map(|text| Note::parse(&text, false).ok().flatten())
}

pub(in crate::transfer) fn any_order() -> impl Strategy<Value = NewOrder> {
    let dates = (any_time(), prop::option::of(any_time()), prop::option::of(any_time()))
        .prop_map(|(ordered, shipped, delivered)| Dates::recorded(ordered, shipped, delivered));
    let cards = prop::sample::select(vec!["4111111111111111", "378282246310005", "4000000000000002"]);
    (any::<u128>(), any_customer(), cards, 1..=99_i32, dates, any_note(), 0..8192_i16).prop_map(
        |(uuid, user_id, card, quantity, dates, note, flags)| NewOrder {
            date_uuid: DateUuid::from(uuid::Uuid::from_u128(uuid)),
            user_id,
            card: CardNumber::parse_recorded(card).unwrap().0,
            store: StoreCode::parse("WEB-1388012W").unwrap(),
            product: ProductCode::parse("R7-3126933h").unwrap(),
            quantity: Quantity::new(quantity).unwrap(),
            dates,
            note,
            flags: QualityFlags::from_bits(flags),
        },
    )
}

/// All cells of a file of values, without its line of names.
fn read_csv(file: &[u8], style: CsvStyle) -> Vec<Vec<String>> {
    let file = if style.byte_order_mark { file.strip_prefix("\u{FEFF}".as_bytes()).unwrap() } else { file };
    let delimiter = if style.semicolons { b';' } else { b',' };
    let mut reader = ::csv::ReaderBuilder::new().delimiter(delimiter).from_reader(file);
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), Column::ALL.map(Column::name));
    let line = |line: Result<::csv::StringRecord, _>| {
        line.unwrap().iter().map(|cell| unescaped(cell).to_owned()).collect()
    };
    reader.records().map(line).collect()
}

/// What a file of values has of an order.
fn cells(order: &Order) -> Vec<String> {
    let time = |time: Option<LocalTime>| time.map(|time| time.text().to_string()).unwrap_or_default();
    let names: Vec<&str> = order.flags.iter().map(crate::order::Warning::name).collect();
    vec![
        order.number.to_string(),
        time(Some(order.dates.ordered())),
        order.status(now()).name().to_owned(),
        order.store.to_string(),
        order.product.to_string(),
        order.quantity.get().to_string(),
        order.card.brand.as_str().to_owned(),
        order.card.last_four.as_str().to_owned(),
        time(order.dates.shipped()),
        time(order.dates.delivered()),
        order.user_id.shown().to_owned(),
        order.date_uuid.as_str().to_owned(),
        order.cancelled_at.map(|at| at.iso().to_string()).unwrap_or_default(),
        names.join(" "),
        order.note.as_ref().map(|note| note.as_str().to_owned()).unwrap_or_default(),
    ]
}

/// The same as JSON has it.
fn object(order: &Order) -> Value {
    let mut object = serde_json::Map::new();
    for (column, cell) in Column::ALL.into_iter().zip(cells(order)) {
        let value = match column {
            Column::Warnings => cell.split_whitespace().map(Value::from).collect(),
            Column::Number | Column::Quantity => cell.parse::<i64>().unwrap().into(),
            _ if cell.is_empty() => Value::Null,
            Column::OrderDate | Column::ShippingDate | Column::DeliveryDate => cell.replace(' ', "T").into(),
            _ => cell.into(),
        };
        object.insert(column.name().to_owned(), value);
    }
    object.into()
}

fn file(format: TextFormat, slices: &[&[Order]]) -> Vec<u8> {
    let mut file = TextFile::new(format, now());
    let mut bytes = file.head();
    for orders in slices {
        bytes.extend(file.write(orders));
    }
    bytes.extend_from_slice(file.end());
    assert_eq!(file.orders(), slices.iter().map(|orders| orders.len() as u64).sum::<u64>());
    bytes
}

/// Adds some orders, and reads them as an export does.
async fn stored(db: &Db, new: &[NewOrder]) -> Vec<Order> {
    let at = Timestamp::parse("2026-03-03 14:05:00").unwrap();
    let entries: Vec<_> =
        new.iter().map(|order| InsertOrder::by_system(SystemTask::Seed, order.clone(), at)).collect();
    assert_eq!(db.insert_orders(&entries).await.unwrap(), new.len());
    let mut walk = db.begin_walk(&ListQuery::parse("sort=number"), now()).await.unwrap();
    let mut orders = Vec::new();
    while let Some(some) = db.walk_on(&mut walk).await.unwrap() {
        orders.extend(some);
    }
    let (kept, added): (Vec<_>, Vec<_>) = (
        orders.iter().map(|order| (order.date_uuid, order.user_id, order.dates)).collect(),
        new.iter().map(|order| (order.date_uuid, order.user_id, order.dates)).collect(),
    );
    assert_eq!(kept, added);
    orders
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_stored_is_read_back_from_every_file_of_text(
        new in prop::collection::vec(any_order(), 0..40), place: prop::sample::Index,
        byte_order_mark: bool, semicolons: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let db = SqliteOptions::in_folder(folder.path(), 1).open().unwrap();
        let mut orders = runtime.block_on(stored(&db, &new));
        if let Some(last) = orders.last_mut() {
            last.cancelled_at = Timestamp::parse("2026-03-03 23:59:59");
        }
        let slices = orders.split_at(place.index(orders.len() + 1));
        let slices = [slices.0, slices.1, &[]];

        let style = CsvStyle { byte_order_mark, semicolons };
        let expected: Vec<_> = orders.iter().map(cells).collect();
        prop_assert_eq!(read_csv(&file(TextFormat::Csv(style), &slices), style), expected);

        let expected: Vec<_> = orders.iter().map(object).collect();
        let lines = String::from_utf8(file(TextFormat::Ndjson, &slices)).unwrap();
        let read: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(&read, &expected);
        let array: Vec<Value> = serde_json::from_slice(&file(TextFormat::Json, &slices)).unwrap();
        prop_assert_eq!(array, expected);
    }
}

#[test]
fn files_are_as_reviewed() {
    let (mut order, at) = Order::sample();
    order.user_id = UserId::parse_recorded("=1+\"1\"").unwrap();
    order.flags = QualityFlags::CARD_LENGTH | QualityFlags::USER_ID;
    order.cancelled_at = Some(at);
    let plain = Order::sample().0;
    let orders = [order, plain];
    let semicolons = CsvStyle { byte_order_mark: true, semicolons: true };
    let formats = [
        TextFormat::Csv(CsvStyle::STANDARD),
        TextFormat::Csv(semicolons),
        TextFormat::Ndjson,
        TextFormat::Json,
    ];
    let files = formats.map(|format| String::from_utf8(file(format, &[&orders])).unwrap());
    let shown = |file: String| file.replace('\r', "\\r").replace('\u{FEFF}', "(mark)");
    insta::assert_snapshot!(files.map(shown).join("\n"));
}

/// Between its lines a file of JSON is none.
#[test]
fn a_file_of_json_that_broke_off_is_none() {
    let orders = [Order::sample().0, Order::sample().0];
    let whole = file(TextFormat::Json, &[&orders]);
    assert!(serde_json::from_slice::<Value>(&whole).is_ok());
    for length in 0..whole.len() - 2 {
        assert!(serde_json::from_slice::<Value>(&whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_workbook_holds_as_many_orders_as_excel_has_lines() {
    let mut book = Workbook::create(None, now()).unwrap();
    let orders = vec![Order::sample().0; 3];
    book.write(&orders).unwrap();
    let mut file = Vec::new();
    book.finish(&mut file).unwrap();
    assert!(file.starts_with(b"PK"));

    let mut book = Workbook::create(None, now()).unwrap();
    book.skip_to(Workbook::MOST_ORDERS - 2);
    let refused = book.write(&orders).unwrap_err();
    assert_eq!(refused.to_string(), "an Excel workbook holds 1,048,575 orders at most");
    assert_eq!(book.orders(), u64::from(Workbook::MOST_ORDERS));
}

#[test]
fn a_disk_has_room_or_has_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(xlsx::has_room(folder.path(), 1));
    assert!(!xlsx::has_room(folder.path(), u64::MAX));
    let nowhere = folder.path().join("nowhere");
    let error = Workbook::create(Some(&nowhere), now()).err().unwrap().to_string();
    assert!(error.starts_with("the workbook cannot be written (") && error.contains("nowhere"), "{error}");
}
