//! Whole files as shops export them, with a column of cards as a payment provider adds it.

use super::*;
use crate::order::Field;

fn quoted(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    cells.join(",")
}

#[test]
fn a_file_of_shopify_is_read() {
    let header = [
        "Name",
        "Email",
        "Financial Status",
        "Paid at",
        "Fulfillment Status",
        "Fulfilled at",
        "Currency",
        "Total",
        "Created at",
        "Lineitem quantity",
        "Lineitem name",
        "Lineitem price",
        "Lineitem sku",
        "Notes",
        "Location",
        "Customer ID",
        "Card Number",
    ];
    let line = |created: &str, quantity: &str, notes: &str| {
        quoted(&[
            "#1001",
            "anna@example.com",
            "paid",
            created,
            "fulfilled",
            "2025-11-05 08:00:00 +0100",
            "EUR",
            "19.90",
            created,
            quantity,
            "Kettle, \"small\"",
            "19.90",
            "R7-3126933h",
            notes,
            "HI-9B97EE4E",
            USER,
            CARD,
        ])
    };
    let text = [
        quoted(&header),
        line("2025-11-03 10:30:00 +0100", "4", "ring \"twice\",\nthen wait"),
        // The second item of an order has no date of its own.
        line("", "1", ""),
    ];
    let file = ReadFile::find(text.join("\n")).unwrap();
    let outcomes = file.outcomes();
    let expected = "new: 2025-11-03 09:30 HI-9B97EE4E R7-3126933h 4 Visa •••• 1111";
    assert!(outcomes[0].starts_with(expected), "{outcomes:?}");
    assert!(outcomes[0].contains("ring \"twice\", then wait"), "{outcomes:?}");
    assert_eq!(outcomes[1], "wrong: Enter the order date");
    let lost = ["Email", "Total", "Lineitem name"];
    let left_out = |name: &&str| {
        file.mapping.columns.iter().any(|column| column.name == **name && column.field.is_none())
    };
    assert!(lost.iter().all(left_out), "{:?}", file.mapping.columns);
}

#[test]
fn a_file_of_woocommerce_is_read_with_one_store_for_all_rows() {
    let header = [
        "Order ID",
        "Order Number",
        "Order Status",
        "Order Date",
        "Customer Note",
        "Customer ID",
        "SKU",
        "Item #",
        "Quantity",
        "Item Cost",
        "Card Number",
    ];
    let line = quoted(&[
        "501",
        "501",
        "Processing",
        "2025-11-03 09:30",
        "Leave it “there”",
        USER,
        "R7-3126933h",
        "1",
        "4",
        "19.90",
        CARD,
    ]);
    let mut file = ReadFile::find([quoted(&header), line].join("\r\n")).unwrap();
    assert_eq!(file.outcomes(), ["wrong: Enter the store code"]);
    file.mapping.set_default(Field::StoreCode, "WEB-1388012W").unwrap();
    let expected = "new: 2025-11-03 09:30 WEB-1388012W R7-3126933h 4 Visa •••• 1111 Leave it “there”";
    assert_eq!(file.outcomes(), [expected]);
}
