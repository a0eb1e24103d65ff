from mcp.server.fastmcp import FastMCP

mcp = FastMCP('awslabs.cloudwatch-applicationsignals-mcp-server')


@mcp.tool()
async def list_monitored_services() -> str:
    """List all services that are monitored."""
    return ''


@mcp.tool()
async def get_slo(slo_id: str) -> str:
    """Get one service level objective.

    Args:
        slo_id: its ARN or name
    """
    return ''


def main():
    mcp.run(transport='stdio')
