from .server import mcp


@mcp.tool()
def never_imported():
    """No module imports this one."""
