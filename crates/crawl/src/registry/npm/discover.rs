//! Where the user's npm packages come from, by npm's settings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use riskdex_model::Registry;
use url::Url;

use super::Index;
use crate::surroundings::{Dialect, Surroundings, home, ini};
use crate::{Credentials, Endpoint, Error};

/// What to say when nothing names a registry.
pub(crate) fn no_endpoint() -> Error {
    Error::NoEndpoint {
        registry: Registry::Npm,
        advice: "give --npm-registry URL, or set npm_config_registry, or registry in .npmrc, or install npm".to_owned(),
    }
}

/// npm's settings by key; stronger files have overwritten weaker ones.
type Settings = BTreeMap<String, (String, PathBuf)>;

impl Index {
    /// Finds the registry: the `named` one, else npm's variable, its files (project, user, machine), else what the installed
    /// npm says. Registries of scopes and secrets are taken from the files in any case.
    pub fn discover(named: Option<Endpoint>, at: &dyn Surroundings) -> Result<Self, Error> {
        let settings = settings(at)?;
        let main = named.map_or_else(|| stated(at, &settings), Ok)?;
        let unlocked = |mut endpoint: Endpoint| {
            endpoint.credentials = endpoint.credentials.or_else(|| secret(&endpoint.url, &settings));
            endpoint
        };
        let mut scopes = BTreeMap::new();
        for (key, (text, path)) in &settings {
            if let Some(scope) = key.strip_suffix(":registry").filter(|scope| scope.starts_with('@')) {
                let endpoint = Endpoint::parse(text, &format!("{} {key}", path.display()))?;
                scopes.insert(scope.to_owned(), unlocked(endpoint));
            }
        }
        Ok(Self { main: unlocked(main), scopes })
    }
}

/// What npm itself would use.
fn stated(at: &dyn Surroundings, settings: &Settings) -> Result<Endpoint, Error> {
    let variable = ["npm_config_registry", "NPM_CONFIG_REGISTRY"]
        .into_iter()
        .find_map(|name| Some((at.variable(name)?, name.to_owned())));
    let file = settings.get("registry").map(|(text, path)| (text.clone(), path.display().to_string()));
    let found = variable.or(file).or_else(|| {
        let said = at.ask("npm", &["config", "get", "registry"])?;
        // Whatever npm has to remark stands before it.
        let address = said.lines().rev().map(str::trim).find(|line| line.starts_with("http"))?;
        Some((address.to_owned(), "the installed npm".to_owned()))
    });
    let (text, stated_by) = found.ok_or_else(no_endpoint)?;
    Endpoint::parse(&text, &stated_by)
}

/// npm's files from the weakest to the strongest.
fn paths(at: &dyn Surroundings) -> Vec<PathBuf> {
    let named = |lower: &str, upper: &str| at.variable(lower).or_else(|| at.variable(upper)).map(PathBuf::from);
    let prefix = at.variable("PREFIX").map_or_else(|| PathBuf::from("/usr/local"), PathBuf::from);
    let machine = named("npm_config_globalconfig", "NPM_CONFIG_GLOBALCONFIG");
    let user = named("npm_config_userconfig", "NPM_CONFIG_USERCONFIG").or_else(|| Some(home(at)?.join(".npmrc")));
    let folder = at.folder();
    let project = folder.ancestors().find(|folder| at.read(&folder.join("package.json")).is_some()).unwrap_or(&folder);
    [Some(machine.unwrap_or_else(|| prefix.join("etc/npmrc"))), user, Some(project.join(".npmrc"))]
        .into_iter()
        .flatten()
        .collect()
}

fn settings(at: &dyn Surroundings) -> Result<Settings, Error> {
    let mut settings = Settings::new();
    for path in paths(at) {
        let Some(text) = at.read(&path) else { continue };
        let file = ini(&path, &text, Dialect::Npm)?;
        let Some(entries) = file.get_map_ref().get("default") else { continue };
        let entries: BTreeMap<_, _> = entries.iter().collect();
        for (key, value) in entries {
            let value = value.as_deref().unwrap_or_default().trim_matches('"');
            settings.insert(key.clone(), (expand(value, at), path.clone()));
        }
    }
    Ok(settings)
}

