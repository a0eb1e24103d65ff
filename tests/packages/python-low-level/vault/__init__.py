import asyncio

from .server import serve


def main():
    asyncio.run(serve())
