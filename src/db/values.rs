//! The trade's types as values in queries, whatever the database.

use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::sql_types::{Nullable, Timestamp as SqlTimestamp};

use crate::order::{LocalTime, Timestamp};

macro_rules! bound_as {
    ($($value:ty => $sql:ty),*) => {$(
        impl AsExpression<$sql> for $value {
            type Expression = Bound<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<'a> AsExpression<$sql> for &'a $value {
            type Expression = Bound<$sql, &'a $value>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl AsExpression<Nullable<$sql>> for $value {
            type Expression = Bound<Nullable<$sql>, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<'a> AsExpression<Nullable<$sql>> for &'a $value {
            type Expression = Bound<Nullable<$sql>, &'a $value>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
    )*};
}
bound_as!(LocalTime => SqlTimestamp, Timestamp => SqlTimestamp);