/// Puts variables in place of `${NAME}`; one that is not set stays as it is written, as with npm.
fn expand(text: &str, at: &dyn Surroundings) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(&at.variable(name).unwrap_or_else(|| format!("${{{name}}}")));
        rest = behind;
    }
    out + rest
}

/// The secret for a registry, in keys such as `//host/path/:_authToken`. The longest address that has one counts,
/// as with npm.
fn secret(url: &Url, settings: &Settings) -> Option<Credentials> {
    let mut address = url.as_str().split_once(':')?.1;
    while address.len() > "//".len() {
        let get = |kind: &str| Some(settings.get(&format!("{address}:{kind}"))?.0.as_str());
        if let Some(token) = get("_authToken") {
            return Some(Credentials::bearer(url, token));
        }
        if let Some(pair) = get("_auth") {
            return Some(Credentials::encoded(url, pair));
        }
        if let (Some(user), Some(password)) = (get("username"), get("_password")) {
            // npm keeps the password in Base64.
            let password = BASE64_STANDARD.decode(password).unwrap_or_default();
            return Some(Credentials::basic(url, user, &String::from_utf8_lossy(&password)));
        }
        let shorter = address.strip_suffix('/').or_else(|| Some(&address[..=address.rfind('/')?]));
        address = shorter?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surroundings::fake::Fake;

    #[test]
    fn the_order_is_flag_variable_project_user_machine_npm() {
        let stated = |flag: Option<&str>, at: &Fake| {
            let named = flag.map(|text| Endpoint::parse(text, "--npm-registry").unwrap());
            let index = Index::discover(named, at).unwrap();
            (index.main.url.to_string(), index.main.stated_by)
        };
        let mut at = Fake::new().program("npm", "npm warn something\nhttps://default.example/\n");
        assert_eq!(stated(None, &at), ("https://default.example/".to_owned(), "the installed npm".to_owned()));
        at = at.file("/usr/local/etc/npmrc", "registry=https://machine.example/npm\n");
        assert_eq!(stated(None, &at).0, "https://machine.example/npm/");
        at = at.file("/home/me/.npmrc", "; mine\nregistry = \"https://user.example\"\n");
        assert_eq!(stated(None, &at).0, "https://user.example/");
        at = at
            .file("/package.json", "{}")
            .file("/.npmrc", "registry=https://${SUB}.example/\n")
            .variable("SUB", "project");
        assert_eq!(stated(None, &at), ("https://project.example/".to_owned(), "/.npmrc".to_owned()));
        at = at.variable("npm_config_registry", "https://variable.example");
        assert_eq!(stated(None, &at).0, "https://variable.example/");
        assert_eq!(stated(Some("https://flag.example"), &at).0, "https://flag.example/");
    }

    #[test]
    fn scopes_and_secrets_are_kept_by_host() {
        let password = BASE64_STANDARD.encode("pass");
        let rc = format!(
            "registry=https://main.example/\n@corp:registry=https://corp.example/npm/\n\
             //corp.example/npm/:_authToken=${{TOKEN}}\n//main.example/:username=me\n//main.example/:_password={password}\n"
        );
        let at = Fake::new().file("/home/me/.npmrc", &rc).variable("TOKEN", "s3cret");
        let index = Index::discover(None, &at).unwrap();
        assert!(!format!("{index:?}").contains("s3cret"));
        let header = |endpoint: &Endpoint| {
            let secret = endpoint.credentials.as_ref().unwrap();
            secret.for_url(&endpoint.url).unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(header(&index.scopes["@corp"]), "Bearer s3cret");
        assert_eq!(header(&index.main), format!("Basic {}", BASE64_STANDARD.encode("me:pass")));
        let settings = settings(&at).unwrap();
        let kept = |url: &str| secret(&Url::parse(url).unwrap(), &settings).is_some();
        assert!(kept("http://corp.example/npm/deeper/"));
        assert!(!kept("https://corp.example/other/") && !kept("https://corp.example:444/npm/"));
    }

    #[test]
    fn nothing_found_says_what_to_set() {
        let error = Index::discover(None, &Fake::new()).unwrap_err().to_string();
        assert!(error.starts_with("no npm index is known: give --npm-registry URL"), "{error}");
    }
}
