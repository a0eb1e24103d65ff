//! Runs somebody else's program with as little as it needs, and ends it whole.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Folders that hold what is somebody's, not the system's; empty inside the sandbox.
const COVERED: [&str; 5] = ["/tmp", "/var/tmp", "/run", "/home", "/root"];

/// How much of what the program last wrote to its error stream is kept, in bytes.
const LAST_WORDS: usize = 2048;

/// What a program may do.
#[derive(Debug, Default)]
pub(crate) struct Permits {
    pub(crate) network: bool,
    /// Paths that it may read although they lie in a covered folder.
    pub(crate) read: Vec<PathBuf>,
    pub(crate) env: Vec<(String, String)>,
    /// Everything: it runs outside of the sandbox.
    pub(crate) all: bool,
}

/// A program at work. Dropping it ends it, with all that it started.
pub(crate) struct Program {
    child: Child,
    said: Arc<Mutex<Vec<u8>>>,
}

impl Program {
    /// Starts `command` (program and arguments).
    pub(crate) fn start(command: &[String], permits: &Permits) -> Result<Self> {
        let [program, arguments @ ..] = command else { bail!("no command was named") };
        let mut started = if permits.all {
            let mut plain = Command::new(program);
            plain.env_clear().envs(["PATH", "HOME"].into_iter().filter_map(|name| Some((name, env::var_os(name)?))));
            plain
        } else {
            let mut bubble = Command::new(bubblewrap()?);
            bubble.args(walls(program, permits)?).arg("--").arg(program).env_clear();
            bubble.env("PATH", env::var_os("PATH").unwrap_or_default()).env("HOME", "/tmp");
            bubble
        };
        started.args(arguments).env("LANG", "C.UTF-8").envs(permits.env.iter().cloned());
        started.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        started.process_group(0);
        let mut child = started.spawn().with_context(|| format!("cannot start {program}"))?;
        let said = Arc::default();
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(listen(stderr, Arc::clone(&said)));
        }
        Ok(Self { child, said })
    }

    /// Where it writes, and where it reads.
    pub(crate) fn pipes(&mut self) -> Option<(ChildStdout, ChildStdin)> {
        Some((self.child.stdout.take()?, self.child.stdin.take()?))
    }

    /// What it last wrote to its error stream.
    pub(crate) fn last_words(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said).trim().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It was not waited for, so the number is still its own. Inside the sandbox everything ends with bubblewrap;
        // outside, everything that stayed in its group does.
        #[cfg(unix)]
        if let Some(group) = self.child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn listen(mut stderr: tokio::process::ChildStderr, said: Arc<Mutex<Vec<u8>>>) {
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = stderr.read(&mut piece).await {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend_from_slice(&piece[..read]);
        let spare = said.len().saturating_sub(LAST_WORDS);
        said.drain(..spare);
    }
}

fn bubblewrap() -> Result<PathBuf> {
    find("bwrap").context(
        "bubblewrap (bwrap) is not installed, and nothing is run outside of a sandbox unless you say --no-sandbox",
    )
}

/// A program on the PATH.
fn find(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The sandbox in bubblewrap's words: own namespaces, the system read-only, covered folders empty.
fn walls(program: &str, permits: &Permits) -> Result<Vec<OsString>> {
    let covered = covered();
    let read = permits.read.iter().map(|path| std::path::absolute(path).context("an empty path to read"));
    let read = read.collect::<Result<Vec<_>>>()?;
    for path in &read {
        ensure!(path.exists(), "{} is not there to be read", path.display());
    }
    let found = if program.contains('/') { Some(std::path::absolute(program)?) } else { find(program) };
    let found = found.with_context(|| format!("no program {program:?} on the PATH"))?;
    let hidden = covered.iter().find(|folder| found.starts_with(folder));
    if let Some(folder) = hidden.filter(|_| !read.iter().any(|path| found.starts_with(path))) {
        let (found, folder) = (found.display(), folder.display());
        bail!(
            "{found} lies in {folder}, which is empty in the sandbox; name the folder that it needs with --allow-read"
        );
    }
    let mut walls: Vec<OsString> = Vec::new();
    let mut add = |words: &[&str], paths: &[&Path]| {
        walls.extend(words.iter().map(OsString::from));
        walls.extend(paths.iter().map(|path| path.as_os_str().to_owned()));
    };
    add(&["--unshare-all", "--die-with-parent", "--new-session"], &[]);
    if permits.network {
        add(&["--share-net"], &[]);
    }
    add(&["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"], &[]);
    for folder in &covered {
        add(&["--tmpfs"], &[folder]);
    }
    // Names of hosts are looked up through what lies there.
    let resolver = Path::new("/run/systemd/resolve");
    if permits.network && resolver.exists() {
        add(&["--ro-bind"], &[resolver, resolver]);
    }
    for path in &read {
        add(&["--ro-bind"], &[path, path]);
    }
    add(&["--chdir", "/tmp"], &[]);
    Ok(walls)
}

/// The covered folders of this machine, none inside another.
fn covered() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute() && home.parent().is_some());
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in COVERED.iter().map(PathBuf::from).chain(home) {
        if folder.is_dir() && !folder.is_symlink() && !folders.iter().any(|outer| folder.starts_with(outer)) {
            folders.push(folder);
        }
    }
    folders
}
