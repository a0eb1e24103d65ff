//! Tools as older versions of rmcp declare them: attributes on the arguments.

use rmcp::{schemars, tool};

struct OldNotes;

#[tool(tool_box)]
impl OldNotes {
    #[tool(description = "Rename a note.")]
    async fn rename_note(
        &self,
        #[tool(param)]
        #[schemars(description = "which note")]
        id: u64,
        #[tool(param)] title: Option<String>,
        context: RequestContext,
    ) -> String {
        title.unwrap_or_default()
    }

    #[tool(description = "Show a note.")]
    async fn show_note(&self, #[tool(aggr)] ById { id }: ById) -> String {
        id.to_string()
    }
}
