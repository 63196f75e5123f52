//! What columns are called: by this desk, the Flask application, spreadsheets, shops, in English and in German.

use sha2::{Digest, Sha256};

use super::{RawRow, card};
use crate::order::{DateUuid, Field};
use crate::transfer::columns::Column;

/// Characters of a name that are kept.
const MOST_CHARS: usize = 80;

/// Names without anything but letters and digits, the likelier first: where two columns could be one field, the one that
/// stands here earlier is it.
const NAMES: [(Field, &[&str]); 10] = [
    (
        Field::OrderDate,
        &[
            "orderdate",
            "dateordered",
            "orderedat",
            "ordered",
            "orderedon",
            "createdat",
            "datecreated",
            "ordercreated",
            "purchasedate",
            "ordertime",
            "orderdatetime",
            "datetime",
            "date",
            "bestelldatum",
            "auftragsdatum",
            "datum",
        ],
    ),
    (
        Field::ShippingDate,
        &[
            "shippingdate",
            "dateshipped",
            "shippedat",
            "shipped",
            "shipdate",
            "shippedon",
            "fulfilledat",
            "dispatchdate",
            "dispatched",
            "versanddatum",
            "versendetam",
            "versandtam",
            "lieferscheindatum",
        ],
    ),
    (
        Field::DeliveryDate,
        &[
            "deliverydate",
            "datedelivered",
            "deliveredat",
            "delivered",
            "deliveredon",
            "datecompleted",
            "completedat",
            "lieferdatum",
            "zustelldatum",
            "zugestelltam",
        ],
    ),
    (
        Field::StoreCode,
        &[
            "storecode",
            "store",
            "storeid",
            "storenumber",
            "shop",
            "shopcode",
            "branch",
            "branchcode",
            "location",
            "filiale",
            "filialcode",
            "filialnummer",
            "laden",
            "geschäft",
        ],
    ),
    (
        Field::ProductCode,
        &[
            "productcode",
            "product",
            "sku",
            "lineitemsku",
            "itemsku",
            "productsku",
            "item",
            "itemcode",
            "article",
            "articlenumber",
            "productid",
            "artikelnummer",
            "artikel",
            "artikelnr",
            "produktcode",
            "produkt",
        ],
    ),
    (
        Field::Quantity,
        &[
            "productquantity",
            "quantity",
            "qty",
            "lineitemquantity",
            "itemquantity",
            "itemqty",
            "amount",
            "pieces",
            "count",
            "menge",
            "anzahl",
            "stück",
            "stückzahl",
        ],
    ),
    (
        Field::UserId,
        &[
            "userid",
            "customerid",
            "useruuid",
            "customeruuid",
            "customer",
            "user",
            "clientid",
            "customeruserid",
            "kundenid",
            "kundennummer",
            "kunde",
            "kundennr",
            "benutzerid",
        ],
    ),
    (
        Field::CardNumber,
        &[
            "cardnumber",
            "card",
            "creditcard",
            "creditcardnumber",
            "pan",
            "paymentcard",
            "cardno",
            "ccnumber",
            "kartennummer",
            "karte",
            "kreditkarte",
            "kreditkartennummer",
        ],
    ),
    (
        Field::Note,
        &[
            "note",
            "notes",
            "remark",
            "remarks",
            "comment",
            "comments",
            "customernote",
            "ordernote",
            "ordernotes",
            "notiz",
            "bemerkung",
            "anmerkung",
            "kommentar",
            "hinweis",
        ],
    ),
    (Field::DateUuid, &["dateuuid", "orderuuid", "uuid", "orderguid", "guid", "bestelluuid"]),
];

/// Only letters and digits, small ones.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The field that a column is by its name, and how likely that is: less is likelier.
pub(super) fn field_of(name: &str) -> Option<(Field, usize)> {
    let name = plain(name);
    NAMES.iter().find_map(|(field, names)| {
        names.iter().position(|known| *known == name).map(|likelihood| (*field, likelihood))
    })
}

/// Whether a column is one that an export has beside the fields: what follows from them is not read.
pub(super) fn is_of_export(name: &str) -> bool {
    Column::ALL.into_iter().any(|column| column.name() == name)
}

/// Whether the first of some rows has the names of the columns.
pub(super) fn is_header(rows: &[RawRow]) -> bool {
    let Some(first) = rows.first() else { return true };
    if first.cells().any(|cell| field_of(cell).is_some()) {
        return true;
    }
    let is_value = |cell: &str| {
        cell.bytes().filter(u8::is_ascii_digit).count() >= 4
            || DateUuid::parse(cell).is_ok()
            || plain(cell).is_empty()
    };
    !first.cells().any(is_value)
}

/// Whether a row repeats the names of the columns, as files of several parts do.
pub(super) fn repeats_header<'a>(row: &RawRow, header: impl Iterator<Item = &'a str>) -> bool {
    let mut cells =
        row.cells().zip(header).filter(|(cell, name)| !cell.is_empty() || !name.is_empty()).peekable();
    cells.peek().is_some() && cells.all(|(cell, name)| plain(cell) == plain(name))
}

/// A name as it may be shown and kept: of bounded length, and without what may be a card number.
pub(super) fn shown(name: &str) -> String {
    let name: String =
        name.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_CHARS).collect();
    card::masked(&name)
}

/// What tells a header from others, however its names are spaced, in capital letters or not: 32 letters from `a` to `p`.
pub fn header_fingerprint(header: &[String]) -> String {
    let mut digest = Sha256::new();
    for name in header {
        let name = plain(name);
        digest.update(name.len().to_le_bytes());
        digest.update(name);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let letter = |nibble: u8| char::from(b'a' + nibble);
    digest.iter().take(16).flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]).collect()
}
