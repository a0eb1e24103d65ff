//! What is known of the JavaScript SDKs, as data: `rules/recipes/javascript.toml`.

use serde::Deserialize;

use super::resolve::package_of;
use super::strings::Layout;

/// The recipes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipes {
    packages: Packages,
    registration: Vec<Registration>,
    listing: Listing,
    servers: Servers,
    decorators: Decorators,
    tool_class: Vec<ToolClass>,
    pub(super) keys: Keys,
    bundled: Vec<Bundled>,
    schemas: Schemas,
    texts: Texts,
    documents: Documents,
    agent: Vec<Agent>,
    command_line: Vec<CommandLine>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packages {
    described: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    functions: Vec<String>,
    arguments: Vec<Argument>,
}

/// What an argument of a registration is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Argument {
    /// The server that is registered on.
    Server,
    /// The tool's name.
    Name,
    /// An object that describes the tool.
    Definition,
    /// A list of such objects.
    Definitions,
    /// The same, where it is only sure when each of them has all that a tool needs.
    Table,
    /// A description, a shape and annotations as they come.
    Overloads,
    /// What the tool does.
    Function,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    functions: Vec<String>,
    method: String,
    schemas: Vec<String>,
    kept: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Servers {
    classes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decorators {
    names: Vec<String>,
}

/// A base class whose subclasses are tools.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolClass {
    packages: Vec<String>,
    base: String,
    server: String,
    pub(super) folder: String,
}

/// Properties of a definition, by what they mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    pub(super) name: Vec<String>,
    pub(super) title: Vec<String>,
    pub(super) description: Vec<String>,
    pub(super) input_schema: Vec<String>,
    pub(super) output_schema: Vec<String>,
    pub(super) annotations: Vec<String>,
    pub(super) tables: Vec<String>,
    pub(super) hidden: Vec<String>,
    pub(super) inputs: Vec<String>,
}

