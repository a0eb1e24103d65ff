//! The files of one artifact, in memory.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Files by path (`/` between parts, no `.` or `..`, relative to the artifact's root), in the order of their names.
#[derive(Debug, Default)]
pub struct Tree {
    files: BTreeMap<String, Vec<u8>>,
}

impl Tree {
    /// A tree of the given files.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Self {
        Self { files }
    }

    /// The bytes of a file.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// The text of a file; bytes that are not UTF-8 become U+FFFD, a byte order mark is left out.
    pub fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        let bytes = self.bytes(path)?;
        Some(String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)))
    }

    /// Whether the file is there.
    pub fn contains(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Every path, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}
