//! Pieces of files that somebody brought: they may hold card numbers, and are sealed like them, each to its file and place.

use aes_gcm::Nonce;
use aes_gcm::aead::{Aead, Payload};
use zeroize::Zeroizing;

use super::{CardKeys, NONCE_BYTES, SealError, newest};
use crate::order::JobId;

/// What the key is derived for (RFC 5869, `info`), and what the sealed bytes are, as associated data.
const USE: &[u8] = b"orders: piece of a file that is imported";

impl CardKeys {
    /// Nonce, ciphertext and tag, and the id of the key that sealed them.
    pub(in crate::db) fn seal_piece(
        &self,
        import: JobId,
        nth: i32,
        plain: &[u8],
    ) -> Result<(i16, Vec<u8>), SealError> {
        let (id, key) = newest(&self.seal)?;
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError)?;
        let payload = Payload { msg: plain, aad: &associated_data(import, nth) };
        let ciphertext =
            key.subkey(USE)?.cipher().encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError)?;
        Ok((*id, [&nonce[..], &ciphertext].concat()))
    }

    /// Opens a piece of a file, in its place.
    pub(in crate::db) fn open_piece(
        &self,
        import: JobId,
        nth: i32,
        (seal_key, sealed): (i16, &[u8]),
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (_, key) = self.seal.iter().find(|(id, _)| *id == seal_key).ok_or(SealError)?;
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealError)?;
        let payload = Payload { msg: ciphertext, aad: &associated_data(import, nth) };
        let plain = key.subkey(USE)?.cipher().decrypt(&Nonce::from(*nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| SealError)
    }
}

fn associated_data(import: JobId, nth: i32) -> Vec<u8> {
    [USE, &import.get().to_be_bytes(), &nth.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::db::cards::CardKey;

    fn keys() -> CardKeys {
        CardKeys::new(vec![(1, CardKey::generate().unwrap())], vec![(1, CardKey::generate().unwrap())])
    }

    fn import(id: i64) -> JobId {
        JobId::new(id).unwrap()
    }

    proptest! {
        #[test]
        fn a_piece_opens_in_its_file_and_place_and_nowhere_else(plain in prop::collection::vec(any::<u8>(), 0..200)) {
            let keys = keys();
            let (key, sealed) = keys.seal_piece(import(3), 7, &plain).unwrap();
            prop_assert_eq!(&**keys.open_piece(import(3), 7, (key, &sealed)).unwrap(), &plain[..]);
            prop_assert!(keys.open_piece(import(4), 7, (key, &sealed)).is_err());
            prop_assert!(keys.open_piece(import(3), 8, (key, &sealed)).is_err());
            prop_assert!(keys.open_piece(import(3), 7, (key + 1, &sealed)).is_err());
            prop_assert!(plain.len() < 8 || !sealed.windows(plain.len()).any(|bytes| bytes == plain));
        }

        #[test]
        fn whatever_is_altered_does_not_open(place in 0..60_usize, bit in 0..8_u8) {
            let keys = keys();
            let (key, mut sealed) = keys.seal_piece(import(3), 7, b"date_uuid,user_id\n").unwrap();
            let place = place % sealed.len();
            sealed[place] ^= 1 << bit;
            prop_assert!(keys.open_piece(import(3), 7, (key, &sealed)).is_err());
        }
    }
}
