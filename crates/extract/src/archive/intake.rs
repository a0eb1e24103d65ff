//! The one place where members enter: names are checked, bytes counted, files kept or passed over.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use riskdex_model::{Gap, GapKind, capped};

use super::Unpacked;
use crate::Error;
use crate::limits::{self, Limits};
use crate::tree::Tree;
use crate::wanted::{Want, is_vendored, want};

/// Longest name quoted in a gap, in characters.
const QUOTED: usize = 200;

/// Collects what one artifact gives, under [`Limits`].
pub(super) struct Intake<'a> {
    path: &'a Path,
    limits: &'a Limits,
    files: BTreeMap<String, Vec<u8>>,
    native: Vec<String>,
    gaps: Vec<Gap>,
    /// Names of all regular files, by their lower-case form.
    seen: BTreeMap<String, String>,
    entries: usize,
    unpacked: u64,
    kept: u64,
    vendored: u64,
    is_full: bool,
}

/// A member, as its header describes it.
pub(super) struct Member {
    /// The checked name.
    pub(super) name: String,
    /// Unpacked size by the header.
    pub(super) size: u64,
}

impl<'a> Intake<'a> {
    pub(super) fn new(path: &'a Path, limits: &'a Limits) -> Self {
        Self {
            path,
            limits,
            files: BTreeMap::new(),
            native: Vec::new(),
            gaps: Vec::new(),
            seen: BTreeMap::new(),
            entries: 0,
            unpacked: 0,
            kept: 0,
            vendored: 0,
            is_full: false,
        }
    }

    /// The artifact, for errors.
    pub(super) fn path(&self) -> &Path {
        self.path
    }

    pub(super) fn limits(&self) -> &Limits {
        self.limits
    }

    /// Counts one member of any kind.
    pub(super) fn count(&mut self) -> Result<(), Error> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(Error::TooManyMembers { path: self.path.to_owned(), limit: self.limits.entries });
        }
        Ok(())
    }

    /// Counts bytes that were, or would have to be, unpacked.
    pub(super) fn spend(&mut self, bytes: u64, member: &str) -> Result<(), Error> {
        self.unpacked = self.unpacked.saturating_add(bytes);
        if self.unpacked > self.limits.unpacked {
            let member = quoted(member);
            return Err(Error::TooLarge { path: self.path.to_owned(), limit: self.limits.unpacked, member });
        }
        Ok(())
    }

    /// Records something that is not as it should be.
    pub(super) fn anomaly(&mut self, member: &str, reason: impl Into<String>) {
        self.gap(GapKind::Anomaly, member, reason.into());
    }

    fn gap(&mut self, kind: GapKind, member: &str, reason: String) {
        match self.gaps.len() {
            n if n + 1 < limits::GAPS => self.gaps.push(Gap { kind, reason, file: quoted(member), line: 0 }),
            n if n + 1 == limits::GAPS => {
                let reason = "more members of the archive are wrong; the list ends here".to_owned();
                self.gaps.push(Gap { kind, reason, file: String::new(), line: 0 });
            }
            _ => {}
        }
    }

    /// The name as a safe relative path; `None`, with a gap, for a name that lies.
    pub(super) fn name(&mut self, raw: &[u8]) -> Option<String> {
        let Ok(name) = str::from_utf8(raw) else {
            self.anomaly(&String::from_utf8_lossy(raw), "its name is not UTF-8; not read");
            return None;
        };
        match clean(name, self.limits.path) {
            Ok(clean) => Some(clean),
            Err(reason) => {
                self.anomaly(name, format!("{reason}; not read"));
                None
            }
        }
    }

    /// Whether a regular file is worth opening, by its name alone; notes names that occur twice.
    pub(super) fn admit(&mut self, name: &str) -> Want {
        match self.seen.insert(name.to_lowercase(), name.to_owned()) {
            Some(before) if before == name => self.anomaly(name, "stands in the archive twice; the last one was read"),
            Some(before) => self.anomaly(name, format!("differs from {:?} only in letter case", quoted(&before))),
            None => {}
        }
        want(name)
    }

    /// Reads one regular file, as far as anybody needs it. `packed` is its size in the archive, 0 if unknown.
    ///
    /// Fails only when `content` does; what breaks a bound is recorded.
    pub(super) fn take(&mut self, member: &Member, packed: u64, content: &mut dyn Read) -> io::Result<()> {
        let Member { name, size } = member;
        let wanted = want(name);
        let mut bytes = Vec::new();
        if matches!(wanted, Want::Magic | Want::Bare) {
            content.take(4).read_to_end(&mut bytes)?;
            if is_native(&bytes) {
                self.native.push(name.clone());
                return Ok(());
            }
        }
        let most = match wanted {
            Want::Nothing | Want::Magic => return Ok(()),
            Want::Code => self.limits.file,
            Want::Prose | Want::Bare => self.limits.prose,
        };
        if *size > most {
            if packed > 0 && *size / packed > self.limits.ratio {
                self.anomaly(name, format!("unpacks {packed} bytes to {size}, as a bomb does; not read"));
            } else if wanted == Want::Code {
                self.gap(GapKind::Limit, name, format!("has {size} bytes, more than {most}; not read"));
            }
        } else if self.afford(name, *size) {
            content.take((size + 1).saturating_sub(bytes.len() as u64)).read_to_end(&mut bytes)?;
            if bytes.len() as u64 == *size {
                self.files.insert(name.clone(), bytes);
            } else {
                self.anomaly(name, format!("has another size than the {size} bytes its header states; not read"));
            }
        }
        Ok(())
    }

    /// Takes `size` bytes from the budget that the file belongs to, if they are left.
    fn afford(&mut self, name: &str, size: u64) -> bool {
        let (spent, budget) = match is_vendored(name) {
            true => (&mut self.vendored, self.limits.vendored),
            false => (&mut self.kept, self.limits.kept),
        };
        if *spent + size <= budget {
            *spent += size;
            return true;
        }
        if !std::mem::replace(&mut self.is_full, true) {
            let reason = format!("over {budget} bytes of files to read; this one and further ones were left out");
            self.gap(GapKind::Limit, name, reason);
        }
        false
    }

    /// Takes away the folder that holds everything: `package/`, `name-1.0/`, `host/path/module@v1.0.0/`.
    pub(super) fn strip_root(&mut self) {
        let Some(first) = self.seen.values().next() else { return };
        let module = first.find("@v").unwrap_or_default();
        let through = |at: usize| first[at..].find('/').map(|slash| first[..=at + slash].to_owned());
        let holds_all = |root: &String| self.seen.values().all(|name| name.starts_with(root));
        let Some(root) = [module, 0].into_iter().filter_map(through).find(holds_all) else { return };
        if root.ends_with(".dist-info/") {
            return;
        }
        let inner = |path: &str| path.strip_prefix(&root).unwrap_or(path).to_owned();
        self.files = std::mem::take(&mut self.files).into_iter().map(|(path, bytes)| (inner(&path), bytes)).collect();
        self.native.iter_mut().for_each(|path| *path = inner(path));
        self.gaps.iter_mut().for_each(|gap| gap.file = inner(&gap.file));
    }

    pub(super) fn finish(mut self) -> Unpacked {
        self.native.sort_unstable();
        Unpacked { tree: Tree::new(self.files).with_native(self.native), gaps: self.gaps }
    }
}

