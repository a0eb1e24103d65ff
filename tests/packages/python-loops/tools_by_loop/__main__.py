from fastmcp import FastMCP

from .commands import MOVES, REGISTRY

mcp = FastMCP("loops")

for name, function, extra in REGISTRY:
    mcp.tool(function, name=name, **extra)

for way, function in MOVES.items():
    mcp.tool(function, name=f"move_{way}", description="Moves {}.".format(way))

if __name__ == "__main__":
    mcp.run()
