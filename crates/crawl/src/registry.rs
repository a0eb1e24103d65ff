//! Registries of packages: where they are, what the newest release is, and which artifact to read.

pub mod npm;
pub mod pypi;

use std::collections::BTreeSet;

use riskdex_model::{PackageId, Registry, Release};

use crate::artifact::Wanted;
use crate::{Client, Endpoint, Error, Memory, Surroundings};

/// The registries that this run can ask.
#[derive(Clone, Debug, Default)]
pub struct Registries {
    /// Python packages.
    pub pypi: Option<pypi::Index>,
    /// JavaScript packages.
    pub npm: Option<npm::Index>,
}

/// The newest release of a package, before it is fetched.
#[derive(Debug)]
pub(crate) struct Newest {
    /// Its artifact's digest is empty where the index states none.
    pub(crate) release: Release,
    pub(crate) wanted: Wanted,
}

impl Registries {
    /// Finds the `needed` registries; one that no setting names is left out, and its packages will say so.
    /// `pypi` and `npm` are addresses from the command line, which win over all settings.
    pub fn discover(
        needed: &BTreeSet<Registry>,
        pypi: Option<&str>,
        npm: Option<&str>,
        at: &dyn Surroundings,
    ) -> Result<Self, Error> {
        fn optional<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
            match found {
                Err(Error::NoEndpoint { .. }) => Ok(None),
                found => found.map(Some),
            }
        }
        let mut registries = Self::default();
        if needed.contains(&Registry::Pypi) {
            registries.pypi = optional(pypi::Index::discover(pypi, at))?;
        }
        if needed.contains(&Registry::Npm) {
            registries.npm = optional(npm::Index::discover(npm, at))?;
        }
        Ok(registries)
    }

    /// Every endpoint that may be asked, to be named to the user and to the client's guard.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        let pypi = self.pypi.iter().flat_map(pypi::Index::endpoints);
        pypi.chain(self.npm.iter().flat_map(npm::Index::endpoints))
    }

    /// Asks the package's registry for its newest release.
    pub(crate) async fn newest(&self, client: &Client, memory: &Memory, package: &PackageId) -> Result<Newest, Error> {
        match package.registry {
            Registry::Pypi => match &self.pypi {
                Some(index) => index.newest(client, memory, package).await,
                None => Err(pypi::no_endpoint()),
            },
            Registry::Npm => match &self.npm {
                Some(index) => index.newest(client, memory, package).await,
                None => Err(npm::no_endpoint()),
            },
            registry => {
                Err(Error::NoEndpoint { registry, advice: "packages of this registry are not fetched yet".to_owned() })
            }
        }
    }
}