fn quoted(name: &str) -> String {
    capped(name, QUOTED).into_owned()
}

/// A member's name with single slashes and without `.` parts; else what is wrong with it.
fn clean(name: &str, longest: usize) -> Result<String, &'static str> {
    if name.len() > longest {
        return Err("its name is too long");
    }
    if name.contains(['\\', '\0']) {
        return Err("its name has a backslash or a null character");
    }
    if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
        return Err("its name is an absolute path");
    }
    let mut parts = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err("its name leads out of the archive"),
            part => parts.push(part),
        }
    }
    if parts.is_empty() { Err("it has no name") } else { Ok(parts.join("/")) }
}

/// Whether a file begins as ELF, Mach-O (either byte order, thin or universal) or PE images do.
fn is_native(head: &[u8]) -> bool {
    matches!(
        head,
        [0x7f, b'E', b'L', b'F', ..]
            | [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..]
            | [0xfe, 0xed, 0xfa, 0xcf | 0xce, ..]
            | [0xca, 0xfe, 0xba, 0xbe, ..]
            | [b'M', b'Z', _, 0, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_lie_are_refused() {
        for (name, why) in [
            ("/etc/passwd", "absolute"),
            ("C:/x", "absolute"),
            ("a/../../b", "out of"),
            ("a\\b", "backslash"),
            ("./", "no name"),
            ("", "no name"),
        ] {
            assert!(clean(name, 100).unwrap_err().contains(why), "{name}");
        }
        assert_eq!(clean("./a//b/./c", 100).unwrap(), "a/b/c");
        assert!(clean("aaaa", 3).is_err());
    }

    proptest! {
        #[test]
        fn a_clean_name_is_relative_and_stays_inside(name in ".{0,60}") {
            if let Ok(clean) = clean(&name, 200) {
                let is_inside = clean.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
                prop_assert!(is_inside && !clean.contains('\\'));
            }
        }
    }
}
