use riskdex_model::{Fingerprint, Signal, Tool, Verdict};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Fault;
use crate::stored::{limit, required_json, time, to_json};
use crate::{Catalog, Cause, Error, Result, VerdictRecord, event};

impl Catalog {
    /// Records what the rules say of definitions. A verdict that differs from the last one is kept beside
    /// it; a tool whose level is another one then is an event.
    pub fn record_verdicts(
        &mut self,
        rules_version: &str,
        verdicts: &[(Fingerprint, Verdict)],
        now: &str,
    ) -> Result<()> {
        let now = time(now)?;
        self.write(format_args!("recording {} verdicts", verdicts.len()), |connection| {
            let rules = rules_id(connection, rules_version, now)?;
            verdicts.iter().try_for_each(|(fingerprint, verdict)| judge(connection, rules, fingerprint, verdict, now))
        })
    }

    /// Up to `limit` definitions that servers have now and these rules have not judged. Judging and
    /// recording them until none is left judges all.
    pub fn unclassified(&self, rules_version: &str, limit: usize) -> Result<Vec<(Fingerprint, Tool)>> {
        self.read(format_args!("reading unclassified definitions"), |connection| {
            let sql = "SELECT coalesce((SELECT id FROM rules WHERE version = ?1), -1)";
            let rules: i64 = connection.prepare_cached(sql)?.query_row([rules_version], |row| row.get(0))?;
            let mut statement = connection.prepare_cached(UNJUDGED)?;
            let rows = statement.query_map((rules, self::limit(limit)), |row| {
                Ok((Fingerprint::from_stored(row.get(0)?), required_json(row, 1)?))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Every verdict that a definition had, the newest first.
    pub fn verdicts(&self, fingerprint: &Fingerprint) -> Result<Vec<VerdictRecord>> {
        self.read(format_args!("reading the verdicts on {fingerprint}"), |connection| {
            let sql = "SELECT version, at, verdict FROM definitions
                 JOIN verdicts ON definition_id = definitions.id JOIN rules ON rules.id = verdicts.rules_id
                 WHERE fingerprint = ?1 ORDER BY verdicts.id DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([fingerprint.as_str()], |row| {
                Ok(VerdictRecord { rules: row.get(0)?, at: row.get(1)?, verdict: required_json(row, 2)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// Each range is a range of the index on unjudged definitions: those that are judged cost nothing.
pub(crate) const UNJUDGED: &str =
    "SELECT fingerprint, tool FROM definitions JOIN texts ON definition_id = id WHERE id IN (
         SELECT id FROM definitions WHERE uses > 0 AND rules_id IS NULL
         UNION ALL SELECT id FROM definitions WHERE uses > 0 AND rules_id < ?1
         UNION ALL SELECT id FROM definitions WHERE uses > 0 AND rules_id > ?1
         LIMIT ?2)
     ORDER BY fingerprint";

fn rules_id(connection: &Connection, version: &str, now: &str) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO rules (version, first_used) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute((version, now))?;
    connection.prepare_cached("SELECT id FROM rules WHERE version = ?1")?.query_row([version], |row| row.get(0))
}

fn judge(
    connection: &Connection,
    rules: i64,
    fingerprint: &Fingerprint,
    verdict: &Verdict,
    now: &str,
) -> Result<(), Fault> {
    let sql = "SELECT definitions.id, verdict FROM definitions LEFT JOIN verdicts ON verdicts.id = verdict_id
         WHERE fingerprint = ?1";
    let shape = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found = connection.prepare_cached(sql)?.query_row([fingerprint.as_str()], shape).optional()?;
    let (id, before): (i64, Option<String>) = found.ok_or_else(|| Error::Unknown(fingerprint.to_string()))?;
    let text = to_json(verdict)?;
    if before.as_ref() == Some(&text) {
        connection.prepare_cached("UPDATE definitions SET rules_id = ?2 WHERE id = ?1")?.execute((id, rules))?;
        return Ok(());
    }
    let sql = "INSERT INTO verdicts (definition_id, rules_id, at, verdict) VALUES (?1, ?2, ?3, ?4) RETURNING id";
    let row: i64 = connection.prepare_cached(sql)?.query_row((id, rules, now, &text), |row| row.get(0))?;
    let sql = "UPDATE definitions SET rules_id = ?2, verdict_id = ?3, category = ?4, level = ?5 WHERE id = ?1";
    let (category, level) = (verdict.category.as_str(), verdict.risk.as_str());
    connection.prepare_cached(sql)?.execute(params![id, rules, row, category, level])?;
    record_signals(connection, id, before.is_some(), &verdict.signals)?;
    announce_levels(connection, id, before.is_some(), now)
}

fn record_signals(
    connection: &Connection,
    definition: i64,
    judged_before: bool,
    signals: &[Signal],
) -> rusqlite::Result<()> {
    if judged_before {
        for signal in Signal::ALL {
            let sql = "DELETE FROM signals WHERE signal = ?1 AND definition_id = ?2";
            connection.prepare_cached(sql)?.execute((signal.as_str(), definition))?;
        }
    }
    for signal in signals {
        let sql = "INSERT INTO signals (signal, definition_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        connection.prepare_cached(sql)?.execute((signal.as_str(), definition))?;
    }
    Ok(())
}

/// Makes a definition's new level known to every tool that has it now.
fn announce_levels(connection: &Connection, definition: i64, judged_before: bool, now: &str) -> Result<(), Fault> {
    let sql = "SELECT id, server_id FROM tools WHERE definition_id = ?1 AND gone_at IS NULL ORDER BY server_id, id";
    let mut statement = connection.prepare_cached(sql)?;
    let tools = statement.query_map([definition], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for tool in tools.collect::<rusqlite::Result<Vec<(i64, i64)>>>()? {
        let (tool, server) = tool;
        let cause = if judged_before { Cause::Rules } else { event::cause_of_definition(connection, server, tool)? };
        event::announce_level(connection, tool, cause, now)?;
    }
    Ok(())
}
