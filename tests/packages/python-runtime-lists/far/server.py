import boto3
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("far")


def make(name):
    def call(payload: dict) -> str:
        return name

    call.__doc__ = f"Calls {name}."
    return call


def main():
    client = boto3.client("machines")
    for machine in client.list_machines()["machines"]:
        mcp.tool(name=machine["name"])(make(machine["name"]))
    mcp.run()
