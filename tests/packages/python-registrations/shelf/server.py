"""Every way to put a function on a server."""
from typing import Annotated

from mcp.server.fastmcp import Context, FastMCP
from mcp.types import ToolAnnotations
from pydantic import Field

from .handlers import Handlers
from .late import register

mcp = FastMCP("shelf")


@mcp.tool()
async def list_books(ctx: Context, limit: int = 10) -> list[str]:
    """List books.

        Indented more.
    """


@mcp.tool
def count_books() -> int:
    """Count books."""


@mcp.tool(
    name="find-book",
    title="Find a book",
    description="Finds " + "a book" f" by {'title'}.",
    annotations=ToolAnnotations(readOnlyHint=True, openWorldHint=False),
)
def find(title: Annotated[str, Field(description="The title.", min_length=1)]) -> str:
    """Not shown."""


def shred(book_id: str, copies: int | None = None):
    """Shred a book."""


mcp.add_tool(shred, name="shred_book")
Handlers(mcp)
register(mcp)


def main():
    mcp.run()
