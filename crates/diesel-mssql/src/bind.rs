//! The parameters of a statement.

use std::borrow::Cow;
use std::fmt;

use diesel::QueryResult;
use diesel::query_builder::BindCollector;
use diesel::result::Error::SerializationError;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::HasSqlType;
use tiberius::ColumnData;

use crate::mssql::{Mssql, MssqlType};

/// The parameters of a statement, in order, each owned and with its type.
#[derive(Debug, Clone, Default)]
pub struct Binds(pub(crate) Vec<Parameter>);

/// One parameter. Its value is never printed.
#[derive(Clone)]
pub struct Parameter {
    pub(crate) sql_type: MssqlType,
    pub(crate) value: Option<ColumnData<'static>>,
}

impl Parameter {
    /// The parameter as the driver wants it.
    pub(crate) fn into_data(self) -> ColumnData<'static> {
        self.value.unwrap_or(match self.sql_type {
            MssqlType::Bit => ColumnData::Bit(None),
            MssqlType::SmallInt => ColumnData::I16(None),
            MssqlType::Int => ColumnData::I32(None),
            MssqlType::BigInt => ColumnData::I64(None),
            MssqlType::Real => ColumnData::F32(None),
            MssqlType::Float => ColumnData::F64(None),
            MssqlType::NVarChar => ColumnData::String(None),
            MssqlType::VarBinary => ColumnData::Binary(None),
            MssqlType::Date => ColumnData::Date(None),
            MssqlType::Time => ColumnData::Time(None),
            MssqlType::DateTime2 => ColumnData::DateTime2(None),
        })
    }

    /// The T-SQL for a NULL that the driver would send without its type; none for all else.
    ///
    /// The driver has typed NULLs for numbers only (`TDS` type 0x1F stands for the others).
    pub(crate) fn as_typed_null(&self) -> Option<String> {
        let untyped = matches!(
            self.sql_type,
            MssqlType::NVarChar
                | MssqlType::VarBinary
                | MssqlType::Date
                | MssqlType::Time
                | MssqlType::DateTime2
        );
        (self.value.is_none() && untyped).then(|| format!("CAST(NULL AS {})", self.sql_type.name()))
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.value.is_some() { "a" } else { "NULL" };
        write!(f, "{value} {:?}", self.sql_type)
    }
}

/// What a value writes itself into.
#[derive(Clone, Default)]
pub struct Slot(Option<ColumnData<'static>>);

impl Slot {
    pub(crate) fn into_data(self) -> Option<ColumnData<'static>> {
        self.0
    }
}

macro_rules! slots {
    ($($value:ty => $data:expr),* $(,)?) => {$(
        impl From<$value> for Slot {
            fn from(value: $value) -> Self {
                let data: fn($value) -> ColumnData<'static> = $data;
                Self(Some(data(value)))
            }
        }
    )*};
}
slots! {
    bool => |v| ColumnData::Bit(Some(v)),
    i16 => |v| ColumnData::I16(Some(v)),
    i32 => |v| ColumnData::I32(Some(v)),
    i64 => |v| ColumnData::I64(Some(v)),
    f32 => |v| ColumnData::F32(Some(v)),
    f64 => |v| ColumnData::F64(Some(v)),
    String => |v| ColumnData::String(Some(Cow::Owned(v))),
    Vec<u8> => |v| ColumnData::Binary(Some(Cow::Owned(v))),
    tiberius::time::Date => |v| ColumnData::Date(Some(v)),
    tiberius::time::Time => |v| ColumnData::Time(Some(v)),
    tiberius::time::DateTime2 => |v| ColumnData::DateTime2(Some(v)),
}

impl<'a> BindCollector<'a, Mssql> for Binds {
    type Buffer = Slot;

    fn push_bound_value<T, U>(&mut self, bind: &'a U, lookup: &mut ()) -> QueryResult<()>
    where
        Mssql: HasSqlType<T>,
        U: ToSql<T, Mssql> + ?Sized + 'a,
    {
        let sql_type = <Mssql as HasSqlType<T>>::metadata(lookup);
        let mut out = Output::new(Slot::default(), lookup);
        let is_null = bind.to_sql(&mut out).map_err(SerializationError)?;
        let value = out.into_inner().into_data();
        self.0.push(Parameter { sql_type, value: value.filter(|_| matches!(is_null, IsNull::No)) });
        Ok(())
    }

    fn push_null_value(&mut self, sql_type: MssqlType) -> QueryResult<()> {
        self.0.push(Parameter { sql_type, value: None });
        Ok(())
    }
}
