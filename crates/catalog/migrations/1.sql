-- Schema 1. Times are RFC 3339 texts in UTC to the second, so that their order is the order of text.

CREATE TABLE servers (
    id INTEGER PRIMARY KEY,                 -- made from the package, so that no order depends on who came first
    slug TEXT NOT NULL UNIQUE,              -- published: never changes
    registry TEXT NOT NULL,
    package TEXT NOT NULL,
    name TEXT NOT NULL,                     -- this and the next five: from the listings, first source first
    summary TEXT,
    publisher TEXT,
    repository TEXT,
    homepage TEXT,
    license TEXT,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL CHECK (last_seen >= first_seen),
    confirmed_at TEXT CHECK (confirmed_at BETWEEN first_seen AND last_seen),    -- the tools: read, or unchanged
    read_id INTEGER REFERENCES reads (id),  -- the reading that the tools are from
    tools INTEGER NOT NULL DEFAULT 0,       -- how many there are now
    UNIQUE (registry, package)
) STRICT;
CREATE INDEX servers_by_name ON servers (name COLLATE NOCASE);
CREATE INDEX servers_by_package ON servers (package);

CREATE TABLE listings (
    server_id INTEGER NOT NULL REFERENCES servers (id),
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    summary TEXT,
    publisher TEXT,
    repository TEXT,
    homepage TEXT,
    license TEXT,
    first_listed TEXT NOT NULL,
    last_listed TEXT NOT NULL CHECK (last_listed >= first_listed),
    PRIMARY KEY (server_id, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX listings_by_name ON listings (name COLLATE NOCASE);

CREATE TABLE releases (
    id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    yanked TEXT,                            -- the reason, when withdrawn
    release TEXT NOT NULL,                  -- JSON, with the artifact
    first_seen TEXT NOT NULL,
    UNIQUE (server_id, version, sha256)
) STRICT;

-- What one extractor read in one release, without the tools: dynamic, notes, gaps, about.
CREATE TABLE reads (
    id INTEGER PRIMARY KEY,
    release_id INTEGER NOT NULL REFERENCES releases (id),
    extractor TEXT NOT NULL,
    at TEXT NOT NULL,
    extraction TEXT NOT NULL,               -- JSON
    UNIQUE (release_id, extractor)
) STRICT;

CREATE TABLE failures (
    id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    stage TEXT NOT NULL,
    error TEXT NOT NULL,
    first_at TEXT NOT NULL,
    last_at TEXT NOT NULL CHECK (last_at >= first_at),
    resolved_at TEXT
) STRICT;
CREATE UNIQUE INDEX failures_open ON failures (server_id) WHERE resolved_at IS NULL;

CREATE TABLE rules (
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL UNIQUE,
    first_used TEXT NOT NULL
) STRICT;

-- Each definition once, whoever publishes it.
CREATE TABLE definitions (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0 CHECK (uses >= 0),  -- tools that have it now
    rules_id INTEGER REFERENCES rules (id),             -- by which it was judged last
    verdict_id INTEGER REFERENCES verdicts (id),        -- the outcome, also in the next two
    category TEXT,
    level TEXT,
    first_seen TEXT NOT NULL
) STRICT;
CREATE INDEX definitions_unjudged ON definitions (rules_id) WHERE uses > 0;
CREATE INDEX definitions_by_level ON definitions (level, name, category, uses) WHERE uses > 0 AND level IS NOT NULL;
CREATE INDEX definitions_by_category ON definitions (category, name) WHERE uses > 0 AND level IS NOT NULL;

-- What a definition says. Apart, because it is long and never changes while its definition's row does. The
-- text keeps an author's order of keys; where authors differ in nothing else, the smallest text is kept.
CREATE TABLE texts (
    definition_id INTEGER PRIMARY KEY REFERENCES definitions (id),
    tool TEXT NOT NULL                                  -- JSON
) STRICT;

CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY,
    definition_id INTEGER NOT NULL REFERENCES definitions (id),
    rules_id INTEGER NOT NULL REFERENCES rules (id),    -- the first that gave it
    at TEXT NOT NULL,
    verdict TEXT NOT NULL                               -- JSON
) STRICT;
CREATE INDEX verdicts_by_definition ON verdicts (definition_id, id);

-- Signals of the current verdicts.
CREATE TABLE signals (
    signal TEXT NOT NULL,
    definition_id INTEGER NOT NULL REFERENCES definitions (id),
    PRIMARY KEY (signal, definition_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tools (
    id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    name TEXT NOT NULL,
    slug TEXT NOT NULL,                     -- published: never changes
    position INTEGER NOT NULL,              -- in the order of registration
    definition_id INTEGER NOT NULL REFERENCES definitions (id),
    release_id INTEGER NOT NULL REFERENCES releases (id),   -- that brought this definition
    since TEXT NOT NULL CHECK (since >= first_seen),        -- when it did
    origin TEXT,                            -- JSON
    gated TEXT,
    level TEXT,                             -- the last one made known
    first_seen TEXT NOT NULL,
    last_seen TEXT CHECK (last_seen >= since),  -- of a tool that is gone; else its server's confirmed_at
    gone_at TEXT CHECK (gone_at >= last_seen),
    UNIQUE (server_id, name),
    UNIQUE (server_id, slug),
    CHECK ((gone_at IS NULL) = (last_seen IS NULL))
) STRICT;
CREATE INDEX tools_by_definition ON tools (definition_id, server_id) WHERE gone_at IS NULL;
CREATE INDEX tools_by_slug ON tools (slug, server_id) WHERE gone_at IS NULL;

-- Definitions that a tool had before its current one.
CREATE TABLE superseded (
    id INTEGER PRIMARY KEY,
    tool_id INTEGER NOT NULL REFERENCES tools (id),
    definition_id INTEGER NOT NULL REFERENCES definitions (id),
    release_id INTEGER NOT NULL REFERENCES releases (id),
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL CHECK (last_seen >= first_seen)
) STRICT;
CREATE INDEX superseded_by_tool ON superseded (tool_id, id);

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    tool_id INTEGER REFERENCES tools (id),
    release_id INTEGER REFERENCES releases (id),
    before TEXT,
    after TEXT
) STRICT;
CREATE INDEX events_by_time ON events (at);
CREATE INDEX events_by_server ON events (server_id, id);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    report TEXT                             -- JSON
) STRICT;

CREATE TABLE answers (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    etag TEXT,
    last_modified TEXT,
    content_type TEXT,
    sha256 TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    body BLOB                               -- zlib; NULL when the body lies in the blob store, under its sha256
) STRICT;

-- Full text. A tool's rowid is its id, a server's likewise; gone tools are not in it.
CREATE VIRTUAL TABLE tool_text USING fts5 (
    name, description, parameters, server,
    content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2"
);
CREATE VIRTUAL TABLE tool_terms USING fts5vocab (tool_text, instance);
CREATE VIRTUAL TABLE server_text USING fts5 (
    name, package, summary,
    content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2"
);

-- Tools whose full text is out of date. It is renewed many at a time: each transaction that writes full
-- text leaves a segment that has to be merged.
CREATE TABLE stale_texts (
    tool_id INTEGER PRIMARY KEY REFERENCES tools (id)
) STRICT;
