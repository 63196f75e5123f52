//! What `orders export` writes says of every order what it is.

use proptest::prelude::*;

use super::{ReadFile, now};
use crate::order::{NewOrder, Order, OrderNumber, Timestamp};
use crate::transfer::export::tests::any_order;
use crate::transfer::import::{Checked, Outcome};
use crate::transfer::{CsvStyle, TextFile, TextFormat, Workbook};

fn text(format: TextFormat, orders: &[Order]) -> Vec<u8> {
    let mut file = TextFile::new(format, now().local);
    let mut bytes = file.head();
    bytes.extend(file.write(orders));
    bytes.extend(file.end());
    bytes
}

fn workbook(orders: &[Order]) -> Vec<u8> {
    let mut book = Workbook::create(None, now().local).unwrap();
    book.write(orders).unwrap();
    let mut bytes = Vec::new();
    book.finish(&mut bytes).unwrap();
    bytes
}

fn kept(orders: &[NewOrder]) -> Vec<Order> {
    let cancelled_at = Timestamp::parse("2026-03-03 14:05:00");
    let order = |(number, order): (i64, &NewOrder)| Order {
        cancelled_at: cancelled_at.filter(|_| number % 3 == 0),
        ..Order::new(OrderNumber::new(number).unwrap(), order)
    };
    (1..).zip(orders).map(order).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn an_export_that_is_imported_changes_nothing(orders in prop::collection::vec(any_order(), 1..6)) {
        let orders = kept(&orders);
        let styles = [(false, false), (true, true)].map(|(byte_order_mark, semicolons)| {
            TextFormat::Csv(CsvStyle { byte_order_mark, semicolons })
        });
        let texts = styles.into_iter().chain([TextFormat::Ndjson, TextFormat::Json]);
        let files: Vec<Vec<u8>> = texts.map(|format| text(format, &orders)).chain([workbook(&orders)]).collect();
        for bytes in files {
            let mut file = ReadFile::find(bytes).unwrap();
            file.mapping.update_existing = true;
            let check = file.check(&[]);
            let rows = file.rows();
            prop_assert_eq!(rows.len(), orders.len());
            for (row, order) in rows.iter().zip(&orders) {
                let Checked::Read(read) = check.check(row) else { panic!("{:?}", check.check(row)) };
                let outcome = read.against(&orders, &check);
                let is_here = matches!(&outcome, Outcome::Here(number) if *number == order.number);
                prop_assert!(is_here, "{:?} {:?}", file.reading.format, outcome);
            }
        }
    }
}
