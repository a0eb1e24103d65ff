use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::Fault;
use crate::stored::{limit, required_name, to_name};
use crate::{Catalog, Cause, Error, Event, EventKind, Result};

/// How many of a server's newest events its record holds.
const SERVER_EVENTS: usize = 100;

const SELECT: &str = "SELECT events.at, kind, cause, servers.slug, servers.name, tools.slug, tools.name, version,
         before, after
     FROM events JOIN servers ON servers.id = events.server_id
     LEFT JOIN tools ON tools.id = tool_id LEFT JOIN releases ON releases.id = events.release_id";

impl Catalog {
    /// Gives the newest events, newest first; events of one moment by server, tool and kind.
    pub fn for_each_event<E: From<Error>>(
        &self,
        newest: usize,
        visit: impl FnMut(Event) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!("{SELECT} ORDER BY events.at DESC, servers.slug, tools.slug, kind LIMIT ?1");
        self.stream(format_args!("reading the events"), (&sql, [limit(newest)]), shape, visit)
    }
}

/// An event to be recorded.
pub(crate) struct Happening {
    pub(crate) kind: EventKind,
    pub(crate) cause: Cause,
    pub(crate) server: i64,
    pub(crate) tool: Option<i64>,
    pub(crate) release: Option<i64>,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

pub(crate) fn record(connection: &Connection, happening: &Happening, at: &str) -> rusqlite::Result<()> {
    let Happening { kind, cause, server, tool, release, before, after } = happening;
    let sql = "INSERT INTO events (at, kind, cause, server_id, tool_id, release_id, before, after)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let row = params![at, to_name(kind)?, to_name(cause)?, server, tool, release, before, after];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

/// Records an event where a tool's level is not the one made known last.
pub(crate) fn announce_level(connection: &Connection, tool: i64, cause: Cause, at: &str) -> Result<(), Fault> {
    let sql = "SELECT server_id, release_id, tools.level, definitions.level FROM tools
         JOIN definitions ON definitions.id = definition_id
         WHERE tools.id = ?1 AND definitions.level IS NOT tools.level AND definitions.level IS NOT NULL";
    let shape = |row: &Row<'_>| {
        let (release, tool) = (row.get(1)?, Some(tool));
        let (before, after) = (row.get(2)?, row.get(3)?);
        Ok(Happening { kind: EventKind::Level, cause, server: row.get(0)?, tool, release, before, after })
    };
    let Some(happening) = connection.prepare_cached(sql)?.query_row([tool], shape).optional()? else { return Ok(()) };
    if happening.before.is_some() {
        record(connection, &happening, at)?;
    }
    connection.prepare_cached("UPDATE tools SET level = ?2 WHERE id = ?1")?.execute((tool, happening.after))?;
    Ok(())
}

/// What brought about the definition that a tool has now.
pub(crate) fn cause_of_definition(connection: &Connection, server: i64, tool: i64) -> rusqlite::Result<Cause> {
    let sql = "SELECT cause FROM events WHERE server_id = ?1 AND tool_id = ?2 AND release_id IS NOT NULL
         ORDER BY id DESC LIMIT 1";
    let cause = connection.prepare_cached(sql)?.query_row((server, tool), |row| required_name(row, 0)).optional()?;
    Ok(cause.unwrap_or(Cause::Release))
}

/// The newest events of one server.
pub(crate) fn of_server(connection: &Connection, server: i64) -> rusqlite::Result<Vec<Event>> {
    let mut statement = connection.prepare_cached(&of_server_query())?;
    let mut events: Vec<Event> =
        statement.query_map((server, limit(SERVER_EVENTS)), shape)?.collect::<Result<_, _>>()?;
    events.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| (&a.tool, a.kind).cmp(&(&b.tool, b.kind))));
    Ok(events)
}

pub(crate) fn of_server_query() -> String {
    format!("{SELECT} WHERE events.server_id = ?1 ORDER BY events.id DESC LIMIT ?2")
}

fn shape(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        at: row.get(0)?,
        kind: required_name(row, 1)?,
        cause: required_name(row, 2)?,
        server: row.get(3)?,
        server_name: row.get(4)?,
        tool: row.get(5)?,
        tool_name: row.get(6)?,
        version: row.get(7)?,
        before: row.get(8)?,
        after: row.get(9)?,
    })
}
