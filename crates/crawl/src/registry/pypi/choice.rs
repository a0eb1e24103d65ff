//! Which file of a project is read: of the newest release the one that is easiest to read.

use std::collections::BTreeMap;
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};
use riskdex_model::{ArtifactKind, PackageId, Registry};

use super::page::File;

/// A file that can be read, and what its name says.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    pub(super) file: &'a File,
    pub(super) kind: ArtifactKind,
    pub(super) version: String,
}

/// The file to read: of the newest release that is neither withdrawn nor a pre-release; of the newest pre-release
/// when there is none; of a withdrawn one only when there is nothing else. Within a release a wheel for every
/// machine comes first, then a source distribution, then a wheel for one machine. With a range, only what it holds.
pub(super) fn choose<'a>(project: &str, files: &'a [File], range: Option<&VersionSpecifiers>) -> Option<Choice<'a>> {
    let mut releases: BTreeMap<Version, Vec<(Form, &File)>> = BTreeMap::new();
    for file in files {
        let named = form(project, &file.name);
        if let Some((version, form)) = named.filter(|(version, _)| range.is_none_or(|range| range.contains(version))) {
            releases.entry(version).or_default().push((form, file));
        }
    }
    let rank = |version: &Version, files: &[(Form, &File)]| {
        (files.iter().any(|(_, file)| file.yanked.is_none()), !version.any_prerelease())
    };
    let (version, files) = releases
        .into_iter()
        .max_by(|(a, a_files), (b, b_files)| rank(a, a_files).cmp(&rank(b, b_files)).then_with(|| a.cmp(b)))?;
    let (form, file) = files.into_iter().min_by_key(|(form, file)| (file.yanked.is_some(), *form, &file.name))?;
    let kind = if form == Form::Sdist { ArtifactKind::Sdist } else { ArtifactKind::Wheel };
    Some(Choice { file, kind, version: version.to_string() })
}

/// Forms of a release's files, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    PlainWheel,
    AnyWheel,
    Sdist,
    MachineWheel,
}

/// Version and form of a file, by its name; nothing when it is another project's, or no form that we read.
fn form(project: &str, name: &str) -> Option<(Version, Form)> {
    let same = |text: &str| PackageId::new(Registry::Pypi, text).name == project;
    if let Some(stem) = name.strip_suffix(".whl") {
        // name-version(-build)?-python-abi-platform; the name holds no hyphen.
        let parts: Vec<&str> = stem.split('-').collect();
        let (&[name, version, python, abi, platform] | &[name, version, _, python, abi, platform]) = parts.as_slice()
        else {
            return None;
        };
        let form = match (abi, platform) {
            ("none", "any") if python == "py3" => Form::PlainWheel,
            ("none", "any") => Form::AnyWheel,
            _ => Form::MachineWheel,
        };
        return Some((Version::from_str(version).ok().filter(|_| same(name))?, form));
    }
    let stem = name.strip_suffix(".tar.gz").or_else(|| name.strip_suffix(".zip"))?;
    // Old names hold hyphens, and so do old versions: the first cut that fits the project counts.
    let cut = stem.match_indices('-').find(|&(at, _)| same(&stem[..at]))?.0;
    Some((Version::from_str(&stem[cut + 1..]).ok()?, Form::Sdist))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::Url;

    fn file(name: &str) -> File {
        let url = Url::parse("https://files.example/").unwrap().join(name).unwrap();
        File { name: name.to_owned(), url, sha256: None, yanked: None, size: 0, uploaded: None }
    }

    fn yanked(name: &str) -> File {
        File { yanked: Some("broken".to_owned()), ..file(name) }
    }

    fn chosen(files: &[File]) -> Option<&str> {
        choose("my-thing", files, None).map(|choice| choice.file.name.as_str())
    }

    #[test]
    fn newest_by_the_order_of_versions_not_of_texts() {
        let files =
            ["1.9", "1.10", "1.10rc1", "1!0.1.dev1", "1.2.post3"].map(|v| file(&format!("my_thing-{v}.tar.gz")));
        assert_eq!(chosen(&files), Some("my_thing-1.10.tar.gz"));
        let choice = choose("my-thing", &files, None).unwrap();
        assert_eq!((choice.version.as_str(), choice.kind), ("1.10", ArtifactKind::Sdist));
    }

    #[test]
    fn prereleases_and_withdrawn_releases_come_last() {
        let files = [file("my_thing-2.0a1.tar.gz"), file("my_thing-2.0.dev3.tar.gz"), yanked("my_thing-3.0.tar.gz")];
        assert_eq!(chosen(&files), Some("my_thing-2.0a1.tar.gz"));
        assert_eq!(chosen(&files[2..]), Some("my_thing-3.0.tar.gz"));
        assert_eq!(
            chosen(&[yanked("my_thing-2.0.tar.gz"), yanked("my_thing-3.0rc1.tar.gz")]),
            Some("my_thing-2.0.tar.gz")
        );
        // A release is withdrawn when all of its files are.
        let half = [yanked("my_thing-3.0-py3-none-any.whl"), file("my_thing-3.0.tar.gz"), file("my_thing-2.0.tar.gz")];
        assert_eq!(chosen(&half), Some("my_thing-3.0.tar.gz"));
    }

    #[test]
    fn the_plainest_form_of_a_release_is_read() {
        let mut files = [
            "my_thing-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
            "my-thing-1.0.tar.gz",
            "my_thing-1.0-py2.py3-none-any.whl",
            "My.Thing-1.0-1-py3-none-any.whl",
        ]
        .map(file)
        .to_vec();
        for expected in ["My.Thing-1.0-1-py3", "my_thing-1.0-py2", "my-thing-1.0.tar.gz", "my_thing-1.0-cp312"] {
            let name = chosen(&files).unwrap().to_owned();
            assert!(name.starts_with(expected), "{name}");
            files.retain(|file| file.name != name);
        }
        assert_eq!(chosen(&files), None);
    }

    #[test]
    fn a_range_leaves_out_what_it_does_not_hold() {
        let files = ["1.9", "1.10", "2.0rc1", "2.0"].map(|v| file(&format!("my_thing-{v}.tar.gz")));
        let in_range = |range: &str| choose("my-thing", &files, Some(&range.parse().unwrap())).map(|c| c.version);
        assert_eq!(in_range(">=1.5,<2").as_deref(), Some("1.10"));
        assert_eq!(in_range("==1.9.0").as_deref(), Some("1.9"));
        assert_eq!(in_range("~=1.9").as_deref(), Some("1.10"));
        assert_eq!(in_range("==2.0rc1").as_deref(), Some("2.0rc1"));
        assert_eq!(in_range(">3"), None);
    }

    #[test]
    fn other_files_are_left_alone() {
        let files = [
            "my_thing-1.0.exe",
            "my_thing-1.0-py3.egg",
            "other-1.0.tar.gz",
            "my_thing-soon.tar.gz",
            "my_thing.whl",
            "../",
        ];
        assert_eq!(chosen(&files.map(file)), None);
    }

    proptest! {
        #[test]
        fn no_name_panics(name in ".{0,40}(-.{0,10}){0,5}(\\.whl|\\.tar\\.gz)?") {
            let _ = form("my-thing", &name);
        }
    }
}
