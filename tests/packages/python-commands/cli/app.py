import click
from mcp.server.fastmcp import FastMCP


@click.group()
def cli():
    pass


@cli.command()
@click.option("--unsafe", is_flag=True)
def serve(unsafe: bool):
    from .server import build

    build(unsafe).run()


@cli.command()
def version():
    click.echo("1")
