//! Card numbers at rest: sealed for those who may read them, hashed for exact search.
//!
//! Two keys for two purposes, each with an id, so that either can be replaced while old orders still open. Card numbers
//! that a form keeps for a while are sealed in `kept`, and forms that wait for somebody to sign in, in `waiting`.

mod kept;
mod key;
mod piece;
mod waiting;

use aes_gcm::Nonce;
use aes_gcm::aead::{Aead, Payload};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;
pub use key::{CardKey, Purpose};
use zeroize::Zeroizing;

use super::schema::orders;
use crate::order::{CardNumber, DateUuid, UserId};

const NONCE_BYTES: usize = 12;

/// The card keys under their ids: of each purpose the newest, which writes, and older ones, which still read.
///
/// Prints no key.
#[derive(Default)]
pub struct CardKeys {
    seal: Vec<(i16, CardKey)>,
    hash: Vec<(i16, CardKey)>,
}

/// A card number as a row keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = orders, check_for_backend(Sqlite, Mssql))]
pub struct SealedCard {
    /// Nonce, ciphertext and tag.
    #[diesel(column_name = card_sealed)]
    pub sealed: Vec<u8>,
    /// Which key sealed it.
    #[diesel(column_name = card_seal_key)]
    pub seal_key: i16,
    /// 32 bytes.
    #[diesel(column_name = card_hash)]
    pub hash: Vec<u8>,
    /// Which key hashed it.
    #[diesel(column_name = card_hash_key)]
    pub hash_key: i16,
}

/// A card number could not be sealed or opened; says no more, on purpose.
#[derive(Debug, thiserror::Error)]
#[error("a card number could not be sealed or opened")]
pub struct SealError;

impl CardKeys {
    /// Keys with their ids; of each purpose the last writes.
    pub(super) fn new(seal: Vec<(i16, CardKey)>, hash: Vec<(i16, CardKey)>) -> Self {
        Self { seal, hash }
    }

    /// Seals a card number to its order, so that it opens in no other (associated data).
    pub fn seal(&self, card: &CardNumber, order: (&DateUuid, &UserId)) -> Result<SealedCard, SealError> {
        let ((seal_key, seal), (hash_key, hash)) = (newest(&self.seal)?, newest(&self.hash)?);
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError)?;
        let payload = Payload { msg: card.reveal().as_bytes(), aad: &associated_data(order) };
        let ciphertext = seal.cipher().encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError)?;
        Ok(SealedCard {
            sealed: [&nonce[..], &ciphertext].concat(),
            seal_key: *seal_key,
            hash: hash.mac(card.reveal().as_bytes())?,
            hash_key: *hash_key,
        })
    }

    /// What a card number is under every hash key, to find it where an older or a newer one was used.
    pub fn hashes(&self, card: &CardNumber) -> Result<Vec<(i16, Vec<u8>)>, SealError> {
        self.hash.iter().map(|(id, key)| Ok((*id, key.mac(card.reveal().as_bytes())?))).collect()
    }

    /// Opens a sealed card number of an order.
    pub fn open(&self, card: &SealedCard, order: (&DateUuid, &UserId)) -> Result<CardNumber, SealError> {
        let (_, key) = self.seal.iter().find(|(id, _)| *id == card.seal_key).ok_or(SealError)?;
        let (nonce, ciphertext) = card.sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealError)?;
        let payload = Payload { msg: ciphertext, aad: &associated_data(order) };
        let digits =
            Zeroizing::new(key.cipher().decrypt(&Nonce::from(*nonce), payload).map_err(|_| SealError)?);
        let digits = std::str::from_utf8(&digits).map_err(|_| SealError)?;
        CardNumber::parse_recorded(digits).map(|(card, _)| card).map_err(|_| SealError)
    }

    /// Seals something else than an order's card, under a key of its own that comes of the newest: nonce, ciphertext, tag.
    fn seal_for(&self, usage: &[u8], associated_data: &[u8], text: &[u8]) -> Result<Vec<u8>, SealError> {
        let (_, key) = newest(&self.seal)?;
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError)?;
        let payload = Payload { msg: text, aad: associated_data };
        let cipher = key.subkey(usage)?.cipher();
        let ciphertext = cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError)?;
        Ok([&nonce[..], &ciphertext].concat())
    }

    /// Opens it with whichever key it was sealed, the newest first.
    fn open_for(&self, usage: &[u8], associated_data: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let open = |key: &CardKey| {
            let payload = Payload { msg: ciphertext, aad: associated_data };
            key.subkey(usage).ok()?.cipher().decrypt(&Nonce::from(*nonce), payload).ok().map(Zeroizing::new)
        };
        self.seal.iter().rev().find_map(|(_, key)| open(key))
    }

    /// The ids of a purpose; the last writes.
    pub fn ids(&self, purpose: Purpose) -> impl DoubleEndedIterator<Item = i16> {
        match purpose {
            Purpose::Seal => &self.seal,
            Purpose::Hash => &self.hash,
        }
        .iter()
        .map(|(id, _)| *id)
    }

    /// Whether it has keys of the same ids, in the same order.
    pub(super) fn has_ids_of(&self, other: &Self) -> bool {
        Purpose::ALL.into_iter().all(|purpose| self.ids(purpose).eq(other.ids(purpose)))
    }

    /// The id of the key that writes.
    pub fn newest(&self, purpose: Purpose) -> Option<i16> {
        self.ids(purpose).next_back()
    }
}

