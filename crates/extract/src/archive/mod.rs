//! Archives and directories, read into a [`Tree`] under [`Limits`]. Nothing is unpacked to disk; of a
//! member that no reader needs, only the first bytes are looked at.

mod directory;
mod intake;
mod tarball;
mod zipped;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use riskdex_model::Gap;

use crate::Error;
use crate::limits::Limits;
use crate::manifest::answer;
use crate::tree::Tree;
use intake::{Intake, Member};

/// An artifact's files, and what was wrong with the others.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub(crate) tree: Tree,
    pub(crate) gaps: Vec<Gap>,
}

/// The forms an artifact can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Zip,
    TarGz,
    Tar,
}

impl Form {
    /// The form that a file's name promises, if any.
    fn promised(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
        match () {
            () if ends(&[".whl", ".zip", ".mcpb", ".dxt", ".nupkg", ".jar"]) => Some(Self::Zip),
            () if ends(&[".tgz", ".tar.gz", ".crate"]) => Some(Self::TarGz),
            () if ends(&[".tar"]) => Some(Self::Tar),
            () => None,
        }
    }

    /// The form that a file's first bytes show, if any.
    fn shown(head: &[u8]) -> Option<Self> {
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [0x1f, 0x8b, 8, ..] => Some(Self::TarGz),
            _ if head.get(257..262) == Some(b"ustar") => Some(Self::Tar),
            _ => None,
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Zip => "a zip archive",
            Self::TarGz => "a gzip-compressed tar archive",
            Self::Tar => "a tar archive",
        }
    }
}

/// Reads an archive file, a directory, or a manifest alone (`.json`).
pub(crate) fn read(path: &Path, limits: &Limits) -> Result<Unpacked, Error> {
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let mut intake = Intake::new(path, limits);
    if path.metadata().map_err(unreadable)?.is_dir() {
        directory::read(path, &mut intake)?;
        return Ok(intake.finish());
    }
    if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".json")) {
        let file = File::open(path).map_err(unreadable)?;
        let member = Member { name: name.to_owned(), size: file.metadata().map_err(unreadable)?.len() };
        intake.take(&member, 0, &mut &file).map_err(unreadable)?;
        return Ok(if name == answer::FILE { as_answer(intake.finish()) } else { intake.finish() });
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let mut head = Vec::with_capacity(512);
    (&mut file).take(512).read_to_end(&mut head).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let (promised, shown) = (Form::promised(path), Form::shown(&head));
    match shown.filter(|form| promised.is_none_or(|p| p == *form)) {
        Some(Form::Zip) => zipped::read(file, &mut intake)?,
        Some(Form::TarGz) => tarball::read_compressed(file, &mut intake)?,
        Some(Form::Tar) => tarball::read_plain(file, &mut intake)?,
        None if promised.is_none() && is_json(&head) => {
            let member = Member { name: answer::FILE.to_owned(), size };
            intake.take(&member, 0, &mut &file).map_err(unreadable)?;
            return Ok(as_answer(intake.finish()));
        }
        None => {
            let expected = promised.map_or("a zip, tar or gzip-compressed tar archive", Form::label);
            return Err(Error::NotAnArchive { path: path.to_owned(), expected, found: shown_bytes(&head) });
        }
    }
    intake.strip_root();
    Ok(intake.finish())
}

/// A document alone is what somebody answered.
fn as_answer(document: Unpacked) -> Unpacked {
    let mut tree = Tree::default();
    tree.answered(document.tree);
    Unpacked { tree, ..document }
}

/// Whether a file begins as JSON objects and lists do.
fn is_json(head: &[u8]) -> bool {
    head.trim_ascii_start().first().is_some_and(|first| matches!(first, b'{' | b'['))
}

/// The first bytes of a file, for a message.
fn shown_bytes(head: &[u8]) -> String {
    if head.is_empty() {
        "nothing".to_owned()
    } else {
        format!("{:?}", head[..head.len().min(12)].escape_ascii().to_string())
    }
}

/// Whether an error means that the input ended too early.
fn is_cut(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof
}

#[cfg(test)]
mod tests;
