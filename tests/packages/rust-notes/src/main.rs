//! Tools declared with rmcp's attributes.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::{schemars, tool, tool_router};

/// What a new note holds.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewNote {
    /// First line
    /// of the note.
    note_title: String,
    #[schemars(description = "the text itself")]
    body: Option<String>,
    #[serde(rename = "tags", default)]
    labels: Vec<String>,
    colour: Colour,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    Yellow,
    Blue,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct ById {
    id: u64,
}

struct Notes;

#[tool_router]
impl Notes {
    #[tool(description = "Create a note.", annotations(title = "New note", destructive_hint = false))]
    async fn create_note(&self, Parameters(note): Parameters<NewNote>) -> String {
        note.note_title
    }

    /// Delete a note
    /// for ever.
    #[tool(name = "delete_note", annotations(destructive_hint = true))]
    async fn delete(&self, Parameters(ById { id }): Parameters<ById>) -> String {
        id.to_string()
    }

    #[tool]
    fn list_notes(&self) -> String {
        String::new()
    }

    /// Not a tool.
    fn helper(&self) {}
}

#[cfg(test)]
mod tests {
    #[tool(description = "Not a tool of the server.")]
    fn only_in_tests() {}
}
