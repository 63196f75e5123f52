//! Which rules rows are held to: the one place where an adoption is not the import of a file.
//!
//! | | a file | the replaced application's table |
//! |---|---|---|
//! | what breaks a rule of the form | is wrong | is kept with a warning where it can be: a card that fails its check digit or has another length than its brand's, a customer that is no UUID, dates that are too old, in the future or in a wrong order, a shipping or delivery date that cannot be read |
//! | a row without a UUID | gets one, out of the file and its number | is wrong: its key is what it has there |
//! | an order that is here and says something else | is changed, where that was chosen | is wrong if nobody has changed it since: another row had the same key |
//! | a card | may be referred to | is whole |
//!
//! All else is the same: words for nothing, numbers, repeated headers, card numbers in other columns, and the sentences.

/// Which rules rows are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// Those of the form.
    Form,
    /// What an earlier application has recorded is an order, if it can be kept.
    Recorded,
}
