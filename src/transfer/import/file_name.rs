//! What a file is called among imports.

use crate::order::holds_card_number;

/// Characters that are kept: as many as the column has.
const MOST: usize = 200;

/// The last part of a file's path, as it may be stored and shown; none for what has no name, or might be a card number.
pub fn file_name_of(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(MOST).collect();
    let name = name.trim();
    (!name.is_empty() && !holds_card_number(name)).then(|| name.to_owned())
}
