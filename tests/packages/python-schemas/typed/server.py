from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Optional, TypedDict, Union

from mcp.server.fastmcp import Context, FastMCP
from pydantic import BaseModel, Field

mcp = FastMCP("typed")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    """A point."""

    x: float
    y: float = Field(0.0, ge=0, description="Height.")
    next: Optional[Point] = None


@dataclass
class Box:
    size: int
    label: str = "box"


class Options(TypedDict, total=False):
    deep: bool


@mcp.tool()
def draw(
    colour: Colour,
    mode: Literal["fast", "slow"],
    points: list[Point],
    box: Box,
    options: Options,
    width: Annotated[int, Field(description="How wide.", ge=1, le=9)] = 3,
    names: dict[str, int] | None = None,
    pair: tuple[int, str] = (1, "a"),
    anything: Any = None,
    either: Union[int, str] = Field(default=7, description="One or the other."),
    ctx: Context | None = None,
) -> str:
    """Draw."""


def main():
    mcp.run()
