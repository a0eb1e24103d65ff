from fastmcp import FastMCP

kitchen = FastMCP("kitchen")
garden = FastMCP("garden")


@kitchen.tool
def cook(dish: str) -> str:
    """Cook a dish.

    Args:
        dish: What to cook.

    Returns:
        The dish.
    """


@garden.tool
def dig() -> str:
    """Dig a hole."""
