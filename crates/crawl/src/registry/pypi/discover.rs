//! Where the user's Python packages come from, by the settings of pip and uv.

use std::path::{Path, PathBuf};

use riskdex_model::Registry;
use serde::Deserialize;

use super::Index;
use crate::surroundings::{Dialect, Surroundings, home, ini, toml, user_config};
use crate::{Endpoint, Error};

/// What to say when nothing names an index.
pub(crate) fn no_endpoint() -> Error {
    Error::NoEndpoint {
        registry: Registry::Pypi,
        advice: "give --pypi-index URL, or set PIP_INDEX_URL or UV_DEFAULT_INDEX, or index-url in pip.conf, \
                 or install pip"
            .to_owned(),
    }
}

/// Addresses that one place names.
#[derive(Default)]
struct Stated {
    /// Asked before the main index.
    before: Vec<Endpoint>,
    main: Option<Endpoint>,
    /// Asked after it.
    after: Vec<Endpoint>,
}

impl Index {
    /// Finds the indexes: the `named` one alone if there is one; else the first main index that is named by pip's
    /// variables, uv's variables, pip's files, uv's files, or the installed pip, with the further indexes that
    /// these name: uv's before the main one, pip's after it.
    pub fn discover(named: Option<Endpoint>, at: &dyn Surroundings) -> Result<Self, Error> {
        if let Some(named) = named {
            return Ok(Self { endpoints: vec![named] });
        }
        let mut found = Stated::default();
        for place in [pip_variables, uv_variables, pip_files, uv_files] {
            let stated = place(at)?;
            found.before.extend(stated.before);
            found.main = found.main.or(stated.main);
            found.after.extend(stated.after);
        }
        if found.main.is_none() {
            found.main = installed_pip(at)?;
        }
        let mut endpoints = found.before;
        endpoints.extend(found.main);
        endpoints.extend(found.after);
        if endpoints.is_empty() { Err(no_endpoint()) } else { Ok(Self { endpoints }) }
    }
}

/// Addresses in a list with white space between them; uv lets each have a name (`name=address`).
fn list(text: &str, stated_by: &str) -> Result<Vec<Endpoint>, Error> {
    let address = |entry: &str| match entry.split_once('=') {
        Some((name, address)) if !name.contains(':') => Endpoint::parse(address, stated_by),
        _ => Endpoint::parse(entry, stated_by),
    };
    text.split_whitespace().map(address).collect()
}

fn variable(at: &dyn Surroundings, name: &str) -> Result<Option<Endpoint>, Error> {
    let addresses = at.variable(name).map(|text| list(&text, name)).transpose()?;
    Ok(addresses.and_then(|addresses| addresses.into_iter().next()))
}

fn variables(at: &dyn Surroundings, name: &str) -> Result<Vec<Endpoint>, Error> {
    at.variable(name).map_or(Ok(Vec::new()), |text| list(&text, name))
}

fn pip_variables(at: &dyn Surroundings) -> Result<Stated, Error> {
    let (main, after) = (variable(at, "PIP_INDEX_URL")?, variables(at, "PIP_EXTRA_INDEX_URL")?);
    Ok(Stated { main, after, ..Stated::default() })
}

fn uv_variables(at: &dyn Surroundings) -> Result<Stated, Error> {
    let main = match variable(at, "UV_DEFAULT_INDEX")? {
        Some(main) => Some(main),
        None => variable(at, "UV_INDEX_URL")?,
    };
    let mut before = variables(at, "UV_INDEX")?;
    before.extend(variables(at, "UV_EXTRA_INDEX_URL")?);
    Ok(Stated { before, main, ..Stated::default() })
}

/// pip's files from the weakest to the strongest (pip's guide, "Configuration").
fn pip_paths(at: &dyn Surroundings) -> Vec<PathBuf> {
    let named = at.variable("PIP_CONFIG_FILE");
    if named.as_deref() == Some("/dev/null") {
        return Vec::new();
    }
    let mut paths = Vec::new();
    let shared = at.variable("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".to_owned());
    paths.extend(shared.split(':').map(|folder| Path::new(folder).join("pip/pip.conf")));
    paths.push("/etc/pip.conf".into());
    if let Some(home) = home(at) {
        paths.push(home.join(".pip/pip.conf"));
        paths.push(home.join("Library/Application Support/pip/pip.conf"));
    }
    paths.extend(user_config(at).map(|folder| folder.join("pip/pip.conf")));
    paths.extend(at.variable("APPDATA").map(|folder| Path::new(&folder).join("pip/pip.ini")));
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        paths.extend(at.variable(name).map(|folder| Path::new(&folder).join("pip.conf")));
    }
    paths.extend(named.map(PathBuf::from));
    paths
}

