from mcp.server.fastmcp import FastMCP

try:
    from .broken import helper
except ImportError:
    helper = None

mcp = FastMCP("half")


@mcp.tool()
def survive() -> str:
    """Survives."""


def main():
    mcp.run()
