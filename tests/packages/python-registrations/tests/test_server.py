from shelf.server import mcp


@mcp.tool()
def only_in_tests():
    """Not a tool of the server."""
