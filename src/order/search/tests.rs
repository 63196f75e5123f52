//! What is typed, and how it is read.

use proptest::prelude::*;

use super::super::list::tests::any_condition;
use super::super::mend::tests::{ZEROS, any_disguise, disguised, in_script};
use super::*;
use crate::order::{Beginning, ListQuery, ProductCode, StoreCode, Timestamp, grouped, mask_card_numbers};

const LATE_DAYS: u16 = 3;

/// A Sunday.
fn now() -> Now {
    Now::in_utc(Timestamp::parse("2026-11-29 14:05:00").unwrap())
}

fn search(text: &str) -> Result<Search, SearchError> {
    Search::parse(text, now(), LATE_DAYS)
}

fn said(filter: &OrderFilter) -> String {
    if filter.is_empty() { "all orders".to_owned() } else { filter.words() }
}

/// How a text is read, with what else it may mean on lines of their own.
fn read(text: &str) -> String {
    let (first, others) = match search(text) {
        Ok(Search::Number { number, others }) => (format!("order {number}"), others),
        Ok(Search::Card(card)) => (format!("the card {card}"), Vec::new()),
        Ok(Search::Filter { filter, others }) => (said(&filter), others),
        Err(error) => (format!("! {error}"), Vec::new()),
    };
    let others: String = others.iter().map(|other| format!("\n        or {}", said(other))).collect();
    format!("{text}\n    {first}{others}\n")
}

#[test]
fn texts_are_read_as_a_clerk_means_them() {
    let texts = include_str!("texts.txt");
    let told: Vec<String> = texts.lines().filter(|line| !line.is_empty()).map(read).collect();
    insta::assert_snapshot!(told.join("\n"));
}
