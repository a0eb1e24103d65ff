from functools import partial, wraps

REGISTRY = []


def command(name, **extra):
    def decorate(function):
        @wraps(function)
        async def wrapper(*args, **kwargs):
            return await function(*args, **kwargs)

        REGISTRY.append((name, wrapper, extra))
        return wrapper

    return decorate


@command("start_engine", description="Starts the engine.")
async def start(speed: int):
    """Not shown."""


@command("stop_engine")
async def stop():
    """Stops the engine."""


def move(direction, distance: float):
    """Moves."""


MOVES = {way: partial(move, way) for way in ("left", "right")}
