//! Static files under names that change with their content, so that browsers may keep them for ever.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "assets/static/"]
struct Files;

/// The static files by their hashed names.
pub struct Assets {
    by_hashed_name: HashMap<String, Asset>,
}

pub struct Asset {
    name: String,
    content: Cow<'static, [u8]>,
    gzipped: OnceLock<Option<Vec<u8>>>,
}

impl Assets {
    pub(super) fn new() -> Self {
        let by_hashed_name = Files::iter()
            .filter_map(|name| {
                let file = Files::get(&name)?;
                let asset = Asset {
                    name: name.clone().into_owned(),
                    content: file.data.clone(),
                    gzipped: OnceLock::new(),
                };
                Some((hashed_name(&name, &file), asset))
            })
            .collect();
        Self { by_hashed_name }
    }

    /// The URL of each file, by its name in `assets/static`.
    pub(super) fn urls(&self) -> HashMap<String, String> {
        self.by_hashed_name
            .iter()
            .map(|(hashed, asset)| (asset.name.clone(), format!("/assets/{hashed}")))
            .collect()
    }

    /// The file of a hashed name.
    pub fn find(&self, hashed_name: &str) -> Option<&Asset> {
        self.by_hashed_name.get(hashed_name)
    }

    /// The file of a plain name, for the one path that browsers guess.
    pub fn find_plain(&self, name: &str) -> Option<&Asset> {
        self.by_hashed_name.values().find(|asset| asset.name == name)
    }
}

impl Asset {
    pub fn content_type(&self) -> &'static str {
        match self.name.rsplit_once('.') {
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "svg")) => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }

    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Its bytes compressed as well as gzip can, once per process; none where that saves nothing.
    pub fn gzipped(&self) -> Option<&[u8]> {
        self.gzipped
            .get_or_init(|| {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
                // Writing to memory does not fail; if it did, the plain file would be sent.
                encoder.write_all(&self.content).ok()?;
                encoder.finish().ok().filter(|gzipped| gzipped.len() < self.content.len())
            })
            .as_deref()
    }
}

/// `desk.css` becomes `desk.` and eight hexadecimal digits of its SHA-256 and `.css`.
fn hashed_name(name: &str, file: &EmbeddedFile) -> String {
    let [a, b, c, d, ..] = file.metadata.sha256_hash();
    let hash = format!("{:08x}", u32::from_be_bytes([a, b, c, d]));
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{hash}.{ending}"),
        None => format!("{name}.{hash}"),
    }
}
