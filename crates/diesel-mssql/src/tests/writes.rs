//! INSERTs, UPDATEs and DELETEs.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::prelude::*;

use super::values::{Day, Hour, Moment};
use super::{Named, owners, things, written};

#[derive(Insertable)]
#[diesel(table_name = things)]
struct NewThing<'a> {
    id: i32,
    name: &'a str,
    maybe_name: Option<&'a str>,
    maybe_number: Option<i32>,
}

/// Leaves out what is none, instead of asking for the default.
#[derive(AsChangeset)]
#[diesel(table_name = things)]
struct Change {
    name: Option<String>,
    number: Option<i32>,
}

/// Writes NULL for what is none.
#[derive(AsChangeset)]
#[diesel(table_name = things, treat_none_as_null = true)]
struct Clearing {
    maybe_name: Option<String>,
    maybe_number: Option<i32>,
}

/// Every kind of writing, by name.
pub fn all() -> Vec<Named> {
    [inserts(), updates(), deletes()].concat()
}

fn inserts() -> Vec<Named> {
    let day = NaiveDate::from_ymd_opt(2026, 11, 5).unwrap();
    let hour = NaiveTime::from_hms_milli_opt(12, 30, 15, 250).unwrap();
    let insert = || diesel::insert_into(things::table);
    let lamp = || NewThing { id: 1, name: "lamp", maybe_name: Some("light"), maybe_number: None };
    let chair = || NewThing { id: 2, name: "chair", maybe_name: None, maybe_number: Some(4) };
    vec![
        ("one column", written(&insert().values(things::name.eq("lamp")))),
        (
            "every type",
            written(&insert().values((
                things::flag.eq(true),
                things::small.eq(2),
                things::number.eq(3),
                things::big.eq(4),
                things::real.eq(0.5),
                things::double.eq(0.25),
                things::name.eq("lamp"),
                things::bytes.eq([1_u8, 2].as_slice()),
                things::day.eq(Day(day)),
                things::hour.eq(Hour(hour)),
                things::at.eq(Moment(NaiveDateTime::new(day, hour))),
            ))),
        ),
        (
            "every type, all NULL",
            written(&insert().values((
                things::maybe_flag.eq(None::<bool>),
                things::maybe_small.eq(None::<i16>),
                things::maybe_number.eq(None::<i32>),
                things::maybe_big.eq(None::<i64>),
                things::maybe_real.eq(None::<f32>),
                things::maybe_double.eq(None::<f64>),
                things::maybe_name.eq(None::<&str>),
                things::maybe_bytes.eq(None::<&[u8]>),
                things::maybe_day.eq(None::<Day>),
                things::maybe_hour.eq(None::<Hour>),
                things::maybe_at.eq(None::<Moment>),
            ))),
        ),
        ("a struct", written(&insert().values(&lamp()))),
        ("structs, with defaults for what is none", written(&insert().values(vec![lamp(), chair()]))),
        (
            "an array of tuples",
            written(&insert().values([
                (things::id.eq(1), things::name.eq("lamp")),
                (things::id.eq(2), things::name.eq("chair")),
            ])),
        ),
        ("a vector of one", written(&insert().values(vec![things::name.eq("lamp")]))),
        ("a vector of none", written(&insert().values(Vec::<NewThing<'_>>::new()))),
        ("defaults alone", written(&insert().default_values())),
        (
            "from a query",
            written(
                &diesel::insert_into(owners::table)
                    .values(things::table.select((things::id, things::name)).filter(things::number.gt(3)))
                    .into_columns((owners::id, owners::name)),
            ),
        ),
    ]
}

fn updates() -> Vec<Named> {
    let this = || diesel::update(things::table.find(7));
    vec![
        ("every row", written(&diesel::update(things::table).set(things::flag.eq(false)))),
        (
            "some rows",
            written(
                &diesel::update(things::table.filter(things::name.eq("lamp"))).set(things::name.eq("light")),
            ),
        ),
        (
            "an increment",
            written(
                &this().set((things::number.eq(things::number + 1), things::maybe_name.eq(None::<&str>))),
            ),
        ),
        (
            "what there is to change",
            written(&this().set(Change { name: Some("lamp".to_owned()), number: None })),
        ),
        ("none as NULL", written(&this().set(Clearing { maybe_name: None, maybe_number: Some(1) }))),
        (
            "from a query",
            written(
                &this().set(
                    things::maybe_name
                        .eq(owners::table.select(owners::name).filter(owners::id.eq(1)).single_value()),
                ),
            ),
        ),
    ]
}

fn deletes() -> Vec<Named> {
    vec![
        ("delete every row", written(&diesel::delete(things::table))),
        ("delete some rows", written(&diesel::delete(things::table.filter(things::number.lt(3))))),
    ]
}
