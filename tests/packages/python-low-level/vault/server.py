import mcp.types as types
from mcp.server import Server
from mcp.server.stdio import stdio_server
from pydantic import BaseModel, Field

from .names import Name


class Read(BaseModel):
    """What to read."""

    path: str = Field(description="Where it lies.")
    version: int | None = None


EXTRA = {"lock": "Locks the vault.", "unlock": "Unlocks the vault."}


async def serve():
    server = Server("vault")

    @server.list_tools()
    async def list_tools() -> list[types.Tool]:
        tools = [
            types.Tool(name=Name.READ, description="Reads a secret.", inputSchema=Read.model_json_schema()),
            types.Tool(name=Name.ROTATE.value, description="""Rotates
            a secret.""", inputSchema={"type": "object", "properties": {"path": {"type": "string"}}}),
        ]
        tools += [types.Tool(name=k, description=v, inputSchema={"type": "object"}) for k, v in EXTRA.items()]
        return tools

    @server.call_tool()
    async def call_tool(name, arguments):
        raise ValueError(name)

    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
