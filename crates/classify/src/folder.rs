//! A folder of rule files, read from disk.

use std::path::Path;

use crate::error::Error;

/// How deep folders are followed.
const DEPTH_MAX: usize = 4;
/// Bytes of one file.
const FILE_MAX: u64 = 4 << 20;

/// The files of a rules folder with their paths below it, in order, as [`crate::Rules::load`] takes them. Only `.md`
/// and `.toml` files are read.
///
/// # Errors
/// When the folder or a file cannot be read, or a file is larger than 4 MiB.
pub fn read_folder(dir: &Path) -> Result<Vec<(String, String)>, Error> {
    let mut files = Vec::new();
    collect(dir, "", 0, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(dir: &Path, prefix: &str, depth: usize, files: &mut Vec<(String, String)>) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Read { path, source }
    };
    for entry in std::fs::read_dir(dir).map_err(failed(dir))? {
        let path = entry.map_err(failed(dir))?.path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
        let below = format!("{prefix}{name}");
        if path.is_dir() {
            if depth < DEPTH_MAX {
                collect(&path, &format!("{below}/"), depth + 1, files)?;
            }
        } else if below.ends_with(".md") || below.ends_with(".toml") {
            if path.metadata().map_err(failed(&path))?.len() > FILE_MAX {
                let source = std::io::Error::new(std::io::ErrorKind::FileTooLarge, "larger than 4 MiB");
                return Err(Error::Read { path, source });
            }
            files.push((below, std::fs::read_to_string(&path).map_err(failed(&path))?));
        }
    }
    Ok(())
}
