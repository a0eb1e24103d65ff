import inspect
from functools import wraps

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("later")


def with_session(function):
    signature = inspect.signature(function)
    visible = [p for name, p in signature.parameters.items() if name != "session"]

    @wraps(function)
    def wrapper(*args, **kwargs):
        return function(object(), *args, **kwargs)

    wrapper.__signature__ = signature.replace(parameters=visible)
    return wrapper


@mcp.tool()
@with_session
def send(session, text: str) -> str:
    """Send a text."""


@mcp.tool()
def experimental() -> str:
    """Not ready."""


def main():
    mcp._tool_manager.get_tool("send").description += " It cannot be called back."
    mcp.remove_tool("experimental")
    mcp.run()
