from typing import Annotated
from mcp.server.fastmcp import FastMCP
from pydantic import Field

mcp = FastMCP("seed")
NAMES = {"a": "Reads a.", "b": "Reads b."}

@mcp.tool(name="read", description=f"Reads {len(NAMES)} things")
def read(path: Annotated[str, Field(description="where")] = ".", deep: bool | None = None) -> str:
    """Unused."""
    return path

for name, text in NAMES.items():
    mcp.tool(name=f"get_{name}", description=text)(read)

def main():
    mcp.run()
