//! What the fuzz targets share: an extractor with the project's recipes, and packages made of given files.

use std::path::Path;
use std::sync::LazyLock;

use riskdex_extract::tree::Tree;
use riskdex_extract::{Error, Extractor};

/// The extractor under test.
pub static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(|| {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let mut files = Vec::new();
    for folder in ["recipes", "queries/go", "queries/rust", "queries/csharp", "queries/java"] {
        for entry in std::fs::read_dir(rules.join(folder)).expect("the rules folder").flatten() {
            let text = std::fs::read_to_string(entry.path()).expect("a recipe");
            files.push((format!("{folder}/{}", entry.file_name().to_string_lossy()), text));
        }
    }
    Extractor::new(files).expect("valid recipes")
});

/// Reads a package of these files; a reader that panics is a finding, though the library would contain it.
pub fn read(files: &[(&str, &[u8])]) {
    let tree = Tree::new(files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect());
    refuse_panics(EXTRACTOR.read_tree(tree).err());
}

/// Ends the run when an error says that a reader panicked.
pub fn refuse_panics(error: Option<Error>) {
    if let Some(error @ Error::Panicked { .. }) = error {
        panic!("{error}");
    }
}
