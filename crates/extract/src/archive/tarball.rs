//! Tar archives, mostly compressed: source distributions, npm packages, crates, commits.
//!
//! Extended headers are read here and not by the library, which would hold one of any size in memory and
//! would let one override a member's size.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType, PaxExtensions};

use super::intake::{Intake, Member};
use super::is_cut;
use crate::Error;
use crate::wanted::Want;

/// Reads a gzip-compressed tar archive.
pub(super) fn read_compressed(file: File, intake: &mut Intake<'_>) -> Result<(), Error> {
    let packed = Rc::new(Cell::new(0));
    let counted = Counted { inner: file, count: Rc::clone(&packed) };
    read(MultiGzDecoder::new(BufReader::with_capacity(64 << 10, counted)), &packed, intake)
}

/// Reads a plain tar archive.
pub(super) fn read_plain(file: File, intake: &mut Intake<'_>) -> Result<(), Error> {
    let packed = Rc::new(Cell::new(0));
    read(Counted { inner: BufReader::new(file), count: Rc::clone(&packed) }, &packed, intake)
}

/// Reads members in order; `packed` counts the bytes of the file that were consumed.
fn read(stream: impl Read, packed: &Cell<u64>, intake: &mut Intake<'_>) -> Result<(), Error> {
    let mut archive = Archive::new(stream);
    let mut extended = Extended::default();
    let mut last = String::new();
    let entries = archive.entries().map_err(|error| broken(intake, &last, &error))?.raw(true);
    for entry in entries {
        let mut entry = entry.map_err(|error| broken(intake, &last, &error))?;
        intake.count()?;
        let raw_name = extended.name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let shown = String::from_utf8_lossy(&raw_name).into_owned();
        intake.spend(entry.size(), &shown)?;
        let result = match entry.header().entry_type() {
            kind if is_extension(kind) => extended.read(kind, &mut entry, intake),
            kind => {
                if let Some(size) = extended.size.take().filter(|size| *size != entry.size().to_string()) {
                    let path = intake.path().to_owned();
                    return Err(Error::TwoSizes { path, member: shown, header: entry.size(), extended: size });
                }
                member(kind, &raw_name, &mut entry, packed, intake)
            }
        };
        result.map_err(|error| broken(intake, &shown, &error))?;
        last = shown;
    }
    end(archive.into_inner(), intake)
}

fn member(
    kind: EntryType,
    raw_name: &[u8],
    entry: &mut Entry<'_, impl Read>,
    packed: &Cell<u64>,
    intake: &mut Intake<'_>,
) -> io::Result<()> {
    let Some(name) = intake.name(raw_name).filter(|_| !kind.is_dir()) else {
        return Ok(());
    };
    if !(kind.is_file() || kind.is_contiguous()) {
        intake.anomaly(&name, format!("not a regular file ({}); not read", describe(kind)));
        return Ok(());
    }
    if intake.admit(&name) == Want::Nothing {
        return Ok(());
    }
    let member = Member { name, size: entry.size() };
    if member.size <= intake.limits().file {
        return intake.take(&member, 0, entry);
    }
    // Too large to keep: how large it is packed is known when it is passed.
    let before = packed.get();
    let mut head = Vec::new();
    entry.take(16).read_to_end(&mut head)?;
    io::copy(entry, &mut io::sink())?;
    intake.take(&member, (packed.get() - before).max(1), &mut head.as_slice())
}

/// What the headers before a member say about it.
#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
    size: Option<String>,
}

impl Extended {
    fn read(&mut self, kind: EntryType, entry: &mut Entry<'_, impl Read>, intake: &mut Intake<'_>) -> io::Result<()> {
        let limit = intake.limits().extended_header;
        if entry.size() > limit {
            return Err(io::Error::other(format!("an extended header of more than {limit} bytes")));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if kind.is_gnu_longname() {
            bytes.truncate(bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len()));
            self.name = Some(bytes);
        } else if !kind.is_gnu_longlink() {
            let is_global = kind.is_pax_global_extensions();
            for record in PaxExtensions::new(&bytes) {
                let record = record?;
                match record.key_bytes() {
                    b"path" | b"size" if is_global => {
                        intake.anomaly("", "a global header renames or resizes every member; it was ignored");
                    }
                    b"path" => self.name = Some(record.value_bytes().to_vec()),
                    b"size" => self.size = Some(String::from_utf8_lossy(record.value_bytes()).into_owned()),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

fn describe(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink => "a symbolic link",
        EntryType::Link => "a hard link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a sparse file",
        _ => "of an unknown kind",
    }
}

/// Reads the stream to its end, which checks the checksum; nothing but zeros may follow the last member.
fn end(mut stream: impl Read, intake: &mut Intake<'_>) -> Result<(), Error> {
    let mut buffer = vec![0; 64 << 10];
    let mut is_clean = true;
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) => return Err(broken(intake, "", &error)),
        };
        intake.spend(count as u64, "")?;
        is_clean &= buffer[..count].iter().all(|byte| *byte == 0);
    }
    if !is_clean {
        intake.anomaly("", "more data follows the end of the archive; it was not read");
    }
    Ok(())
}

fn broken(intake: &Intake<'_>, member: &str, error: &io::Error) -> Error {
    let (path, member) = (intake.path().to_owned(), riskdex_model::capped(member, 200).into_owned());
    // The library reports an end inside a header or a member in words only.
    let ends_early = |words: &str| words.contains("unexpected EOF") || words.contains("failed to read entire block");
    if is_cut(error) || ends_early(&error.to_string()) {
        Error::Cut { path, member }
    } else {
        Error::Damaged { path, member, reason: error.to_string() }
    }
}

/// Counts the bytes that pass.
struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.set(self.count.get() + count as u64);
        Ok(count)
    }
}
