use riskdex_model::PackageId;
use rusqlite::{Connection, OptionalExtension};

use crate::listing::server_id;
use crate::schedule::{Visit, visited};
use crate::stored::{json, time, to_json};
use crate::{Catalog, Error, Result, RunId, RunRecord, RunReport};

impl Catalog {
    /// Notes that a run of these sources begins.
    pub fn begin_run(&mut self, source: &str, now: &str) -> Result<RunId> {
        let now = time(now)?;
        self.write(format_args!("beginning a run"), |connection| {
            connection.execute("INSERT INTO runs (source, started_at) VALUES (?1, ?2)", (source, now))?;
            Ok(RunId(connection.last_insert_rowid()))
        })
    }

    /// Notes what a run did, makes everything findable, and makes sure the disk has it.
    pub fn finish_run(&mut self, run: RunId, report: &RunReport, now: &str) -> Result<()> {
        let now = time(now)?;
        self.refresh_search()?;
        self.write(format_args!("ending a run"), |connection| {
            let sql = "UPDATE runs SET finished_at = max(?2, started_at), report = ?3 WHERE id = ?1";
            match connection.execute(sql, (run.0, now, to_json(report)?))? {
                0 => Err(Error::Unknown(format!("run {}", run.0)).into()),
                _ => Ok(()),
            }
        })?;
        self.settle()
    }

    /// The newest run.
    pub fn last_run(&self) -> Result<Option<RunRecord>> {
        self.read(format_args!("reading the last run"), |connection| Ok(last_run(connection)?))
    }

    /// Notes that reading a server failed; shown until a later attempt succeeds. What was read before stays.
    pub fn record_failure(&mut self, package: &PackageId, stage: &str, error: &str, now: &str) -> Result<()> {
        let now = time(now)?;
        self.write(format_args!("recording a failure of {package}"), |connection| {
            let server = server_id(connection, package)?;
            let sql = "UPDATE failures SET last_at = max(last_at, ?4)
                 WHERE server_id = ?1 AND resolved_at IS NULL AND stage = ?2 AND error = ?3";
            if connection.prepare_cached(sql)?.execute((server, stage, error, now))? == 0 {
                resolve_failure(connection, server, now)?;
                let sql =
                    "INSERT INTO failures (server_id, stage, error, first_at, last_at) VALUES (?1, ?2, ?3, ?4, ?4)";
                connection.prepare_cached(sql)?.execute((server, stage, error, now))?;
            }
            Ok(visited(connection, server, Visit::Failed, now)?)
        })
    }

    /// Notes that a server's newest release is the one that was read, and so its tools are what they were.
    pub fn record_unchanged(&mut self, package: &PackageId, now: &str) -> Result<()> {
        let now = time(now)?;
        self.write(format_args!("recording that {package} is unchanged"), |connection| {
            let server = server_id(connection, package)?;
            let sql = "UPDATE servers SET last_seen = max(last_seen, ?2),
                     confirmed_at = iif(read_id IS NULL, NULL, max(last_seen, ?2))
                 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute((server, now))?;
            resolve_failure(connection, server, now)?;
            Ok(visited(connection, server, Visit::Unchanged, now)?)
        })
    }
}

pub(crate) fn last_run(connection: &Connection) -> rusqlite::Result<Option<RunRecord>> {
    let shape = |row: &rusqlite::Row<'_>| {
        Ok(RunRecord { source: row.get(0)?, started_at: row.get(1)?, finished_at: row.get(2)?, report: json(row, 3)? })
    };
    connection
        .prepare_cached("SELECT source, started_at, finished_at, report FROM runs ORDER BY id DESC LIMIT 1")?
        .query_row((), shape)
        .optional()
}

/// Ends the failure that a server has, if any.
pub(crate) fn resolve_failure(connection: &Connection, server: i64, now: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE failures SET resolved_at = ?2 WHERE server_id = ?1 AND resolved_at IS NULL";
    connection.prepare_cached(sql)?.execute((server, now)).map(drop)
}
