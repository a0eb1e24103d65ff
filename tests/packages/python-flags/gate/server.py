import argparse
import os

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("gate")
READ_ONLY = os.environ.get("GATE_READ_ONLY", "false").lower() == "true"


@mcp.tool()
def look() -> str:
    """Look."""


if not READ_ONLY:

    @mcp.tool()
    def open_gate() -> str:
        """Open the gate."""


def admin_enabled() -> bool:
    if os.getenv("GATE_NO_ADMIN"):
        return False
    return True


if admin_enabled():

    @mcp.tool()
    def oil_hinges() -> str:
        """Oil the hinges."""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--allow-demolition", action="store_true")
    args = parser.parse_args()
    if args.allow_demolition:
        mcp.tool()(demolish)
    if not os.environ.get("GATE_TOKEN"):
        raise SystemExit("GATE_TOKEN is missing")
    mcp.tool()(after_the_check)
    mcp.run()


def demolish() -> str:
    """Demolish the gate."""


def after_the_check() -> str:
    """Still offered: without the token nothing runs at all."""
