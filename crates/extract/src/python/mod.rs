//! Python packages: from the entry point to the tools of its servers.
//!
//! [`tools`] runs the program abstractly, one entry point after the other, until one of them makes a server with tools
//! ([`crate::fold`] is the evaluator, [`Python`] tells it Python's rules). What the SDKs' objects do with what they are
//! given is in [`sdk`] and [`tool`]; their names are data ([`recipes`]).

mod builtins;
mod collect;
mod collections;
mod commands;
mod dialect;
mod docstring;
mod entry;
mod files;
mod format;
mod library;
mod loader;
mod objects;
mod openapi;
mod protocol;
mod recipes;
mod regexp;
mod registry;
mod schema;
mod sdk;
mod signature;
#[cfg(test)]
mod tests;
mod text;
mod tool;
mod transform;
mod visibility;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use riskdex_model::{Gap, GapKind};

use crate::fold::{Class, Interp, Place, Value};
use crate::found::Found;
use crate::module::Module;
use crate::tree::Tree;
use entry::{Entry, Manifest};
pub(crate) use recipes::Recipes;
use recipes::SectionReader;

/// How many entry points are tried.
const ENTRIES: usize = 6;

/// Files that are parsed already.
type Parsed = Rc<RefCell<BTreeMap<String, Rc<Module>>>>;

/// Python's rules over one package, and what is known of its modules so far.
pub(crate) struct Python<'t> {
    tree: &'t Tree,
    recipes: &'t Recipes,
    roots: Vec<String>,
    folders: BTreeSet<String>,
    parsed: Parsed,
    modules: RefCell<BTreeMap<String, Value>>,
    stars: RefCell<loader::Stars>,
    /// Command line options, by the attribute that holds them.
    flags: RefCell<BTreeMap<String, Value>>,
    /// Every class of the package, in the order of declaration.
    classes: RefCell<Vec<Rc<Class>>>,
    /// The module that is run as the program.
    main: RefCell<Option<String>>,
    /// Functions outside the package that were called, by full name.
    calls: RefCell<BTreeSet<String>>,
    /// What the program would answer to `tools/list` without an SDK.
    answer: RefCell<Option<Value>>,
    /// What the program says on which tools its servers show.
    visibility: RefCell<visibility::Rules>,
    /// How the SDK packages that are installed take documentation strings apart.
    sections: Vec<SectionReader>,
    /// The SDK packages that are installed and make output schemas of result types.
    results: Vec<String>,
}

impl Python<'_> {
    /// Whether a server of this class makes output schemas of result types.
    fn makes_results(&self, class: &str) -> bool {
        self.results.iter().any(|package| class.split('.').next() == Some(package))
    }

    /// A documentation string's sections, where a server of this class takes it apart.
    fn sections_of(&self, class: &str, text: &str) -> Option<docstring::Sections> {
        let reader = self.sections.iter().find(|reader| class.split('.').next() == Some(&*reader.package))?;
        docstring::sections(text, reader.others_count)
    }
}

/// Reads the tools of a Python package; the evaluator takes so many steps at most for each entry point.
pub(crate) fn tools(tree: &Tree, recipes: &Recipes, steps: u64) -> Found {
    let manifest = Manifest::read(tree);
    let parsed = Parsed::default();
    let mut best = Found::default();
    for entry in manifest.entries.iter().take(ENTRIES) {
        let found = attempt(tree, recipes, &parsed, &manifest, entry, steps);
        if !found.tools.is_empty() || !found.elsewhere.is_empty() {
            return found;
        }
        if best.dynamic.is_none() && (found.dynamic.is_some() || found.gaps.len() > best.gaps.len()) {
            best = found;
        }
    }
    if manifest.entries.is_empty() {
        let reason = "nothing says where a program of this package starts: it may be a library".to_owned();
        best.gaps.push(Gap { kind: GapKind::Incomplete, reason, file: String::new(), line: 0 });
    }
    best
}

/// Runs the program from one entry point.
fn attempt(tree: &Tree, recipes: &Recipes, parsed: &Parsed, manifest: &Manifest, entry: &Entry, steps: u64) -> Found {
    let python = Rc::new(Python {
        tree,
        recipes,
        roots: loader::roots(tree),
        folders: loader::folders(tree),
        parsed: parsed.clone(),
        modules: RefCell::default(),
        stars: RefCell::default(),
        flags: RefCell::default(),
        classes: RefCell::default(),
        main: RefCell::new(entry.object.is_none().then(|| entry.module.clone())),
        calls: RefCell::default(),
        answer: RefCell::default(),
        visibility: RefCell::default(),
        sections: recipes.section_readers(&manifest.requirements),
        results: recipes.result_makers(&manifest.requirements),
    });
    let mut interp = Interp::new(python.clone(), steps);
    let place = Place { file: "".into(), line: 0 };
    let started = python.module(&mut interp, &entry.module);
    interp.recover();
    match (&started, &entry.object) {
        (Some(module), Some(object)) => {
            let mut target = module.clone();
            for name in object.split('.') {
                target = interp.get(&target, name, &place);
            }
            if let Some(path) = target.path() {
                python.calls.borrow_mut().insert(path.to_owned());
            }
            commands::call_as_command(&mut interp, &target, &place);
        }
        (None, object) => {
            let object = object.as_deref().map_or_else(String::new, |object| format!(".{object}"));
            python.calls.borrow_mut().insert(format!("{}{object}", entry.module));
        }
        _ => {}
    }
    if let (true, Some(module)) = (interp.servers.is_empty(), &started) {
        commands::call_factories(&python, &mut interp, module, &place);
    }
    sdk::finish(&python, &mut interp);
    protocol::finish(&python, &mut interp);
    let mut found = collect::found(&python, &mut interp, manifest);
    if found.says_nothing() {
        found.gaps.push(collect::unexplained(&python, &interp, entry));
    }
    python.answer.take();
    python.visibility.take();
    python.modules.borrow_mut().clear();
    python.classes.borrow_mut().clear();
    python.flags.borrow_mut().clear();
    found
}
