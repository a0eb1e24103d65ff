from fastmcp import FastMCP

from .parts import garden, kitchen

main_server = FastMCP("house")
main_server.mount(kitchen, prefix="kitchen")
main_server.mount(garden, namespace="garden")


class Quiet(FastMCP):
    def __init__(self):
        super().__init__("quiet")


quiet = Quiet()


@quiet.tool
def whisper() -> str:
    """Whisper."""


main_server.mount(quiet)


def main():
    main_server.run()
