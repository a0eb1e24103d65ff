//! A directory on disk: somebody's checkout or an unpacked package.

use std::fs::{self, File};
use std::path::Path;

use super::intake::{Intake, Member};
use crate::Error;
use crate::wanted::{Want, is_passed_over};

/// Reads a directory without following links, in the order of names.
pub(super) fn read(root: &Path, intake: &mut Intake<'_>) -> Result<(), Error> {
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        let here = root.join(&folder);
        let mut entries = match fs::read_dir(&here) {
            Ok(entries) => entries.filter_map(Result::ok).collect::<Vec<_>>(),
            Err(source) if folder.is_empty() => return Err(Error::Read { path: here, source }),
            Err(error) => {
                intake.anomaly(&folder, format!("cannot be listed: {error}"));
                continue;
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            intake.count()?;
            let path = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let Some(name) = intake.name(&[path.as_bytes(), entry.file_name().as_encoded_bytes()].concat()) else {
                continue;
            };
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    if !entry.file_name().to_str().is_some_and(is_passed_over) {
                        open.push(name);
                    }
                }
                Ok(kind) if kind.is_file() => file(&entry, &name, intake),
                Ok(_) => intake.anomaly(&name, "not a regular file (a link or a device); not read"),
                Err(error) => intake.anomaly(&name, format!("cannot be read: {error}")),
            }
        }
    }
    Ok(())
}

fn file(entry: &fs::DirEntry, name: &str, intake: &mut Intake<'_>) {
    if intake.admit(name) == Want::Nothing {
        return;
    }
    let read = entry.metadata().and_then(|metadata| {
        let member = Member { name: name.to_owned(), size: metadata.len() };
        intake.take(&member, 0, &mut File::open(entry.path())?)
    });
    if let Err(error) = read {
        intake.anomaly(name, format!("cannot be read: {error}"));
    }
}
