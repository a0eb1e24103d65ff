use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use configparser::ini::Ini;

use crate::Error;

/// What the search for endpoints may look at; tests put their own in place of the [`Machine`].
pub trait Surroundings {
    /// An environment variable that is set and not empty.
    fn variable(&self, name: &str) -> Option<String>;
    /// A file's text, where there is such a file.
    fn read(&self, path: &Path) -> Option<String>;
    /// What an installed program prints, when it is installed and succeeds.
    fn ask(&self, program: &str, arguments: &[&str]) -> Option<String>;
    /// The folder that we were started in.
    fn folder(&self) -> PathBuf;
}

/// Longest settings file that is read.
const LONGEST: u64 = 1024 * 1024;

/// How long a program may think before it is stopped.
const PATIENCE: Duration = Duration::from_secs(30);

/// The machine that we run on.
pub struct Machine;

impl Surroundings for Machine {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.trim().is_empty())
    }

    fn read(&self, path: &Path) -> Option<String> {
        let mut text = String::new();
        let file = std::fs::File::open(path).ok()?;
        file.take(LONGEST).read_to_string(&mut text).ok()?;
        Some(text)
    }

    fn ask(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let mut child = Command::new(program)
            .args(arguments)
            // Wide enough that no address is broken over two lines.
            .env("COLUMNS", "1000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let output = child.stdout.take()?;
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            output.take(LONGEST).read_to_string(&mut text).map(|_| text)
        });
        let asked = Instant::now();
        let status = loop {
            match child.try_wait().ok()? {
                Some(status) => break status,
                None if asked.elapsed() > PATIENCE => {
                    let _ = child.kill();
                    break child.wait().ok()?;
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        reader.join().ok()?.ok().filter(|_| status.success())
    }

    fn folder(&self) -> PathBuf {
        std::env::current_dir().unwrap_or_default()
    }
}

/// The user's home folder, as pip, uv and npm find it.
pub(crate) fn home(at: &dyn Surroundings) -> Option<PathBuf> {
    at.variable("HOME").or_else(|| at.variable("USERPROFILE")).map(PathBuf::from)
}

/// Where programs keep a user's settings (XDG base directories).
pub(crate) fn user_config(at: &dyn Surroundings) -> Option<PathBuf> {
    at.variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| Some(home(at)?.join(".config")))
}

/// How a program writes its settings as an INI file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As Python does: keys in any case, `=` or `:`, values that go on in indented lines.
    Python,
    /// As npm does: keys in their own case, with colons in them.
    Npm,
}

/// Reads a settings file: sections, `key = value`, comments on lines of their own.
pub(crate) fn ini(path: &Path, text: &str, dialect: Dialect) -> Result<Ini, Error> {
    let mut form = Ini::new().defaults();
    form.enable_inline_comments = false;
    match dialect {
        Dialect::Python => form.multiline = true,
        Dialect::Npm => {
            form.case_sensitive = true;
            form.delimiters = vec!['='];
        }
    }
    let mut ini = Ini::new_from_defaults(form);
    ini.read(text.to_owned()).map_err(|error| Error::setting(path.display().to_string(), error))?;
    Ok(ini)
}

/// Reads a settings file in TOML.
pub(crate) fn toml<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|error| Error::setting(path.display().to_string(), error.message()))
}

#[cfg(test)]
pub(crate) mod fake {
    use super::*;
    use std::collections::BTreeMap;

    /// Surroundings made of texts.
    #[derive(Default)]
    pub(crate) struct Fake {
        variables: BTreeMap<String, String>,
        files: BTreeMap<PathBuf, String>,
        answers: BTreeMap<String, String>,
    }

    impl Fake {
        /// A machine with a home folder `/home/me`, and nothing in it.
        pub(crate) fn new() -> Self {
            Self::default().variable("HOME", "/home/me")
        }

        pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
            self.variables.insert(name.to_owned(), value.to_owned());
            self
        }

        pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
            self.files.insert(path.into(), text.to_owned());
            self
        }

        /// `program` prints `text`, whatever it is asked.
        pub(crate) fn program(mut self, program: &str, text: &str) -> Self {
            self.answers.insert(program.to_owned(), text.to_owned());
            self
        }
    }

    impl Surroundings for Fake {
        fn variable(&self, name: &str) -> Option<String> {
            self.variables.get(name).cloned()
        }

        fn read(&self, path: &Path) -> Option<String> {
            self.files.get(path).cloned()
        }

        fn ask(&self, program: &str, _: &[&str]) -> Option<String> {
            self.answers.get(program).cloned()
        }

        fn folder(&self) -> PathBuf {
            "/work".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_fail_or_are_missing_say_nothing() {
        assert_eq!(Machine.ask("sh", &["-c", "echo hello"]).as_deref(), Some("hello\n"));
        assert_eq!(Machine.ask("sh", &["-c", "echo hello; exit 1"]), None);
        assert_eq!(Machine.ask("riskdex-no-such-program", &[]), None);
    }

    #[test]
    fn settings_keep_the_signs_that_secrets_hold() {
        let path = Path::new("pip.conf");
        let pip = ini(path, "[global]\n# note\nIndex-Url = https://u:p#;w@h/simple\nextra-index-url =\n    https://a/\n    https://b/\n", Dialect::Python).unwrap();
        assert_eq!(pip.get("global", "index-url").as_deref(), Some("https://u:p#;w@h/simple"));
        assert_eq!(pip.get("global", "extra-index-url").unwrap().split_whitespace().count(), 2);
        let npm = ini(Path::new(".npmrc"), "//h/:_authToken=aB#=c\n", Dialect::Npm).unwrap();
        assert_eq!(npm.get("default", "//h/:_authToken").as_deref(), Some("aB#=c"));
    }
}
