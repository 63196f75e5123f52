//! An access token of Microsoft Entra in a file, which another program renews.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// A file with nothing but an access token in it (a JSON Web Token, RFC 7519).
#[derive(Debug, Clone)]
pub struct TokenFile(PathBuf);

/// A token and its expiry.
pub struct Token {
    pub text: String,
    /// Its claim `exp`.
    pub expires: SystemTime,
}

/// Why a file gives no token. Never quotes the file.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    #[error("cannot read the token file {0}: {1}")]
    Read(PathBuf, String),
    #[error("the token file {0} holds no access token (a JSON Web Token with the claim exp)")]
    NoToken(PathBuf),
}

impl TokenFile {
    /// The file at a path. It is read when it is wanted.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The token that the file holds now.
    pub fn read(&self) -> Result<Token, TokenFileError> {
        let text = fs::read_to_string(&self.0)
            .map_err(|error| TokenFileError::Read(self.0.clone(), error.to_string()))?;
        Token::parse(text.trim()).ok_or_else(|| TokenFileError::NoToken(self.0.clone()))
    }
}

impl Token {
    /// Only the expiry is read here; the server verifies the signature.
    fn parse(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Claims {
            exp: u64,
        }
        let claims = text.split('.').nth(1)?;
        let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
        let Claims { exp } = serde_json::from_slice(&claims).ok()?;
        let expires = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(exp))?;
        Some(Self { text: text.to_owned(), expires })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("eyJhbGciOiJub25lIn0.{}.c2lnbmVk", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_says_when_it_expires() {
        let text = token(r#"{"aud":"https://database.windows.net/","exp":1790000000}"#);
        let parsed = Token::parse(&text).unwrap();
        assert_eq!(parsed.expires, SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
        assert_eq!(parsed.text, text);
    }

    #[test]
    fn what_is_no_token_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for text in ["", "hunter2", "a.b.c", &token("{}"), &token(r#"{"exp":"soon"}"#)] {
            fs::write(&path, text).unwrap();
            let error = TokenFile::new(path.clone()).read().err().unwrap().to_string();
            assert!(text.is_empty() || !error.contains(text), "{error}");
        }
        let missing = TokenFile::new(folder.path().join("none")).read().err().unwrap();
        assert!(missing.to_string().starts_with("cannot read the token file"), "{missing}");
    }

    #[test]
    fn a_file_is_read_anew_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let file = TokenFile::new(path.clone());
        for exp in [1_790_000_000, 1_790_003_600] {
            fs::write(&path, format!("{}\n", token(&format!(r#"{{"exp":{exp}}}"#)))).unwrap();
            assert_eq!(file.read().unwrap().expires, SystemTime::UNIX_EPOCH + Duration::from_secs(exp));
        }
    }
}
