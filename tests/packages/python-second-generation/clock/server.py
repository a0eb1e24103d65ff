from mcp.server import MCPServer, Server
from mcp.types import ListToolsResult, Tool

mcp = MCPServer("clock")


@mcp.tool()
def set_clock(hour: int, minute: int = 0) -> str:
    """Set the clock."""


async def on_list(ctx, params):
    return ListToolsResult(tools=[Tool(name="wind_clock", description="Winds it.", input_schema={"type": "object"})])


def main():
    low = Server("low", on_list_tools=on_list)
    low.run()
    mcp.run()
