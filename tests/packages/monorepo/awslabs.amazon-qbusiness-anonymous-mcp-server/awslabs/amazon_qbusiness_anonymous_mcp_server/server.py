from mcp.server.fastmcp import FastMCP

mcp = FastMCP('awslabs.amazon-qbusiness-anonymous-mcp-server')


@mcp.tool(name='QBusinessQueryTool')
async def qbiz_query(query: str) -> str:
    """Answer a question from the indexed documents.

    Args:
        query: the question
    """
    return ''


def main():
    mcp.run()


if __name__ == '__main__':
    main()
