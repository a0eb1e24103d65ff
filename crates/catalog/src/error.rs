use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync>;

/// Why the catalog could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{}: {doing} failed", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was attempted.
        doing: &'static str,
        /// Why it was refused.
        source: io::Error,
    },
    /// Nothing was recorded yet.
    #[error("there is no catalog in {}; run riskdex nightly first", .data_dir.display())]
    Missing {
        /// Where it was looked for.
        data_dir: PathBuf,
    },
    /// The file is no catalog.
    #[error("{} is not a riskdex catalog; it is left as it is", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The catalog was made by a newer version of this program.
    #[error("{} has schema {found}, newer than {known}, the newest this version of riskdex knows; use a newer riskdex", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema it has.
        found: i64,
        /// The newest known here.
        known: i64,
    },
    /// The catalog was made by an older version and is open for reading only.
    #[error("{} has schema {found}; any command that writes brings it to {known}", .path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// The schema it has.
        found: i64,
        /// The one needed.
        known: i64,
    },
    /// The catalog's file is damaged.
    #[error("{} is damaged ({doing}); restore it from a copy, or move it away to start anew", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        doing: String,
        /// What was found.
        source: Source,
    },
    /// No space is left where the catalog lies; nothing that was committed is lost.
    #[error("{}: no space left ({doing})", .path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        doing: String,
    },
    /// The database refused.
    #[error("{}: {doing} failed", .path.display())]
    Sql {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        doing: String,
        /// Why.
        source: Source,
    },
    /// A package, definition or run that the catalog does not hold.
    #[error("the catalog does not know {0}")]
    Unknown(String),
    /// A time that is not RFC 3339 in UTC to the second.
    #[error("{0:?} is not a time of the form 2026-01-31T00:00:00Z")]
    Time(String),
    /// Another run holds the lock.
    #[error("another riskdex run{} is at work in {}", .holder.as_deref().map(|pid| format!(" (process {pid})")).unwrap_or_default(), .path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, when it said so.
        holder: Option<String>,
    },
    /// The bytes of an artifact are not those that were announced.
    #[error("the artifact's sha256 is {found}, not {expected} as announced")]
    Digest {
        /// Announced.
        expected: String,
        /// Computed.
        found: String,
    },
}

impl Error {
    pub(crate) fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, doing, source }
    }

    /// Names what a fault happened to: the catalog's file, and what was being done.
    pub(crate) fn named(path: &Path, doing: String, fault: Fault) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, DiskFull, NotADatabase};
        let path = path.to_owned();
        let source = match fault {
            Fault::Named(error) => return error,
            Fault::Sql(source) => source,
        };
        match source.sqlite_error_code() {
            Some(NotADatabase) => Self::Foreign { path },
            Some(DatabaseCorrupt) => Self::Damaged { path, doing, source: source.into() },
            Some(DiskFull) => Self::Full { path, doing },
            _ if matches!(source, rusqlite::Error::FromSqlConversionFailure(..)) => {
                Self::Damaged { path, doing, source: source.into() }
            }
            _ => Self::Sql { path, doing, source: source.into() },
        }
    }
}

/// What goes wrong inside: an error of the database that [`Error::named`] has yet to name, or a named one.
#[derive(Debug)]
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Named(Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Named(error)
    }
}
