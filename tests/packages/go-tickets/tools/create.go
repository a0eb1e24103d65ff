package tools

import (
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"
)

// Create opens a ticket.
func Create() mcp.Tool {
	return mcp.NewTool("create_ticket",
		mcp.WithDescription(t("TOOL_CREATE_TICKET", "Open a new ticket.")),
		mcp.WithToolAnnotation(mcp.ToolAnnotation{
			Title:           t("TOOL_CREATE_TITLE", "Open ticket"),
			ReadOnlyHint:    mcp.ToBoolPtr(false),
			DestructiveHint: mcp.ToBoolPtr(false),
		}),
		mcp.WithString("title", mcp.Required(), mcp.Description("one line")),
		mcp.WithString("severity", mcp.Description("how bad it is"), mcp.Enum("low", "high")),
		mcp.WithNumber("estimate"),
		mcp.WithArray("labels", mcp.Items(map[string]any{"type": "string"})),
		mcp.WithBoolean("notify", mcp.DefaultBool(true)),
	)
}

// Raw has a schema written as JSON.
func Raw() mcp.Tool {
	return mcp.NewToolWithRawSchema("import_tickets", "Import tickets from a file.", json.RawMessage(`{
		"type": "object",
		"properties": {"path": {"type": "string"}},
		"required": ["path"]
	}`))
}

// Unknown has a name that only the running server knows.
func Unknown(prefix string) mcp.Tool {
	return mcp.NewTool(prefix+"_delete", mcp.WithDescription("Delete tickets."))
}
