from mcp.server.fastmcp import FastMCP


def build(unsafe):
    mcp = FastMCP("cli")

    @mcp.tool()
    def safe() -> str:
        """Safe."""

    if unsafe:

        @mcp.tool()
        def dangerous() -> str:
            """Dangerous."""

    return mcp
