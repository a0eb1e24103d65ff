from mcp.server.fastmcp import FastMCP

from .tools.runtime import RuntimeTools

mcp = FastMCP('awslabs.amazon-bedrock-agentcore-mcp-server')


def main() -> None:
    RuntimeTools(lambda region: None).register(mcp)
    mcp.run()


if __name__ == '__main__':
    main()