impl std::fmt::Debug for CardKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids = |purpose| self.ids(purpose).collect::<Vec<_>>();
        f.debug_struct("CardKeys")
            .field("seal", &ids(Purpose::Seal))
            .field("hash", &ids(Purpose::Hash))
            .finish()
    }
}

fn newest(keys: &[(i16, CardKey)]) -> Result<&(i16, CardKey), SealError> {
    keys.last().ok_or(SealError)
}

fn associated_data((date_uuid, user_id): (&DateUuid, &UserId)) -> Vec<u8> {
    [date_uuid.as_str(), "/", user_id.as_str()].concat().into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn order(n: u128) -> (DateUuid, UserId) {
        (DateUuid::from(Uuid::from_u128(n)), UserId::from(Uuid::from_u128(7)))
    }

    fn key(id: i16) -> (i16, CardKey) {
        (id, CardKey::generate().unwrap())
    }

    fn any_card() -> impl Strategy<Value = CardNumber> {
        "[0-9]{9,19}".prop_map(|number| CardNumber::parse_recorded(&number).unwrap().0)
    }

    proptest! {
        #[test]
        fn every_card_opens_in_its_order_and_in_no_other(card in any_card()) {
            let keys = CardKeys::new(vec![key(1)], vec![key(1)]);
            let (mine, other) = (order(1), order(2));
            let sealed = keys.seal(&card, (&mine.0, &mine.1)).unwrap();
            prop_assert_eq!(keys.open(&sealed, (&mine.0, &mine.1)).unwrap(), card.clone());
            prop_assert!(keys.open(&sealed, (&other.0, &other.1)).is_err());
            prop_assert_eq!(sealed.sealed.len(), NONCE_BYTES + card.reveal().len() + 16);

            let again = keys.seal(&card, (&other.0, &other.1)).unwrap();
            prop_assert_eq!(&again.hash, &sealed.hash);
            prop_assert_ne!(&again.sealed, &sealed.sealed);
        }

        #[test]
        fn after_any_rotations_the_newest_key_writes_and_every_card_opens(
            cards in prop::collection::vec(any_card(), 1..8), rotations in prop::collection::vec(any::<bool>(), 0..8),
        ) {
            let mut keys = CardKeys::new(vec![key(1)], vec![key(1)]);
            let mut written = Vec::new();
            for (nth, (card, of_seal)) in cards.iter().zip(rotations.iter().chain([&true].into_iter().cycle())).enumerate() {
                let mine = order(nth as u128);
                let sealed = keys.seal(card, (&mine.0, &mine.1)).unwrap();
                prop_assert_eq!(Some(sealed.seal_key), keys.newest(Purpose::Seal));
                prop_assert_eq!(Some(sealed.hash_key), keys.newest(Purpose::Hash));
                written.push((sealed, mine, card));
                let ring = if *of_seal { &mut keys.seal } else { &mut keys.hash };
                ring.push(key(ring.last().unwrap().0 + 1));
                for (sealed, (uuid, user), card) in &written {
                    prop_assert_eq!(&keys.open(sealed, (uuid, user)).unwrap(), *card);
                    let hashes = keys.hashes(card).unwrap();
                    prop_assert!(hashes.contains(&(sealed.hash_key, sealed.hash.clone())));
                }
            }
        }
    }

    #[test]
    fn a_card_whose_key_is_not_there_does_not_open() {
        let (uuid, user) = order(1);
        let (card, _) = CardNumber::parse_recorded("4111111111111111").unwrap();
        let sealed = CardKeys::new(vec![key(1)], vec![key(1)]).seal(&card, (&uuid, &user)).unwrap();
        for keys in [
            CardKeys::default(),
            CardKeys::new(vec![key(2)], vec![key(1)]),
            CardKeys::new(vec![key(1)], vec![]),
        ] {
            assert!(keys.open(&sealed, (&uuid, &user)).is_err());
        }
        assert!(CardKeys::default().seal(&card, (&uuid, &user)).is_err());
    }

    #[test]
    fn keys_print_their_ids_alone() {
        let keys = CardKeys::new(vec![key(1), key(3)], vec![key(2)]);
        assert_eq!(format!("{keys:?}"), "CardKeys { seal: [1, 3], hash: [2] }");
    }
}
