//! NULLs of types that the driver cannot name, and the numbers of the parameters that are left.

use diesel::prelude::*;
use diesel::query_builder::QueryBuilder;
use proptest::prelude::*;
use tiberius::ColumnData;

use super::super::bind::Parameter;
use super::super::query_builder::MssqlQueryBuilder;
use super::super::{Mssql, MssqlType};
use super::{Statement, things};

/// A parameter of the given type: none, or one that can be told from all others.
fn parameter(sql_type: MssqlType, number: Option<usize>) -> Parameter {
    let value = number.map(|number| ColumnData::I64(Some(i64::try_from(number).unwrap())));
    Parameter { sql_type, value }
}

fn any_type() -> impl Strategy<Value = MssqlType> {
    prop::sample::select(vec![
        MssqlType::Bit,
        MssqlType::SmallInt,
        MssqlType::Int,
        MssqlType::BigInt,
        MssqlType::Real,
        MssqlType::Float,
        MssqlType::NVarChar,
        MssqlType::VarBinary,
        MssqlType::Date,
        MssqlType::Time,
        MssqlType::DateTime2,
    ])
}

/// What stands in a text's places, one after the other; they are separated by commas.
fn places(sql: &str) -> Vec<&str> {
    sql.strip_prefix("SELECT ").unwrap().split(", ").collect()
}

proptest! {
    #[test]
    fn the_number_in_the_text_is_the_place_among_the_bound_values(
        wanted in prop::collection::vec((any_type(), any::<bool>()), 0..40),
    ) {
        let mut builder = MssqlQueryBuilder::default();
        builder.push_sql("SELECT ");
        let mut parameters = Vec::new();
        for (at, (sql_type, is_null)) in wanted.iter().enumerate() {
            if at > 0 {
                builder.push_sql(", ");
            }
            builder.push_bind_param();
            parameters.push(parameter(*sql_type, (!is_null).then_some(at)));
        }
        let (sql, bound) = builder.finish_with(parameters);
        let mut next = 0;
        for (at, (place, (sql_type, is_null))) in places(&sql).into_iter().zip(&wanted).enumerate() {
            if let Some(number) = place.strip_prefix("@P") {
                next += 1;
                prop_assert_eq!(number.parse::<usize>().unwrap(), next);
                prop_assert_eq!(bound[next - 1].sql_type, *sql_type);
                let value = bound[next - 1].clone().into_data();
                let expected = parameter(*sql_type, (!is_null).then_some(at)).into_data();
                prop_assert_eq!(value, expected);
            } else {
                prop_assert!(*is_null);
                prop_assert_eq!(place, format!("CAST(NULL AS {})", sql_type.name()));
            }
        }
        prop_assert_eq!(bound.len(), next);
    }

    #[test]
    fn no_null_is_bound_that_the_driver_would_send_without_its_type(sql_type in any_type()) {
        let mut builder = MssqlQueryBuilder::default();
        builder.push_bind_param();
        let (_, bound) = builder.finish_with(vec![parameter(sql_type, None)]);
        for parameter in bound {
            let has_typed_null = matches!(
                parameter.into_data(),
                ColumnData::Bit(None)
                    | ColumnData::I16(None)
                    | ColumnData::I32(None)
                    | ColumnData::I64(None)
                    | ColumnData::F32(None)
                    | ColumnData::F64(None)
            );
            prop_assert!(has_typed_null);
        }
    }

    /// The same through Diesel, where text and parameters are collected in two passes.
    #[test]
    fn a_change_binds_what_is_there_and_writes_out_what_is_not(
        name in any::<Option<String>>(), number in any::<Option<i32>>(), bytes in any::<Option<Vec<u8>>>(), id: i32,
    ) {
        let change = diesel::update(things::table.find(id)).set((
            things::maybe_name.eq(&name),
            things::maybe_number.eq(number),
            things::maybe_bytes.eq(&bytes),
        ));
        let Statement { sql, parameters } = Statement::write(&change).unwrap();
        let bound: Vec<_> = parameters.into_iter().map(Parameter::into_data).collect();
        let mut expected = Vec::new();
        let mut place = |value: Option<ColumnData<'static>>, null: &str| match value {
            Some(value) => {
                expected.push(value);
                format!("@P{}", expected.len())
            }
            None => format!("CAST(NULL AS {null})"),
        };
        let name = place(name.map(|name| ColumnData::String(Some(name.into()))), "NVARCHAR(4000)");
        let number = place(Some(ColumnData::I32(number)), "INT");
        let bytes = place(bytes.map(|bytes| ColumnData::Binary(Some(bytes.into()))), "VARBINARY(8000)");
        let id = place(Some(ColumnData::I32(Some(id))), "INT");
        prop_assert_eq!(
            sql,
            format!(
                "UPDATE [things] SET [maybe_name] = {name}, [maybe_number] = {number}, [maybe_bytes] = {bytes} \
                 WHERE ([things].[id] = {id})"
            )
        );
        prop_assert_eq!(bound, expected);
    }
}

/// Its text has its parameters' numbers already: a NULL cannot be written into it, and is bound.
#[test]
fn raw_text_keeps_its_parameters_as_they_are() {
    let query = diesel::sql_query("SELECT @P2, @P1")
        .bind::<diesel::sql_types::Nullable<diesel::sql_types::Text>, _>(None::<&str>)
        .bind::<diesel::sql_types::Integer, _>(7);
    let Statement { sql, parameters } = Statement::write(&query).unwrap();
    assert_eq!(sql, "SELECT @P2, @P1");
    let bound: Vec<_> = parameters.into_iter().map(Parameter::into_data).collect();
    assert_eq!(bound, [ColumnData::String(None), ColumnData::I32(Some(7))]);
}

#[test]
fn a_boxed_raw_text_is_written_as_it_is() {
    let query = diesel::sql_query("SELECT [id] FROM [things] WHERE [id] = @P1")
        .into_boxed::<Mssql>()
        .bind::<diesel::sql_types::Integer, _>(7)
        .sql(" AND [number] = @P2")
        .bind::<diesel::sql_types::Integer, _>(8);
    let Statement { sql, parameters } = Statement::write(&query).unwrap();
    assert_eq!(sql, "SELECT [id] FROM [things] WHERE [id] = @P1 AND [number] = @P2");
    assert_eq!(parameters.len(), 2);
}
