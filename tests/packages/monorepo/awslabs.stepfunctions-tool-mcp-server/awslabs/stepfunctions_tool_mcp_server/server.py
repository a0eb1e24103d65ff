import os

import boto3
from mcp.server.fastmcp import Context, FastMCP

mcp = FastMCP('awslabs.stepfunctions-tool-mcp-server')
PREFIX = os.environ.get('STATE_MACHINE_PREFIX', '')


def create_tool(name: str, arn: str, description: str):
    async def run(parameters: dict, ctx: Context) -> str:
        return arn

    run.__doc__ = description
    mcp.tool(name=name)(run)


def register_state_machines():
    client = boto3.client('stepfunctions')
    for machine in client.list_state_machines()['stateMachines']:
        if machine['name'].startswith(PREFIX):
            create_tool(machine['name'], machine['stateMachineArn'], machine['description'])


def main():
    register_state_machines()
    mcp.run()