impl Keys {
    /// Whether a property is one of those that describe a tool.
    pub(super) fn describe(&self, property: &str) -> bool {
        [&self.name, &self.title, &self.description, &self.input_schema, &self.annotations]
            .into_iter()
            .any(|names| has(names, property))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundled {
    is: String,
    methods: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schemas {
    converters: Vec<String>,
    dialects: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    packages: Vec<String>,
    one_line: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Documents {
    yaml: Vec<String>,
    functions: Vec<String>,
}

/// A base class whose subclasses a platform makes, and the method that it calls then.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agent {
    packages: Vec<String>,
    base: String,
    starts: String,
}

/// A library that reads the command line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandLine {
    package: String,
    #[serde(default)]
    declares: Vec<String>,
    #[serde(default)]
    gives: Vec<String>,
    #[serde(default)]
    holds: Vec<String>,
    #[serde(default)]
    runs: Vec<String>,
}

impl Recipes {
    /// Reads the recipe file.
    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Whether the package's own code is not read.
    pub(super) fn is_described(&self, specifier: &str) -> bool {
        has(&self.packages.described, package_of(specifier))
    }

    /// What the arguments of a call of that name are, when it registers a tool.
    pub(super) fn registration(&self, function: &str) -> Option<&[Argument]> {
        let found = self.registration.iter().find(|registration| has(&registration.functions, function))?;
        Some(&found.arguments)
    }

    /// Whether a function of that name declares tools.
    pub(super) fn registers(&self, function: &str) -> bool {
        self.is_listing(function) || self.registration(function).is_some()
    }

    pub(super) fn is_listing(&self, function: &str) -> bool {
        has(&self.listing.functions, function)
    }

    /// The method of the request that lists tools.
    pub(super) fn list_method(&self) -> &str {
        &self.listing.method
    }

    /// Whether a request's method or the name of its schema lists tools.
    pub(super) fn lists_tools(&self, request: &str) -> bool {
        self.listing.method == request || has(&self.listing.schemas, request)
    }

    /// Whether a value comes out of the table in which an SDK keeps its handlers: it lists what is registered, which is
    /// known from there.
    pub(super) fn keeps_handlers(&self, words: &str) -> bool {
        words.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == self.listing.kept)
    }

    /// Whether something outside the package is the class of a server.
    pub(super) fn is_server(&self, path: &str) -> bool {
        path.contains(':') && has(&self.servers.classes, last(path))
    }

    pub(super) fn is_decorator(&self, name: &str) -> bool {
        has(&self.decorators.names, name)
    }

    /// The kind of tool class that something outside the package is the base of.
    pub(super) fn tool_base(&self, path: &str) -> Option<&ToolClass> {
        self.tool_class.iter().find(|class| class.is_from(path) && class.base == last(path))
    }

    /// The kind of tool class whose files a server class outside the package loads.
    pub(super) fn tool_loader(&self, path: &str) -> Option<&ToolClass> {
        self.tool_class.iter().find(|class| class.is_from(path) && class.server == last(path))
    }

    /// What a class with these methods is, when it is one of an SDK's.
    pub(super) fn bundled(&self, has_method: &dyn Fn(&str) -> bool) -> Option<&str> {
        self.bundled
            .iter()
            .find(|class| class.methods.iter().all(|name| has_method(name)))
            .map(|class| class.is.as_str())
    }

    /// How a function outside the package lays texts out, when that is what it does.
    pub(super) fn layout(&self, path: &str) -> Option<Layout> {
        let package = package_of(path.split([':', '.']).next().unwrap_or(path));
        let layout = if has(&self.texts.one_line, last(path)) { Layout::OneLine } else { Layout::Dedented };
        has(&self.texts.packages, package).then_some(layout)
    }

    /// Whether a function outside the package reads YAML.
    pub(super) fn parses_yaml(&self, path: &str) -> bool {
        let package = package_of(path.split([':', '.']).next().unwrap_or(path));
        has(&self.documents.yaml, package) && has(&self.documents.functions, last(path))
    }

    /// The method that a platform calls on subclasses of something outside the package.
    pub(super) fn starts(&self, base: &str) -> Option<&str> {
        let package = package_of(base.split(':').next().unwrap_or(base));
        let agent = self.agent.iter().find(|agent| has(&agent.packages, package) && agent.base == last(base))?;
        Some(&agent.starts)
    }

    fn command_line(&self, package: &str) -> Option<&CommandLine> {
        self.command_line.iter().find(|library| library.package == package)
    }

    /// Whether a function of a package declares options of the command line.
    pub(super) fn declares_options(&self, package: &str, function: &str) -> bool {
        self.command_line(package).is_some_and(|library| has(&library.declares, function))
    }

    /// Whether a function of a package gives the options of the command line.
    pub(super) fn gives_options(&self, package: &str, function: &str) -> bool {
        self.command_line(package).is_some_and(|library| has(&library.gives, function))
    }

    /// Whether what a package's functions give holds the options of the command line under that name.
    pub(super) fn holds_options(&self, package: &str, name: &str) -> bool {
        self.command_line(package).is_some_and(|library| has(&library.holds, name))
    }

    /// Whether a function of a package is given functions that get the options of the command line.
    pub(super) fn runs_commands(&self, package: &str, function: &str) -> bool {
        self.command_line(package).is_some_and(|library| has(&library.runs, function))
    }

    pub(super) fn is_converter(&self, function: &str) -> bool {
        has(&self.schemas.converters, function)
    }

    /// Whether a text names a dialect of JSON Schema.
    pub(super) fn names_dialect(&self, text: &str) -> bool {
        self.schemas.dialects.iter().any(|dialect| text.contains(dialect.as_str()))
    }
}

impl ToolClass {
    fn is_from(&self, path: &str) -> bool {
        has(&self.packages, package_of(path.split(':').next().unwrap_or(path)))
    }
}

/// The last part of a full name: `pkg:a.b` gives `b`.
pub(super) fn last(path: &str) -> &str {
    path.rsplit(['.', ':']).next().unwrap_or(path)
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}
