//! Card numbers that a form keeps: sealed to that form, whoever fills it in, and a time. They are stored nowhere.
//!
//! Every desk of the database has the key, so any of them opens what another has sealed, before and after a newer key comes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::DateTime;

use super::{CardKeys, SealError};
use crate::db::{Db, DbError};
use crate::order::{CardHolder, CardNumber, KeptCard, KeptCardError, Timestamp};

/// What the key is derived for (RFC 5869, `info`), and what the sealed text is, as associated data.
const USE: &[u8] = b"orders: card number that a form keeps";
const EXPIRY_BYTES: usize = 8;
/// Longer than any that is made.
const MAX_TEXT: usize = 100;

impl Db {
    /// Seals a card to its form: a text of letters, digits, `-` and `_`.
    pub fn seal_kept_card(&self, kept: &KeptCard, holder: CardHolder<'_>) -> Result<String, DbError> {
        Ok(self.keys().seal_kept(kept, holder)?)
    }

    /// Opens what a form has kept.
    pub fn open_kept_card(
        &self,
        text: &str,
        holder: CardHolder<'_>,
        now: Timestamp,
    ) -> Result<KeptCard, KeptCardError> {
        self.keys().open_kept(text, holder, now)
    }
}

impl CardKeys {
    /// Base64 of expiry, nonce, ciphertext and tag.
    fn seal_kept(&self, kept: &KeptCard, holder: CardHolder<'_>) -> Result<String, SealError> {
        let expiry = kept.until.get().and_utc().timestamp().to_be_bytes();
        let aad = associated_data(expiry, holder);
        let sealed = self.seal_for(USE, &aad, kept.card.reveal().as_bytes())?;
        Ok(BASE64.encode([&expiry[..], &sealed].concat()))
    }

    fn open_kept(
        &self,
        text: &str,
        holder: CardHolder<'_>,
        now: Timestamp,
    ) -> Result<KeptCard, KeptCardError> {
        let opened = self.open_kept_by_any(text, holder).ok_or(KeptCardError::NotOfThisForm)?;
        if opened.until <= now { Err(KeptCardError::Expired) } else { Ok(opened) }
    }

    /// With whichever key it was sealed, the newest first.
    fn open_kept_by_any(&self, text: &str, holder: CardHolder<'_>) -> Option<KeptCard> {
        let sealed = BASE64.decode(Some(text).filter(|text| text.len() <= MAX_TEXT)?).ok()?;
        let (expiry, rest) = sealed.split_first_chunk::<EXPIRY_BYTES>()?;
        let digits = self.open_for(USE, &associated_data(*expiry, holder), rest)?;
        let until = DateTime::from_timestamp(i64::from_be_bytes(*expiry), 0)?.naive_utc();
        // Whether all digits are the card's own was asked before it was kept.
        let card = CardNumber::parse(std::str::from_utf8(&digits).ok()?, true).ok()?;
        Some(KeptCard { card, until: Timestamp::new(until) })
    }
}

