//! What queries become.
