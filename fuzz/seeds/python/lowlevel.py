from enum import Enum
from mcp.server import Server
from mcp.types import Tool
from pydantic import BaseModel

class Names(str, Enum):
    READ = "read"

class Args(BaseModel):
    path: str
    lines: list[int] = []

server = Server("seed")

@server.list_tools()
async def list_tools() -> list[Tool]:
    return [Tool(name=Names.READ, description="Reads.", inputSchema=Args.model_json_schema())]

def main():
    server.run()
