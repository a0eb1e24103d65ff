//! Definitions, each stored once for all tools that have it.

use riskdex_model::Tool;
use rusqlite::Connection;

use crate::stored::to_json;

/// The row of a tool's definition, made when there is none, with one more use.
pub(crate) fn take(connection: &Connection, tool: &Tool, fingerprint: &str, at: &str) -> rusqlite::Result<i64> {
    let definition = Tool {
        name: tool.name.clone(),
        title: tool.title.clone(),
        description: tool.description.clone(),
        input_schema: tool.input_schema.clone(),
        output_schema: tool.output_schema.clone(),
        annotations: tool.annotations.clone(),
        origin: None,
        gated: None,
    };
    let sql = "INSERT INTO definitions (fingerprint, name, uses, first_seen) VALUES (?1, ?2, 1, ?3)
         ON CONFLICT (fingerprint) DO UPDATE SET uses = uses + 1 RETURNING id";
    let id = connection.prepare_cached(sql)?.query_row((fingerprint, &tool.name, at), |row| row.get(0))?;
    let sql = "INSERT INTO texts (definition_id, tool) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET tool = excluded.tool WHERE excluded.tool < tool";
    connection.prepare_cached(sql)?.execute((id, to_json(&definition)?))?;
    Ok(id)
}

/// One use less.
pub(crate) fn release(connection: &Connection, definition: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE definitions SET uses = uses - 1 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([definition]).map(drop)
}