fn pip_files(at: &dyn Surroundings) -> Result<Stated, Error> {
    let mut stated = Stated::default();
    // A command's own section wins over [global], whichever file each is in.
    for section in ["global", "download"] {
        for path in pip_paths(at) {
            let Some(text) = at.read(&path) else { continue };
            let settings = ini(&path, &text, Dialect::Python)?;
            let place = |key: &str| format!("{} [{section}] {key}", path.display());
            if let Some(text) = settings.get(section, "index-url") {
                stated.main = list(&text, &place("index-url"))?.into_iter().next();
            }
            if let Some(text) = settings.get(section, "extra-index-url") {
                stated.after = list(&text, &place("extra-index-url"))?;
            }
        }
    }
    Ok(stated)
}

/// The settings of uv that name indexes.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Uv {
    #[serde(default)]
    index: Vec<UvIndex>,
    index_url: Option<String>,
    #[serde(default)]
    extra_index_url: Vec<String>,
    pip: Option<Box<Uv>>,
}

#[derive(Deserialize)]
struct UvIndex {
    url: String,
    #[serde(default)]
    default: bool,
    /// Only for packages that ask for it by name.
    #[serde(default)]
    explicit: bool,
}

#[derive(Deserialize)]
struct Pyproject {
    tool: Option<PyprojectTool>,
}

#[derive(Deserialize)]
struct PyprojectTool {
    uv: Option<Uv>,
}

/// uv's files from the strongest to the weakest: the project's (`uv.toml`, else `pyproject.toml`), the user's, the
/// machine's; or the one that `UV_CONFIG_FILE` names.
fn uv_files(at: &dyn Surroundings) -> Result<Stated, Error> {
    let mut stated = Stated::default();
    let mut take = |path: &Path, uv: Uv| -> Result<(), Error> {
        let place = path.display().to_string();
        for index in uv.index.iter().filter(|index| !index.explicit) {
            let endpoint = Endpoint::parse(&index.url, &place)?;
            if !index.default {
                stated.before.push(endpoint);
            } else if stated.main.is_none() {
                stated.main = Some(endpoint);
            }
        }
        for uv in [Some(&uv), uv.pip.as_deref()].into_iter().flatten() {
            if let Some(url) = uv.index_url.as_ref().filter(|_| stated.main.is_none()) {
                stated.main = Some(Endpoint::parse(url, &place)?);
            }
            for url in &uv.extra_index_url {
                stated.before.push(Endpoint::parse(url, &place)?);
            }
        }
        Ok(())
    };
    if let Some(path) = at.variable("UV_CONFIG_FILE").map(PathBuf::from) {
        if let Some(text) = at.read(&path) {
            take(&path, toml(&path, &text)?)?;
        }
        return Ok(stated);
    }
    let folder = at.folder();
    if let Some(folder) = folder.ancestors().find(|f| at.read(&f.join("uv.toml")).is_some()) {
        let path = folder.join("uv.toml");
        take(&path, toml(&path, &at.read(&path).unwrap_or_default())?)?;
    } else if let Some(folder) = folder.ancestors().find(|f| at.read(&f.join("pyproject.toml")).is_some()) {
        let path = folder.join("pyproject.toml");
        let project: Pyproject = toml(&path, &at.read(&path).unwrap_or_default())?;
        if let Some(uv) = project.tool.and_then(|tool| tool.uv) {
            take(&path, uv)?;
        }
    }
    let user = user_config(at).map(|folder| folder.join("uv/uv.toml"));
    for path in user.into_iter().chain([PathBuf::from("/etc/uv/uv.toml")]) {
        if let Some(text) = at.read(&path) {
            take(&path, toml(&path, &text)?)?;
        }
    }
    Ok(stated)
}

