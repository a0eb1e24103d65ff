use std::path::{Path, PathBuf};

use riskdex_model::{Extraction, GapKind};

use crate::{Error, Extractor};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(language: &str) -> Vec<(String, String)> {
    ["recipe.toml", "tools.scm"]
        .map(|name| format!("queries/{language}/{name}"))
        .map(|path| (path.clone(), std::fs::read_to_string(project().join("rules").join(path)).unwrap()))
        .into()
}

fn read(language: &str, package: &str) -> Extraction {
    Extractor::new(files(language)).unwrap().read(&project().join("tests/packages").join(package)).unwrap()
}

#[test]
fn go_calls_and_literals() {
    let extraction = read("go", "go-tickets");
    insta::assert_json_snapshot!(extraction.tools);
    let gaps: Vec<_> = extraction.gaps.iter().map(|gap| (gap.kind, gap.reason.as_str(), gap.line)).collect();
    assert_eq!(gaps, [(GapKind::Incomplete, "a tool's name could not be resolved: prefix+\"_delete\"", 37)]);
}

#[test]
fn rust_attributes() {
    let extraction = read("rust", "rust-notes");
    insta::assert_json_snapshot!(extraction.tools);
    // Several attributes before one argument are beyond the grammar.
    let gaps: Vec<_> = extraction.gaps.iter().map(|gap| (gap.kind, gap.file.as_str())).collect();
    assert_eq!(gaps, [(GapKind::Syntax, "src/older.rs")]);
}

#[test]
fn csharp_attributes() {
    let extraction = read("csharp", "csharp-clock");
    insta::assert_json_snapshot!(extraction.tools);
    assert!(extraction.gaps.is_empty(), "{:?}", extraction.gaps);
}

#[test]
fn java_annotations_builders_and_constructors() {
    let extraction = read("java", "java-orders");
    insta::assert_json_snapshot!(extraction.tools);
    assert!(extraction.gaps.is_empty(), "{:?}", extraction.gaps);
}

#[test]
fn wrong_recipes_name_their_file() {
    let wrong = |path: &str, from: &str, to: &str| {
        let mut files = files("go");
        let (_, text) = files.iter_mut().find(|(p, _)| p == path).unwrap();
        assert!(text.contains(from));
        *text = text.replace(from, to);
        match Extractor::new(files).unwrap().check().unwrap_err() {
            Error::Recipe { file, reason } => (file, reason),
            other => panic!("{other}"),
        }
    };
    let (file, reason) = wrong("queries/go/tools.scm", "@function.input", "@handler.input");
    assert_eq!((file.as_str(), reason.as_str()), ("queries/go/tools.scm", "@handler.input names no kind of item"));
    let (file, _) = wrong("queries/go/tools.scm", "(call_expression", "(no_such_node");
    assert_eq!(file, "queries/go/tools.scm");
    let (file, reason) = wrong("queries/go/recipe.toml", "hints =", "hint =");
    assert!(file == "queries/go/recipe.toml" && reason.contains("unknown field"), "{reason}");
    let (_, reason) = wrong("queries/go/recipe.toml", "'json:\"-\"'", "'('");
    assert!(reason.contains("unclosed group"), "{reason}");
}

#[test]
fn source_that_does_not_parse_spoils_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("go.mod", "module x");
    write("bad.go", &format!("package x\nfunc f() {{ {}", "((((".repeat(20_000)));
    write("good.go", "package x\nvar a = mcp.NewTool(\"good\", mcp.WithDescription(\"Reads.\"))");
    let extraction = Extractor::new(files("go")).unwrap().read(folder.path()).unwrap();
    assert_eq!(extraction.tools.len(), 1);
    let gaps: Vec<_> = extraction.gaps.iter().map(|gap| (gap.kind, gap.file.as_str(), gap.reason.as_str())).collect();
    assert_eq!(gaps, [(GapKind::Syntax, "bad.go", "too tangled to be read")]);
}
