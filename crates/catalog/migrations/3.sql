-- Schema 3: a server keeps every name that a source lists it by, and one that turns out to be another listing of a
-- second leads there.

DROP INDEX listings_by_name;
ALTER TABLE listings RENAME TO listings_of_2;
CREATE TABLE listings (
    server_id INTEGER NOT NULL REFERENCES servers (id),
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    summary TEXT,
    publisher TEXT,
    repository TEXT,
    homepage TEXT,
    license TEXT,
    also TEXT,                              -- JSON: what else it says offers the same server
    first_listed TEXT NOT NULL,
    last_listed TEXT NOT NULL CHECK (last_listed >= first_listed),
    PRIMARY KEY (server_id, source, name)
) STRICT, WITHOUT ROWID;
INSERT INTO listings (server_id, source, name, summary, publisher, repository, homepage, license, first_listed,
    last_listed)
    SELECT server_id, source, name, summary, publisher, repository, homepage, license, first_listed, last_listed
    FROM listings_of_2;
DROP TABLE listings_of_2;
CREATE INDEX listings_by_name ON listings (name COLLATE NOCASE);

-- What listings say is the same server as theirs. What two servers claim belongs to neither.
CREATE TABLE claims (
    registry TEXT NOT NULL,
    package TEXT NOT NULL,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    PRIMARY KEY (registry, package, server_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_by_server ON claims (server_id);

-- The server that has all that is known of this one; this one keeps its slug, which leads there.
ALTER TABLE servers ADD COLUMN same_as INTEGER REFERENCES servers (id);
CREATE INDEX servers_same_as ON servers (same_as) WHERE same_as IS NOT NULL;
CREATE INDEX servers_by_repository ON servers (repository COLLATE NOCASE) WHERE repository IS NOT NULL;