/// The index that the installed pip would use: its help text says which. Python runs isolated, so that nothing in
/// the folder we were started in is taken for pip.
fn installed_pip(at: &dyn Surroundings) -> Result<Option<Endpoint>, Error> {
    let ways: [(&str, &[&str]); 4] = [
        ("pip3", &["install", "--help"]),
        ("pip", &["install", "--help"]),
        ("python3", &["-I", "-m", "pip", "install", "--help"]),
        ("python", &["-I", "-m", "pip", "install", "--help"]),
    ];
    let said = ways.iter().find_map(|(program, arguments)| {
        let help = at.ask(program, arguments)?;
        let about = help.split_once("--index-url")?.1;
        let address = about.split_whitespace().find(|word| word.starts_with("http"))?;
        // It stands in brackets, at the end of a sentence.
        Some((address.trim_end_matches(['.', ')']).to_owned(), *program))
    });
    said.map(|(address, program)| Endpoint::parse(&address, &format!("the installed {program}"))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surroundings::fake::Fake;

    const HELP: &str =
        "  -i, --index-url <url>   Base URL of the index (default\n      https://default.example/simple). More.\n";

    fn found(at: &Fake) -> Vec<(String, String)> {
        let index = Index::discover(None, at).unwrap();
        index.endpoints().map(|e| (e.url.to_string(), e.stated_by.clone())).collect()
    }

    fn urls(at: &Fake) -> Vec<String> {
        found(at).into_iter().map(|(url, _)| url.trim_start_matches("https://").to_owned()).collect()
    }

    #[test]
    fn the_named_one_wins_and_stands_alone() {
        let at =
            Fake::new().variable("PIP_INDEX_URL", "https://pip.example/").variable("UV_INDEX", "https://uv.example/");
        let named = Endpoint::parse("https://flag.example/simple", "--pypi-index").unwrap();
        let index = Index::discover(Some(named), &at).unwrap();
        let urls: Vec<_> = index.endpoints().map(|e| e.url.as_str()).collect();
        assert_eq!(urls, ["https://flag.example/simple/"]);
    }

    #[test]
    fn variables_win_over_files_and_files_over_the_installed_pip() {
        let mut at = Fake::new().program("pip3", HELP);
        assert_eq!(found(&at), [("https://default.example/simple/".to_owned(), "the installed pip3".to_owned())]);
        at = at.file("/work/uv.toml", "[[index]]\nurl = 'https://uv-file.example/'\ndefault = true\n");
        assert_eq!(urls(&at), ["uv-file.example/"]);
        at = at.file("/etc/pip.conf", "[global]\nindex-url = https://etc.example/simple\n");
        assert_eq!(found(&at)[0].1, "/etc/pip.conf [global] index-url");
        at = at.variable("UV_INDEX_URL", "https://uv-old.example/");
        assert_eq!(urls(&at), ["uv-old.example/"]);
        at = at.variable("UV_DEFAULT_INDEX", "main=https://uv.example/");
        assert_eq!(urls(&at), ["uv.example/"]);
        at = at.variable("PIP_INDEX_URL", "https://pip.example/");
        assert_eq!(urls(&at), ["pip.example/"]);
    }

    #[test]
    fn stronger_files_of_pip_win_and_its_section_for_downloads_wins_over_all() {
        let mut at = Fake::new()
            .file("/etc/xdg/pip/pip.conf", "[global]\nindex-url = https://xdg.example/\n")
            .file("/home/me/.pip/pip.conf", "[global]\nindex-url = https://legacy.example/\n")
            .file("/home/me/.config/pip/pip.conf", "[global]\nindex-url: https://user.example/\n");
        assert_eq!(urls(&at), ["user.example/"]);
        at = at
            .variable("PIP_CONFIG_FILE", "/named.conf")
            .file("/named.conf", "[GLOBAL]\nindex-url=https://named.example/\n");
        assert_eq!(urls(&at), ["named.example/"]);
        at = at.file("/etc/pip.conf", "[download]\nindex-url = https://download.example/\n");
        assert_eq!(urls(&at), ["download.example/"]);
        at = at.variable("PIP_CONFIG_FILE", "/dev/null").program("pip", HELP);
        assert_eq!(urls(&at), ["default.example/simple/"]);
    }

    #[test]
    fn further_indexes_keep_the_order_of_the_tool_that_names_them() {
        let at = Fake::new()
            .variable("PIP_INDEX_URL", "https://main.example/")
            .variable("PIP_EXTRA_INDEX_URL", "https://extra-1.example/ https://extra-2.example/")
            .variable("UV_INDEX", "corp=https://first.example/")
            .file(
                "/pyproject.toml",
                "[project]\nname='x'\n[[tool.uv.index]]\nname='p'\nurl='https://second.example/'\n\
                 [[tool.uv.index]]\nurl='https://hidden.example/'\nexplicit=true\n",
            );
        let expected = ["first.example/", "second.example/", "main.example/", "extra-1.example/", "extra-2.example/"];
        assert_eq!(urls(&at), expected);
    }

    #[test]
    fn nothing_found_says_what_to_set() {
        let error = Index::discover(None, &Fake::new()).unwrap_err().to_string();
        assert!(error.starts_with("no PyPI index is known: give --pypi-index URL, or set PIP_INDEX_URL"), "{error}");
    }

    #[test]
    fn a_broken_setting_is_named() {
        let at = Fake::new().file("/work/uv.toml", "index = 3");
        assert!(Index::discover(None, &at).unwrap_err().to_string().starts_with("/work/uv.toml: "));
        let at = Fake::new().variable("PIP_INDEX_URL", "index.example/simple");
        assert!(Index::discover(None, &at).unwrap_err().to_string().starts_with("PIP_INDEX_URL: "));
    }
}
