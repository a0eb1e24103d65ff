import argparse

from mcp.server.fastmcp import FastMCP

from awslabs.eks_mcp_server.handler import K8sHandler


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--allow-write', action=argparse.BooleanOptionalAction, default=False)
    args = parser.parse_args()
    mcp = FastMCP('awslabs.eks-mcp-server', dependencies=['pydantic'])
    K8sHandler(mcp, args.allow_write)
    mcp.run()
