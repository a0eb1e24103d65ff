package tools

import (
	"github.com/google/jsonschema-go/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"
)

type assignInput struct {
	ID   int    `json:"id" jsonschema:"the ticket"`
	Team string `json:"team,omitempty"`
}

// Assign takes its schema from a type.
func Assign() mcp.Tool {
	return mcp.NewTool("assign_ticket", mcp.WithDescription("Assign a ticket."), mcp.WithInputSchema[assignInput]())
}

// Reports are literals with literal schemas.
var Reports = []mcp.Tool{
	{
		Name:        "count_tickets",
		Description: "Count tickets.",
		InputSchema: mcp.ToolInputSchema{
			Type: "object",
			Properties: map[string]any{
				"state": map[string]any{"type": "string", "description": "open or closed"},
				"since": map[string]any{"type": "integer"},
			},
			Required: []string{"state"},
		},
	},
}

// Export states its schema by the library's own types.
var Export = mcp.Tool{
	Name:        "export_tickets",
	Description: "Export tickets.",
	InputSchema: &jsonschema.Schema{
		Type: "object",
		Properties: map[string]*jsonschema.Schema{
			"format": {Type: "string", Description: "csv or json"},
		},
		Required: []string{"format"},
	},
}
