//! Card keys as the vault keeps them: 32 bytes in Base64, one a version.

use std::fmt;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One enabled version of a card key. `Debug` shows no byte of it.
#[derive(Clone)]
pub struct KeyVersion {
    /// The version's id in the vault.
    pub version: String,
    pub created: SystemTime,
    pub bytes: Zeroizing<[u8; 32]>,
}

impl KeyVersion {
    /// Reads a secret's value; nothing if it is not 32 bytes in Base64.
    pub(super) fn parse(value: &str, version: String, created: SystemTime) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let length = STANDARD.decode_slice(value.trim(), &mut bytes[..]).ok()?;
        (length == bytes.len()).then_some(Self { version, created, bytes })
    }
}

pub(super) fn write(bytes: &[u8; 32]) -> String {
    STANDARD.encode(bytes)
}

impl fmt::Debug for KeyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVersion")
            .field("version", &self.version)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}
