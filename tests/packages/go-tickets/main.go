// A sample server for tests: tools declared with both Go SDKs.
package main

import (
	"context"

	"github.com/example/go-tickets/tools"
	"github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// SearchInput is what a search takes.
type SearchInput struct {
	Query  string   `json:"query" jsonschema:"words to look for"`
	Labels []string `json:"labels,omitempty" jsonschema:"only tickets with one of these labels"`
	Page   *Page    `json:"page,omitempty"`
	hidden int
}

// Page is a part of a list.
type Page struct {
	Size int `json:"size" jsonschema:"tickets per page"`
}

type closeInput struct {
	ID     int    `json:"id"`
	Reason string `json:"reason,omitempty" jsonschema:"description=why it is closed,enum=done,enum=duplicate"`
	Secret string `json:"-"`
}

const closeName = "close_ticket"

func search(ctx context.Context, req *mcp.CallToolRequest, in SearchInput) (*mcp.CallToolResult, any, error) {
	return nil, nil, nil
}

func main() {
	official := mcp.NewServer(&mcp.Implementation{Name: "tickets"}, nil)
	mcp.AddTool(official, &mcp.Tool{
		Name:        "search_tickets",
		Description: "Search tickets " + "by words and labels.",
		Annotations: &mcp.ToolAnnotations{Title: "Search", ReadOnlyHint: true},
	}, search)
	mcp.AddTool(official, &mcp.Tool{Name: closeName, Description: `Close a ticket.`},
		func(ctx context.Context, req *mcp.CallToolRequest, in closeInput) (*mcp.CallToolResult, any, error) {
			return nil, nil, nil
		})

	other := server.NewMCPServer("tickets", "1.0.0")
	other.AddTool(tools.Create(), nil)
	other.AddTool(tools.Raw(), nil)
}
