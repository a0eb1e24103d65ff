import json
from pathlib import Path

import httpx
from fastmcp import FastMCP
from fastmcp.server.openapi import MCPType

SPEC = json.loads((Path(__file__).parent / "api.json").read_text())


def only_some(route, kind):
    return MCPType.EXCLUDE if route.operation_id == "deletePet" else None


mcp = FastMCP.from_openapi(SPEC, client=httpx.AsyncClient(), mcp_names={"listPets": "all_pets"}, route_map_fn=only_some)
remote = FastMCP.from_openapi(httpx.get("https://example.com/openapi.json").json(), client=httpx.AsyncClient())
mcp.mount(remote)


def main():
    mcp.run()
