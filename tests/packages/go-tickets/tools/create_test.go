package tools

import "github.com/mark3labs/mcp-go/mcp"

func forTests() mcp.Tool {
	return mcp.NewTool("only_in_tests", mcp.WithDescription("Not a tool of the server."))
}
