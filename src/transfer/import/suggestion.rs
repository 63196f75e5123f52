//! What is probably meant by a value that is wrong.

use std::collections::HashSet;

use super::{Fault, ReadRow};
use crate::order::{Field, ProductCode, Quantity, StoreCode};

/// Codes that are remembered.
const MOST_CODES: usize = 5000;
/// Letters that may differ.
const MOST_SLIPS: usize = 2;

/// The right codes of a file, which a wrong one may be a slip of.
#[derive(Debug, Default)]
pub(super) struct Suggestions {
    stores: HashSet<StoreCode>,
    products: HashSet<ProductCode>,
}

impl Suggestions {
    /// Takes the codes of a row that are right.
    pub fn take(&mut self, read: &ReadRow, faults: &[Fault]) {
        let is_right = |field| !faults.iter().any(|fault| fault.field == Some(field));
        if self.stores.len() < MOST_CODES && is_right(Field::StoreCode) {
            self.stores.extend(StoreCode::parse(read.text(Field::StoreCode)));
        }
        if self.products.len() < MOST_CODES && is_right(Field::ProductCode) {
            self.products.extend(ProductCode::parse(read.text(Field::ProductCode)));
        }
    }

    /// What stands for a value, if only one thing is likely.
    pub fn of(&self, fault: &Fault) -> Option<String> {
        let text = fault.found.trim();
        match fault.field? {
            Field::StoreCode => {
                let stores = self.stores.iter().map(StoreCode::as_str);
                nearest(text, stores).or_else(|| {
                    digits_for_letters(text, |text| StoreCode::parse(text).ok()?.to_string().into())
                })
            }
            Field::ProductCode => {
                let products = self.products.iter().map(ProductCode::as_str);
                nearest(text, products).or_else(|| {
                    digits_for_letters(text, |text| ProductCode::parse(text).ok()?.to_string().into())
                })
            }
            Field::Quantity => quantity(text),
            _ => None,
        }
    }
}

/// The one code that differs least, if it differs little.
fn nearest<'a>(text: &str, codes: impl Iterator<Item = &'a str>) -> Option<String> {
    let plain = text.to_uppercase();
    let mut near: Vec<(usize, &str)> = codes
        .map(|code| (strsim::osa_distance(&plain, &code.to_uppercase()), code))
        .filter(|(slips, _)| *slips <= MOST_SLIPS)
        .collect();
    near.sort_unstable();
    match near[..] {
        [(_, one)] => Some(one.to_owned()),
        [(least, one), (more, _), ..] if least < more => Some(one.to_owned()),
        _ => None,
    }
}

/// The code with digits in place of the letters that look like them, if that makes it right.
fn digits_for_letters(text: &str, parse: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (head, tail) = text.split_at_checked(2)?;
    let digit = |c: char| match c {
        'O' | 'o' => '0',
        'I' | 'l' | '|' => '1',
        c => c,
    };
    parse(&format!("{head}{}", tail.chars().map(digit).collect::<String>()))
}

/// A number with what stands behind it left out, or with a point between its thousands.
fn quantity(text: &str) -> Option<String> {
    let bare = text.trim_end_matches(|c: char| c.is_alphabetic() || matches!(c, ' ' | '.' | '×'));
    let number = Quantity::parse(bare).or_else(|_| Quantity::parse(&bare.replace('.', ""))).ok()?;
    Some(number.get().to_string())
}
