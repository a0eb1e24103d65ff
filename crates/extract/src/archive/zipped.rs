//! Zip archives: wheels, MCP bundles, Go modules, NuGet packages.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::result::ZipError;
use zip::{ZipArchive, ZipReadOptions};

use super::intake::{Intake, Member};
use super::is_cut;
use crate::Error;
use crate::wanted::{Want, is_vendored};

/// Reads a zip archive: its own files before those of dependencies that it carries along.
pub(super) fn read(file: File, intake: &mut Intake<'_>) -> Result<(), Error> {
    let allowance = Rc::new(Cell::new(Some(intake.limits().directory)));
    let mut archive = match ZipArchive::new(Metered { inner: BufReader::new(file), allowance: Rc::clone(&allowance) }) {
        Ok(archive) => archive,
        Err(_) if allowance.get() == Some(0) => {
            return Err(Error::TooManyMembers { path: intake.path().to_owned(), limit: intake.limits().entries });
        }
        Err(error) => return Err(broken(intake, &error)),
    };
    allowance.set(None);
    if archive.len() > intake.limits().entries {
        return Err(Error::TooManyMembers { path: intake.path().to_owned(), limit: intake.limits().entries });
    }
    match archive.has_overlapping_entries() {
        Ok(false) => {}
        Ok(true) => return Err(Error::Overlapping { path: intake.path().to_owned() }),
        Err(error) => intake.anomaly("", format!("not every member of the directory is in the archive: {error}")),
    }
    if archive.has_duplicate_names() {
        intake.anomaly("", "several members have the same name; the last one was read");
    }
    let mut wanted = Vec::new();
    for index in 0..archive.len() {
        intake.count()?;
        let Ok(entry) = archive.by_index_data(index) else { continue };
        let Some(name) = intake.name(entry.name_raw()) else { continue };
        if entry.is_dir() {
            continue;
        }
        if entry.is_symlink() || entry.unix_mode().is_some_and(is_special) {
            intake.anomaly(&name, "not a regular file (a link or a device); not read");
        } else if intake.admit(&name) != Want::Nothing {
            wanted.push((is_vendored(&name), index, name));
        }
    }
    wanted.sort_unstable();
    for (_, index, name) in wanted {
        if let Err(error) = member(&mut archive, index, &name, intake) {
            intake.anomaly(&name, format!("cannot be read: {error}"));
        }
    }
    Ok(())
}

fn member(
    archive: &mut ZipArchive<Metered>,
    index: usize,
    name: &str,
    intake: &mut Intake<'_>,
) -> Result<(), ZipError> {
    // The directory and the member's own header must agree: readers differ in which of them they believe.
    // Twins are recorded already, and would fail this check whatever their headers say.
    let strict = ZipReadOptions::new().enforce_header_consistency(!archive.has_duplicate_names());
    let lie = archive.by_index_with_options(index, strict).err();
    if let Some(lie) = lie {
        intake.anomaly(name, format!("its header differs from the directory ({lie}); read as the directory has it"));
    }
    let mut content = archive.by_index(index)?;
    let member = Member { name: name.to_owned(), size: content.size() };
    let packed = content.compressed_size();
    intake.take(&member, packed, &mut content)?;
    Ok(())
}

/// Whether a Unix mode names a kind of file that is neither regular nor a directory (or no kind at all).
fn is_special(mode: u32) -> bool {
    !matches!(mode & 0o170_000, 0 | 0o040_000 | 0o100_000)
}

fn broken(intake: &Intake<'_>, error: &ZipError) -> Error {
    let path = intake.path().to_owned();
    match error {
        ZipError::Io(source) if is_cut(source) => Error::Cut { path, member: String::new() },
        // What a cut archive lacks is its end: the directory of its members.
        ZipError::InvalidArchive(reason) if reason == "Could not find EOCD" => {
            Error::Cut { path, member: String::new() }
        }
        other => Error::Damaged { path, member: String::new(), reason: other.to_string() },
    }
}

/// A reader that gives only so many bytes while the directory is being read, and all afterwards.
struct Metered {
    inner: BufReader<File>,
    allowance: Rc<Cell<Option<u64>>>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(left) = self.allowance.get() else {
            return self.inner.read(buffer);
        };
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::other("the archive's directory is too large"));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.inner.read(&mut buffer[..most])?;
        self.allowance.set(Some(left - count as u64));
        Ok(count)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
