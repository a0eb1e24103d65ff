use riskdex_model::{PackageId, Server};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Fault;
use crate::names::variants;
use crate::stored::time;
use crate::{Catalog, Error, Result, search};

impl Catalog {
    /// Records what a source lists. A server is recognised by its package; a new one takes its slug, or,
    /// where another server has that, a variant of it. Servers that are not listed any more keep all they
    /// have. A server's name and details come from its listings, the first source (by name) that states
    /// each first.
    pub fn record_listing(&mut self, source: &str, servers: &[Server], now: &str) -> Result<()> {
        let now = time(now)?;
        self.write(format_args!("recording what {source} lists"), |connection| {
            servers.iter().try_for_each(|server| list(connection, source, server, now))
        })
    }
}

/// The row of a package's server.
pub(crate) fn server_id(connection: &Connection, package: &PackageId) -> Result<i64, Fault> {
    known_id(connection, package)?.ok_or_else(|| Error::Unknown(package.to_string()).into())
}

fn known_id(connection: &Connection, package: &PackageId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM servers WHERE registry = ?1 AND package = ?2")?
        .query_row((package.registry.as_str(), &package.name), |row| row.get(0))
        .optional()
}

fn list(connection: &Connection, source: &str, server: &Server, now: &str) -> Result<(), Fault> {
    let id = match known_id(connection, &server.package)? {
        Some(id) => id,
        None => add(connection, server, now)?,
    };
    connection
        .prepare_cached(
            "INSERT INTO listings (server_id, source, name, summary, publisher, repository, homepage, license,
                 first_listed, last_listed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
             ON CONFLICT DO UPDATE SET name = excluded.name, summary = excluded.summary,
                 publisher = excluded.publisher, repository = excluded.repository, homepage = excluded.homepage,
                 license = excluded.license, last_listed = max(last_listed, excluded.last_listed)",
        )?
        .execute(params![
            id,
            source,
            server.name,
            server.summary,
            server.publisher,
            server.repository,
            server.homepage,
            server.license,
            now
        ])?;
    connection
        .prepare_cached(
            "UPDATE servers SET
                 last_seen = max(last_seen, ?2),
                 name = (SELECT name FROM listings WHERE server_id = ?1 ORDER BY source LIMIT 1),
                 summary = (SELECT summary FROM listings
                     WHERE server_id = ?1 AND summary IS NOT NULL ORDER BY source LIMIT 1),
                 publisher = (SELECT publisher FROM listings
                     WHERE server_id = ?1 AND publisher IS NOT NULL ORDER BY source LIMIT 1),
                 repository = (SELECT repository FROM listings
                     WHERE server_id = ?1 AND repository IS NOT NULL ORDER BY source LIMIT 1),
                 homepage = (SELECT homepage FROM listings
                     WHERE server_id = ?1 AND homepage IS NOT NULL ORDER BY source LIMIT 1),
                 license = (SELECT license FROM listings
                     WHERE server_id = ?1 AND license IS NOT NULL ORDER BY source LIMIT 1)
             WHERE id = ?1",
        )?
        .execute((id, now))?;
    search::index_server(connection, id)?;
    Ok(())
}

fn add(connection: &Connection, server: &Server, now: &str) -> Result<i64, Fault> {
    let sql = "INSERT INTO servers (slug, registry, package, name, first_seen, last_seen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (slug) DO NOTHING RETURNING id";
    let mut insert = connection.prepare_cached(sql)?;
    for slug in variants(&server.slug) {
        let row = params![slug, server.package.registry.as_str(), server.package.name, server.name, now];
        if let Some(id) = insert.query_row(row, |row| row.get(0)).optional()? {
            return Ok(id);
        }
    }
    unreachable!("the variants of a slug never end")
}