/// All but the last part have a length that is always the same.
fn associated_data(expiry: [u8; EXPIRY_BYTES], CardHolder { form, by }: CardHolder<'_>) -> Vec<u8> {
    [USE, form.as_bytes(), &expiry, by.text().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::super::CardKey;
    use super::*;
    use crate::order::{Actor, SystemTask};

    const FORM: Uuid = Uuid::from_u128(7);

    fn now() -> Timestamp {
        Timestamp::parse("2026-03-03 14:05:00").unwrap()
    }

    fn key(id: i16) -> (i16, CardKey) {
        (id, CardKey::generate().unwrap())
    }

    fn keys() -> CardKeys {
        CardKeys::new(vec![key(1)], vec![key(1)])
    }

    fn desk() -> CardHolder<'static> {
        CardHolder { form: FORM, by: &Actor::Desk }
    }

    fn kept(number: &str) -> KeptCard {
        KeptCard::typed(CardNumber::parse(number, true).unwrap(), now())
    }

    fn any_kept() -> impl Strategy<Value = KeptCard> {
        let numbers = ["4111111111111111", "378282246310005", "50201234569", "4111111111111111128"];
        prop::sample::select(numbers.to_vec()).prop_map(kept)
    }

    proptest! {
        #[test]
        fn a_card_opens_in_its_form_until_its_time_is_over(kept in any_kept(), seconds in 0..2000_u64) {
            let keys = keys();
            let text = keys.seal_kept(&kept, desk()).unwrap();
            let later = now().after(Duration::from_secs(seconds));
            let expected = if seconds < 900 { Ok(kept.clone()) } else { Err(KeptCardError::Expired) };
            prop_assert_eq!(keys.open_kept(&text, desk(), later), expected);
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{}", text);
            prop_assert!(text.len() <= MAX_TEXT && !text.contains(kept.card.reveal()));
            // No two sealings are alike.
            prop_assert_ne!(keys.seal_kept(&kept, desk()).unwrap(), text);
        }

        #[test]
        fn whatever_is_altered_does_not_open(place in 0..200_usize, bit in 0..8_u8) {
            let keys = keys();
            let text = keys.seal_kept(&kept("4111111111111111"), desk()).unwrap();
            let mut sealed = BASE64.decode(&text).unwrap();
            let place = place % sealed.len();
            sealed[place] ^= 1 << bit;
            let opened = keys.open_kept(&BASE64.encode(&sealed), desk(), now());
            prop_assert_eq!(opened, Err(KeptCardError::NotOfThisForm));
        }

        #[test]
        fn no_other_text_opens(text in "\\PC{0,120}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            for text in [text, BASE64.encode(bytes)] {
                prop_assert_eq!(keys().open_kept(&text, desk(), now()), Err(KeptCardError::NotOfThisForm));
            }
        }
    }

    #[test]
    fn it_opens_in_no_other_form_and_for_nobody_else() {
        let keys = keys();
        let text = keys.seal_kept(&kept("4111111111111111"), desk()).unwrap();
        let (anna, seed) = (Actor::stored("user:anna"), Actor::System(SystemTask::Seed));
        for other in [
            CardHolder { form: Uuid::from_u128(8), by: &Actor::Desk },
            CardHolder { form: FORM, by: &anna },
            CardHolder { form: FORM, by: &seed },
        ] {
            let opened = keys.open_kept(&text, other, now());
            assert_eq!(opened, Err(KeptCardError::NotOfThisForm), "{other:?}");
        }
    }

    #[test]
    fn it_opens_after_newer_keys_have_come_but_not_without_its_own() {
        let mut keys = keys();
        let text = keys.seal_kept(&kept("4111111111111111"), desk()).unwrap();
        keys.seal.extend([key(2), key(3)]);
        assert_eq!(keys.open_kept(&text, desk(), now()), Ok(kept("4111111111111111")));
        keys.seal.remove(0);
        assert_eq!(keys.open_kept(&text, desk(), now()), Err(KeptCardError::NotOfThisForm));
        // The newest one seals.
        let text = keys.seal_kept(&kept("4111111111111111"), desk()).unwrap();
        keys.seal.remove(0);
        assert!(keys.open_kept(&text, desk(), now()).is_ok());
        assert!(CardKeys::default().seal_kept(&kept("4111111111111111"), desk()).is_err());
    }

    #[test]
    fn what_an_order_has_stored_does_not_open_as_kept() {
        use crate::order::{DateUuid, UserId};
        let keys = keys();
        let card = CardNumber::parse("4111111111111111", false).unwrap();
        let order = (DateUuid::from(FORM), UserId::from(FORM));
        let stored = keys.seal(&card, (&order.0, &order.1)).unwrap();
        let expiry = now().after(KeptCard::TIME).get().and_utc().timestamp().to_be_bytes();
        let text = BASE64.encode([&expiry[..], &stored.sealed].concat());
        assert_eq!(keys.open_kept(&text, desk(), now()), Err(KeptCardError::NotOfThisForm));
    }
}
