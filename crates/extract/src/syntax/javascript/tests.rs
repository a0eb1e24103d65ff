use super::*;

/// The lowered statements as debug text, without lines: what the tests look for stands in it.
fn lowered(file: &str, text: &str) -> String {
    let module = lower(file, text).unwrap();
    assert_eq!(module.errors, Vec::<u32>::new(), "{text}");
    let text = format!("{:?}", module.body);
    regex::Regex::new(r"(Stmt|Expr) \{ line: \d+, kind: ").unwrap().replace_all(&text, "{").replace(" }", "}")
}

fn js(text: &str) -> String {
    lowered("a.js", text)
}

fn ts(text: &str) -> String {
    lowered("a.ts", text)
}

#[test]
fn every_scope_says_what_it_declares() {
    let body =
        js("f(); function f(p) { if (p) { const a = 1; var b; } for (const [c, {d = 2}] of p) g(c); } class K {}");
    assert!(body.starts_with(r#"[{Declare(["K", "f"])}, {Function("#), "{body}");
    assert!(body.contains(r#"body: [{Declare(["%1", "b"])}"#), "{body}");
    assert!(body.contains(r#"then: [{Declare(["a"])}"#), "{body}");
    assert!(body.contains(r#"{Block([{Declare(["c", "d"])}, {Assign"#), "{body}");
}

#[test]
fn imports_and_exports_come_first_and_name_variables() {
    let body = js("const x = 1; export default { x }; export { x as y }; import z, { a as b } from './m.js';");
    assert!(body.starts_with(r#"[{Declare(["%1", "x"])}, {Import("#), "{body}");
    assert!(body.contains(r#"names: [({Name("%1")}, "default")]"#), "{body}");
    assert!(body.contains(r#"what: Name("a"), local: "b""#), "{body}");
}

#[test]
fn types_are_dropped() {
    let body = ts("import type { T } from './t'; import { type U, v } from './u'; interface I { a: string }
        type X = T | U; const q = <any>v as unknown as T satisfies U; abstract class C<T> implements I {
        declare a: string; abstract b(): void; constructor(private readonly c: number) { } m?(): void }");
    assert!(!body.contains("\"T\"") && !body.contains("\"U\"") && !body.contains("\"I\""), "{body}");
    assert!(body.contains(r#"value: Some({Name("v")})"#), "{body}");
    assert!(body.contains(r#"targets: [{Member({Name("this")}, "c")}], value: Some({Name("c")})"#), "{body}");
}

#[test]
fn enums_become_objects() {
    let body = ts("export enum E { A, B = 'b', C = 4, D }");
    assert!(body.contains(r#"Pair({Str("0")}, {Str("A")})"#), "{body}");
    assert!(
        body.contains(r#"Pair({Str("B")}, {Str("b")})"#) && body.contains(r#"Pair({Str("D")}, {Int(5)})"#),
        "{body}"
    );
}

#[test]
fn minified_statements_are_taken_apart() {
    let body = js("a && b(), c ? d() : e(); function f() { return g(), h }");
    assert!(body.contains(r#"If { test: {Name("a")}, then: [{Expr({Call"#), "{body}");
    assert!(body.contains(r#"{If { test: {Name("c")}"#), "{body}");
    assert!(body.contains(r#"{Return(Some({Name("h")}))"#), "{body}");
}

#[test]
fn switch_is_a_chain_and_a_loop_only_where_it_is_left_early() {
    let plain = js("switch (x) { case 1: case 2: a(); break; default: b() }");
    assert!(plain.contains("Logic(") && !plain.contains("For {"), "{plain}");
    assert!(js("switch (x) { case 1: if (y) break; a() }").contains("For {"));
}

#[test]
fn a_loop_with_continue_keeps_its_step() {
    assert!(js("for (let i = 0; i < 3; i++) { if (i) continue; f(i) }").contains("Try {"));
    assert!(!js("for (let i = 0; i < 3; i++) f(i)").contains("Try {"));
}

#[test]
fn texts_are_decoded() {
    for (source, value) in [
        (r"'a\'b\n'", "a'b\n"),
        (
            r"'\u{1F600}\ud83d\ude00\x41\
b'",
            "\u{1F600}\u{1F600}Ab",
        ),
        (r"'\ud83d!'", "\u{fffd}!"),
    ] {
        assert!(js(source).contains(&format!("Str({value:?})")), "{source} {}", js(source));
    }
    assert!(js(r"String.raw`a\n${x}`").contains(r#"Text("a\\n")"#));
    assert!(js("`a${x}b`").contains(r#"[Text("a"), Value({Name("x")}, None), Text("b")]"#));
}

#[test]
fn long_chains_do_not_nest() {
    let text = format!("const t = {}'';", "'x' + y + ".repeat(20_000));
    assert!(js(&text).contains("Template("));
    let chain = format!("{}z", "a || ".repeat(20_000));
    assert!(js(&chain).contains("too deep"));
}

#[test]
fn hostile_nesting_ends() {
    // As deep as an extraction's own thread allows; a test's is small.
    let deep = std::thread::Builder::new().stack_size(64 << 20).spawn(nest).unwrap();
    deep.join().unwrap();
}

fn nest() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{", "}"), ("!", ""), ("x=>", ""), ("`${", "}`"), ("a?b:", "")] {
        let text = format!("x = {}1{}", open.repeat(50_000), close.repeat(50_000));
        assert!(lower("a.js", &text).is_some() || open == "`${", "{open}");
    }
}

#[test]
fn errors_are_remembered_and_the_rest_is_kept() {
    let module = lower("a.js", "const a = 1;\n)]};\nconst b = 2;").unwrap();
    assert!(!module.errors.is_empty());
    assert!(format!("{:?}", module.body).contains("\"b\""));
}

#[test]
fn functions_of_a_large_file_are_read_when_somebody_looks() {
    let padding = "f(1, 2, 3);\n".repeat(LARGE / 12);
    let function = "class A { async a({ b = 1 }) {\n".to_owned() + &"g(b);\n".repeat(40) + "let c; return h } }\n";
    let text = padding.clone() + &function + &padding;
    assert!(lower_outline(&text).is_some());
    let (large, small) = (js(&text), js(&function));
    let body = |lowered: &str| {
        lowered[lowered.find(r#"body: [{Declare(["c"])}"#).unwrap()..].split_once(']').unwrap().0.to_owned()
    };
    let whole = |lowered: &str| lowered.matches(r#"Positional({Name("b")})"#).count();
    assert_eq!((body(&large), whole(&large)), (body(&small), whole(&small)));
    let line_of = |text: &str| {
        let module = lower("a.js", text).unwrap();
        let lowered = format!("{:?}", module.body);
        regex::Regex::new(r#"line: (\d+), kind: Return"#).unwrap().captures(&lowered).unwrap()[1]
            .parse::<usize>()
            .unwrap()
    };
    assert_eq!(line_of(&text), line_of(&function) + padding.lines().count());
}

#[test]
fn a_large_file_that_does_not_parse_is_read_as_a_whole() {
    let function = "function f() {\n".to_owned() + &"g();\n".repeat(LARGE / 5) + "}\n";
    assert!(lower_outline(&function).is_some());
    assert!(lower_outline(&format!("{function})]")).is_none());
    // A block after a call is no function.
    assert!(lower_outline(&format!("{function}f()\n{{{}}}", "g();\n".repeat(40))).is_none());
}
