use super::*;
use crate::module::{Imported, TemplatePart};

fn module(text: &str) -> Module {
    lower("m.py", text).unwrap()
}

fn value(text: &str) -> ExprKind {
    match module(&format!("x = {text}\n")).body.pop().unwrap().kind {
        StmtKind::Assign { value: Some(value), .. } => value.kind,
        other => panic!("{other:?}"),
    }
}

fn text(source: &str) -> String {
    match value(source) {
        ExprKind::Str(text) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn strings_are_decoded_as_python_decodes_them() {
    assert_eq!(text(r#""a\tb\\ \x41 \u00e9 \101 \q""#), "a\tb\\ A é A \\q");
    assert_eq!(text(r#"r"a\tb" 'c' "\n""#), "a\\tbc\n");
    assert_eq!(text("'''one\\\ntwo'''"), "onetwo");
    assert_eq!(text("(\"a\"\n  \"b\")"), "ab");
    assert!(matches!(value("b'x'"), ExprKind::Bytes));
}

#[test]
fn carriage_returns_are_line_ends() {
    assert_eq!(text("'''a\r\nb\rc'''"), "a\nb\nc");
}

#[test]
fn templates_keep_values_conversions_and_braces() {
    let ExprKind::Template(parts) = value(r#"f"a{{b}} {x!r} {y:>3} {z=}""#) else { panic!() };
    let shown: Vec<String> = parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text(text) => text.to_string(),
            TemplatePart::Value(_, format) => format!("<{}>", format.as_deref().unwrap_or("")),
        })
        .collect();
    assert_eq!(shown, ["a{b} ", "<!r>", " ", "<:>3>", " z=", "<!r>"]);
}

#[test]
fn imports_say_what_is_taken_from_where() {
    let module = module("import a.b\nimport c.d as e\nfrom ..f import g as h, i\nfrom . import j\nfrom k import *\n");
    let imports: Vec<_> = module
        .body
        .iter()
        .map(|stmt| match &stmt.kind {
            StmtKind::Import(import) => {
                let names: Vec<_> = import.names.iter().map(|n| (n.what.clone(), n.local.to_string())).collect();
                (import.module.to_string(), import.level, names)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let name = |name: &str| Imported::Name(name.into());
    assert_eq!(imports[0], ("a.b".into(), 0, vec![(Imported::Root, "a".into())]));
    assert_eq!(imports[1], ("c.d".into(), 0, vec![(Imported::Module, "e".into())]));
    assert_eq!(imports[2], ("f".into(), 2, vec![(name("g"), "h".into()), (name("i"), "i".into())]));
    assert_eq!(imports[3], (String::new(), 1, vec![(name("j"), "j".into())]));
    assert_eq!(imports[4], ("k".into(), 0, vec![(Imported::All, "*".into())]));
}

#[test]
fn functions_know_their_parameters_docstring_and_kind() {
    let module = module("async def f(a, b: int = 1, *c, d, **e) -> str:\n    'doc'\n    yield a\n");
    let StmtKind::Function(function) = &module.body[0].kind else { panic!() };
    use crate::module::ParamKind::{KeywordOnly, KeywordRest, Plain, Rest};
    assert_eq!(
        function.params.iter().map(|p| p.kind).collect::<Vec<_>>(),
        [Plain, Plain, Rest, KeywordOnly, KeywordRest]
    );
    assert_eq!(function.docstring.as_deref(), Some("doc"));
    assert!(function.is_async && function.is_generator && function.returns.is_some());
}

#[test]
fn a_broken_line_is_reported_and_the_rest_is_kept() {
    let module = module("def f(:\n    pass\n\ndef g():\n    pass\n");
    assert!(!module.errors.is_empty());
    assert!(module.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Function(f) if &*f.name == "g")));
}

#[test]
fn hostile_nesting_ends() {
    for (open, close) in [("[", "]"), ("(", ")"), ("not ", ""), ("x.a(", ")"), ("-", ""), ("1+", "1")] {
        let text = format!("x = {}1{}\n", open.repeat(20_000), close.repeat(20_000));
        lower("m.py", &text);
    }
    let mut blocks = String::new();
    for depth in 0..2_000 {
        blocks.push_str(&" ".repeat(depth));
        blocks.push_str("if x:\n");
    }
    lower("m.py", &blocks);
}

#[test]
fn an_annotation_in_a_string_is_an_expression() {
    assert!(matches!(expression("Optional[int]", 7), Some(Expr { line: 7, kind: ExprKind::Index(..) })));
    assert!(expression("not an annotation", 7).is_none());
    assert!(expression("a\nb = 1", 7).is_none());
}
