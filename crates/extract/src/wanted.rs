//! Which files of an artifact a reader may need, by their names.

/// What to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// Pass over it.
    Nothing,
    /// Look at its first bytes only: it may be a compiled program or library.
    Magic,
    /// Keep it: code, or data that code reads.
    Code,
    /// Keep it while it is short: text that descriptions are read from.
    Prose,
    /// Keep it while it is short and not compiled: a script, or a metadata file without a suffix.
    Bare,
}

const CODE: &[&str] = &[
    "py", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "json", "jsonc", "toml", "yaml", "yml", "go", "mod",
    "rs", "cs", "csproj", "java", "gradle", "kts", "cfg",
];
const PROSE: &[&str] = &[
    "md", "mdx", "txt", "rst", "j2", "jinja", "jinja2", "tmpl", "prompt", "graphql", "gql", "xml", "nuspec", "props",
    "lock",
];
const NATIVE: &[&str] = &["so", "node", "dll", "exe", "dylib", "pyd"];
/// Declarations without code: what they say stands in the code too.
const DECLARATIONS: &[&str] = &[".d.ts", ".d.mts", ".d.cts"];
const PASSED_OVER: &[&str] = &[".git", ".hg", ".venv", "__pycache__", ".bin", ".tox", ".mypy_cache"];

/// Whether nothing below a folder of this name is read.
pub(crate) fn is_passed_over(folder: &str) -> bool {
    PASSED_OVER.contains(&folder)
}

/// What to do with the file of this path.
pub(crate) fn want(path: &str) -> Want {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    if folders.split('/').any(is_passed_over) || DECLARATIONS.iter().any(|suffix| file.ends_with(suffix)) {
        return Want::Nothing;
    }
    let Some((_, suffix)) = file.rsplit_once('.') else {
        return Want::Bare;
    };
    let suffix = suffix.to_ascii_lowercase();
    let is_in = |list: &[&str]| list.contains(&suffix.as_str());
    match () {
        () if is_in(CODE) => Want::Code,
        () if is_in(PROSE) => Want::Prose,
        () if is_in(NATIVE) => Want::Magic,
        // `libx.so.1`
        () if file.contains(".so.") => Want::Magic,
        () => Want::Nothing,
    }
}

/// Whether a path lies among dependencies that the artifact carries along.
pub(crate) fn is_vendored(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "node_modules" | "site-packages"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide() {
        for (path, expected) in [
            ("a/server.py", Want::Code),
            ("dist/index.d.ts", Want::Nothing),
            ("dist/index.js.map", Want::Nothing),
            ("x.dist-info/METADATA", Want::Bare),
            ("README.MD", Want::Prose),
            ("lib/libfoo.so.1", Want::Magic),
            (".git/config", Want::Nothing),
            ("node_modules/.bin/tool", Want::Nothing),
        ] {
            assert_eq!(want(path), expected, "{path}");
        }
        assert!(is_vendored("node_modules/zod/index.js") && !is_vendored("src/node_modules.js"));
    }
}
