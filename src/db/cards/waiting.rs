//! Forms that wait until somebody has signed in again: sealed to that person and a time. No card is among them.

use zeroize::Zeroizing;

use super::{CardKeys, SealError};
use crate::db::sessions::SealedForm;
use crate::db::{Db, DbError};
use crate::order::{PersonId, Timestamp};

/// What the key is derived for (RFC 5869, `info`), and what is sealed, as associated data.
const USE: &[u8] = b"orders: form that waits for somebody to sign in";

impl Db {
    /// Seals a form to a person; at most as many bytes as wait (`MAX_FORM_BYTES`).
    pub fn seal_form(&self, text: &str, person: PersonId, until: Timestamp) -> Result<SealedForm, DbError> {
        Ok(self.keys().seal_form(text, person, until)?)
    }

    /// Opens a form of a person; none, if it is somebody else's, its time is over, or it was altered.
    pub fn open_form(
        &self,
        form: &SealedForm,
        person: PersonId,
        now: Timestamp,
    ) -> Option<Zeroizing<String>> {
        self.keys().open_form(form, person, now)
    }
}

impl CardKeys {
    fn seal_form(&self, text: &str, person: PersonId, until: Timestamp) -> Result<SealedForm, SealError> {
        let sealed = self.seal_for(USE, &associated_data(person, until), text.as_bytes())?;
        Ok(SealedForm { sealed, until })
    }

    fn open_form(
        &self,
        SealedForm { sealed, until }: &SealedForm,
        person: PersonId,
        now: Timestamp,
    ) -> Option<Zeroizing<String>> {
        if *until <= now {
            return None;
        }
        let text = self.open_for(USE, &associated_data(person, *until), sealed)?;
        std::str::from_utf8(&text).ok().map(|text| Zeroizing::new(text.to_owned()))
    }
}

/// Each part but the first has a length that is always the same.
fn associated_data(person: PersonId, until: Timestamp) -> Vec<u8> {
    let until = until.get().and_utc().timestamp().to_be_bytes();
    [USE, &person.get().to_be_bytes(), &until].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::CardKey;
    use super::*;
    use crate::db::MAX_FORM_BYTES;

    fn keys() -> CardKeys {
        let key = || vec![(1, CardKey::generate().unwrap())];
        CardKeys::new(key(), key())
    }

    fn person(id: i32) -> PersonId {
        PersonId::new(id).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    proptest! {
        #[test]
        fn a_form_opens_for_its_person_until_its_time_is_over(
            text in ".{0,60}", id in 1..5, other in 1..5, place in 0..200_usize, bit in 0..8_u8,
        ) {
            let (keys, until) = (keys(), at("2026-11-30 08:15:00"));
            let form = keys.seal_form(&text, person(id), until).unwrap();
            let (before, over) = (at("2026-11-30 08:14:59"), until);
            let opened = |form: &SealedForm, id, now| {
                keys.open_form(form, person(id), now).map(|text| text.to_string())
            };
            prop_assert_eq!(opened(&form, other, before), (other == id).then(|| text.clone()));
            prop_assert_eq!(opened(&form, id, over), None);
            let later = SealedForm { until: at("2026-11-30 09:00:00"), ..form.clone() };
            prop_assert_eq!(opened(&later, id, before), None, "nobody gives it more time");
            let mut altered = form.clone();
            let place = place % altered.sealed.len();
            altered.sealed[place] ^= 1 << bit;
            prop_assert_eq!(opened(&altered, id, before), None);
            prop_assert!(text.len() < 4 || !form.sealed.windows(text.len()).any(|part| part == text.as_bytes()));
        }
    }

    #[test]
    fn it_opens_after_a_newer_key_has_come_and_fits_into_its_column() {
        let mut keys = keys();
        let text = "x".repeat(MAX_FORM_BYTES);
        let form = keys.seal_form(&text, person(1), at("2026-11-30 08:15:00")).unwrap();
        keys.seal.push((2, CardKey::generate().unwrap()));
        assert!(form.sealed.len() <= 17_000);
        assert_eq!(*keys.open_form(&form, person(1), at("2026-11-30 08:00:00")).unwrap(), text);
        keys.seal.remove(0);
        assert_eq!(keys.open_form(&form, person(1), at("2026-11-30 08:00:00")), None);
    }
}
