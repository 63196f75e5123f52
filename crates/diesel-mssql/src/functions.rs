//! Aggregates whose results are as wide as their counts.

use diesel::sql_types::{BigInt, SingleValue};

#[diesel::declare_sql_function]
extern "SQL" {
    /// `SUM` of `BIGINT`s, which Diesel's own takes for a `NUMERIC`.
    #[aggregate]
    fn sum(numbers: BigInt) -> diesel::sql_types::Nullable<BigInt>;

    /// `COUNT_BIG`: how many values are not NULL.
    #[aggregate]
    #[sql_name = "COUNT_BIG"]
    fn count_big<T: SingleValue>(values: T) -> BigInt;
}
