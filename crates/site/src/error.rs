use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a theme could not be loaded or a site not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data file of the theme does not say what it has to.
    #[error("{file}: {problem}")]
    Data {
        /// The file, as it was named.
        file: String,
        /// What is wrong and what is expected.
        problem: String,
    },
    /// A template is wrong, or asks for something that its page does not have.
    #[error("the template {name} is wrong")]
    Template {
        /// The template.
        name: String,
        /// What the template engine says.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] riskdex_catalog::Error),
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
    /// The output folder holds something that no earlier build of a site put there.
    #[error("{} is not empty and holds no site of riskdex; choose a new or an empty folder", .path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// The site's address is none that a browser could load a page from.
    #[error("{address:?} is no address of a site: http:// or https://, a host, and a path if need be")]
    Address {
        /// The address.
        address: String,
    },
    /// A page would lie outside the output folder, or where another one is.
    #[error("{path:?} is not a place for a page of this site")]
    Place {
        /// The place.
        path: String,
    },
}

impl Error {
    pub(crate) fn data(file: &str, problem: impl Into<String>) -> Self {
        Self::Data { file: file.to_owned(), problem: problem.into() }
    }

    pub(crate) fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, doing, source }
    }

    pub(crate) fn template(name: &str) -> impl FnOnce(tera::Error) -> Self {
        let name = name.to_owned();
        move |source| Self::Template { name, source: Box::new(source) }
    }
}
