//! Static files under names that change with their content, so that browsers may keep them for ever.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "assets/static/"]
struct Files;

/// `desk.css`: its parts, in the order in which they apply.
const STYLE_SHEET: &str = concat!(
    include_str!("../../assets/css/base.css"),
    include_str!("../../assets/css/layout.css"),
    include_str!("../../assets/css/controls.css"),
    include_str!("../../assets/css/table.css"),
    include_str!("../../assets/css/list.css"),
    include_str!("../../assets/css/order.css"),
    include_str!("../../assets/css/forms.css"),
    include_str!("../../assets/css/pages.css"),
    include_str!("../../assets/css/print.css"),
);

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
        let files = Files::iter().filter_map(|name| Some((name.to_string(), Files::get(&name)?.data)));
        let style_sheet = ("desk.css".to_owned(), STYLE_SHEET.as_bytes().into());
        let by_hashed_name = files
            .chain([style_sheet])
            .map(|(name, content)| {
                let hashed = hashed_name(&name, &content);
                (hashed, Asset { name, content, gzipped: OnceLock::new() })
            })
            .collect();
        Self { by_hashed_name }
    }

    /// The URL of each file, by its plain name.
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
fn hashed_name(name: &str, content: &[u8]) -> String {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(content));
    let hash = format!("{:08x}", u32::from_be_bytes([a, b, c, d]));
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{hash}.{ending}"),
        None => format!("{name}.{hash}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_style_sheet_is_in_it() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/css");
        for part in std::fs::read_dir(folder).unwrap() {
            let path = part.unwrap().path();
            assert!(STYLE_SHEET.contains(&std::fs::read_to_string(&path).unwrap()), "{}", path.display());
        }
    }
}
