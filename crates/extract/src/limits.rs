//! How much of an artifact is read. Every bound is here, with its reason.

/// Bounds on one artifact. What breaks a bound on the whole archive is refused; what breaks a bound on one
/// member is left out and recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Members of an archive or entries of a directory. The largest bundles with all their dependencies
    /// hold some ten thousand.
    pub(crate) entries: usize,
    /// Bytes that one archive may unpack to, kept or not (2 GiB): bounds the time for bombs.
    pub(crate) unpacked: u64,
    /// Bytes of one kept file. JavaScript bundles of 8 MB exist; a parser needs about forty times the
    /// size of the file.
    pub(crate) file: u64,
    /// Bytes of one kept file that is prose: descriptions are read from such files, books are not.
    pub(crate) prose: u64,
    /// Bytes kept of the package's own files.
    pub(crate) kept: u64,
    /// Bytes kept of dependencies that the artifact carries along (`node_modules`, `site-packages`):
    /// bounded apart, so that they cannot crowd out the package's own files.
    pub(crate) vendored: u64,
    /// Bytes of a member's path.
    pub(crate) path: usize,
    /// A member that is over its bound and unpacks to more than so many times its packed size is called
    /// a bomb. Source code packs 3 to 10 times; the format's own limit is 1032.
    pub(crate) ratio: u64,
    /// Bytes of a zip archive's directory.
    pub(crate) directory: u64,
    /// Bytes of an extended tar header (long names).
    pub(crate) extended_header: u64,
}

impl Limits {
    /// The bounds in use.
    pub(crate) const DEFAULT: Self = Self {
        entries: 100_000,
        unpacked: 2 << 30,
        file: 16 << 20,
        prose: 1 << 20,
        kept: 96 << 20,
        vendored: 32 << 20,
        path: 1024,
        ratio: 100,
        directory: 32 << 20,
        extended_header: 64 << 10,
    };

    /// The bounds on a dependency that is read together with a package: a quarter of what is kept.
    pub(crate) const fn for_dependency(self) -> Self {
        Self { kept: self.kept / 4, vendored: self.vendored / 4, ..self }
    }
}

/// Gaps kept of one artifact; a hostile one could make millions.
pub(crate) const GAPS: usize = 200;
/// Tools kept of one artifact. The largest servers seen have about a thousand.
pub(crate) const TOOLS: usize = 5_000;
/// Characters of a tool's name. The protocol recommends 128 at most.
pub(crate) const NAME_CHARS: usize = 256;
/// Characters of a description. The longest honest ones have some thirty thousand.
pub(crate) const DESCRIPTION_CHARS: usize = 100_000;
/// Characters of a title, and of each field of [`About`](riskdex_model::About).
pub(crate) const LINE_CHARS: usize = 500;
/// Bytes of a schema, as JSON.
pub(crate) const SCHEMA_BYTES: usize = 512 << 10;
/// Depth of a schema.
pub(crate) const SCHEMA_DEPTH: usize = 64;
/// Stack of the thread that reads one package, in bytes: trees are walked with a cap on depth that fits.
/// What it builds may be nested as deep as it took steps, and is taken apart by recursion too.
pub(crate) const STACK_BYTES: usize = 512 << 20;
/// Steps that the evaluator takes for one package, for each language that it holds: some three seconds.
pub(crate) const STEPS: u64 = 12_000_000;
