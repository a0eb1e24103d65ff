from typing import Annotated

from fastmcp import FastMCP
from pydantic import Field

server = FastMCP(name='AWS-API-MCP')


@server.tool(
    name='call_aws',
    description='Execute CLI commands against the cloud account. The command is run as written.',
)
async def call_aws(
    cli_command: Annotated[str, Field(description='The complete CLI command to execute.')],
) -> str:
    return ''


@server.tool(name='suggest_aws_commands', description='Suggest commands for a request in plain words.')
async def suggest_aws_commands(query: Annotated[str, Field(description='What you want to do.')]) -> str:
    return ''


def main():
    server.run()
