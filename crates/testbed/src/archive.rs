//! Archives made in memory. The same files give the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Files by path, with `/` between parts.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A zip archive, as wheels are.
pub(crate) fn zip(files: &Files) -> io::Result<Bytes> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        archive.start_file(path.as_str(), SimpleFileOptions::default())?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner().into())
}

/// A gzipped tar archive with every file below `root`, as source distributions and npm tarballs are.
pub(crate) fn tar_gz(root: &str, files: &Files) -> io::Result<Bytes> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, format!("{root}/{path}"), content.as_slice())?;
    }
    Ok(archive.into_inner()?.finish()?.into())
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
