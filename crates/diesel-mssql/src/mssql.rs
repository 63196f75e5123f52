//! The dialect's name, and the names of its types.

/// SQL Server's dialect of SQL (Transact-SQL), for Diesel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Mssql;

/// A type of SQL Server, as far as Diesel's types need them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MssqlType {
    /// `BIT`
    Bit,
    /// `SMALLINT`
    SmallInt,
    /// `INT`
    Int,
    /// `BIGINT`
    BigInt,
    /// `REAL`
    Real,
    /// `FLOAT`
    Float,
    /// `NVARCHAR`
    NVarChar,
    /// `VARBINARY`
    VarBinary,
    /// `DATE`
    Date,
    /// `TIME`
    Time,
    /// `DATETIME2`
    DateTime2,
}

impl MssqlType {
    /// Its name in T-SQL, with the length that the driver declares.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bit => "BIT",
            Self::SmallInt => "SMALLINT",
            Self::Int => "INT",
            Self::BigInt => "BIGINT",
            Self::Real => "REAL",
            Self::Float => "FLOAT",
            Self::NVarChar => "NVARCHAR(4000)",
            Self::VarBinary => "VARBINARY(8000)",
            Self::Date => "DATE",
            Self::Time => "TIME",
            Self::DateTime2 => "DATETIME2",
        }
    }
}
