import platform

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("murky")


@mcp.tool(description=f"Runs a command on {platform.node()}.")
def run_command(command: str) -> str:
    """Not shown either."""


def main():
    mcp.run()
