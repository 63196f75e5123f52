//! What the dialect promises, without a server.
//!
//! The statements are those of [`selects`], [`pages`] and [`writes`], over tables of their own.

mod limits;
mod nulls;
mod pages;
mod round_trips;
mod selects;
mod values;
mod writes;

use diesel::prelude::*;
use diesel::query_builder::QueryFragment;

use super::bind::Parameter;
use super::statement::Statement;
use super::{Mssql, bare_conditions};

diesel::table! {
    things (id) {
        id -> Integer,
        owner -> Nullable<Integer>,
        flag -> Bool,
        small -> SmallInt,
        number -> Integer,
        big -> BigInt,
        real -> Float,
        double -> Double,
        name -> Text,
        bytes -> Binary,
        day -> Date,
        hour -> Time,
        at -> Timestamp,
        maybe_flag -> Nullable<Bool>,
        maybe_small -> Nullable<SmallInt>,
        maybe_number -> Nullable<Integer>,
        maybe_big -> Nullable<BigInt>,
        maybe_real -> Nullable<Float>,
        maybe_double -> Nullable<Double>,
        maybe_name -> Nullable<Text>,
        maybe_bytes -> Nullable<Binary>,
        maybe_day -> Nullable<Date>,
        maybe_hour -> Nullable<Time>,
        maybe_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    owners (id) {
        id -> Integer,
        name -> Text,
    }
}

diesel::table! {
    #[sql_name = "odd]things"]
    odd_things (id) {
        #[sql_name = "the]id]"]
        id -> Integer,
    }
}

diesel::joinable!(things -> owners (owner));
diesel::allow_tables_to_appear_in_same_query!(things, owners);

/// A statement's name, and its text with the values that are bound to it.
type Named = (&'static str, String);

fn written(query: &impl QueryFragment<Mssql>) -> String {
    let Statement { sql, parameters } = Statement::write(query).unwrap();
    let values: Vec<String> =
        parameters.into_iter().map(|parameter| format!("{:?}", Parameter::into_data(parameter))).collect();
    if values.is_empty() { sql } else { format!("{sql}\n    -- {}", values.join(", ")) }
}

fn listed(statements: &[Named]) -> String {
    let texts: Vec<String> = statements.iter().map(|(name, text)| format!("{name}\n    {text}\n")).collect();
    texts.join("\n")
}

#[test]
fn every_select_is_as_reviewed() {
    insta::assert_snapshot!(listed(&selects::all()));
}

#[test]
fn every_page_is_as_reviewed() {
    insta::assert_snapshot!(listed(&pages::all()));
}

#[test]
fn every_write_is_as_reviewed() {
    insta::assert_snapshot!(listed(&writes::all()));
}

#[test]
fn no_statement_has_a_bare_condition() {
    for (name, text) in [selects::all(), pages::all(), writes::all()].concat() {
        assert_eq!(bare_conditions(&text), [""; 0], "{name}: {text}");
    }
}

/// They compile; SQL Server refuses them, and so does the scan.
#[test]
fn a_column_as_a_condition_is_found() {
    let alone = written(&things::table.select(things::id).filter(things::flag));
    assert_eq!(bare_conditions(&alone), ["[things].[flag]"]);
    let beside = written(&things::table.select(things::id).filter(things::flag.and(things::id.eq(1))));
    assert_eq!(bare_conditions(&beside), ["[things].[flag]"]);
    let within = written(
        &things::table
            .select(things::id)
            .filter(things::id.eq(1).or(diesel::dsl::not(things::maybe_flag).and(things::id.gt(2)))),
    );
    assert_eq!(bare_conditions(&within), ["[things].[maybe_flag]"]);
    let joined = written(&things::table.select(things::id).inner_join(owners::table.on(things::flag)));
    assert_eq!(bare_conditions(&joined), ["[things].[flag]"]);
    let case = written(
        &things::table.select(diesel::dsl::case_when(things::flag, things::id).otherwise(things::number)),
    );
    assert_eq!(bare_conditions(&case), ["[things].[flag]"]);
    let changed = written(&diesel::update(things::table.filter(things::flag)).set(things::flag.eq(false)));
    assert_eq!(bare_conditions(&changed), ["[things].[flag]"]);
    let deleted = written(&diesel::delete(things::table.filter(things::flag)));
    assert_eq!(bare_conditions(&deleted), ["[things].[flag]"]);
}
