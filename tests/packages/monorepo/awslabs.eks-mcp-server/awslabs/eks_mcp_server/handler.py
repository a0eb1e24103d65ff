from typing import Literal

from mcp.server.fastmcp import Context
from pydantic import Field


class K8sHandler:
    def __init__(self, mcp, allow_write: bool = False):
        self.mcp = mcp
        self.allow_write = allow_write
        self.mcp.tool(name='list_k8s_resources')(self.list_k8s_resources)
        if self.allow_write:
            self.mcp.tool(name='manage_k8s_resource')(self.manage_k8s_resource)

    async def list_k8s_resources(
        self, ctx: Context, cluster_name: str = Field(..., description='Name of the cluster.')
    ) -> str:
        """List resources of one kind in a cluster."""
        return ''

    async def manage_k8s_resource(
        self,
        ctx: Context,
        operation: Literal['create', 'replace', 'patch', 'delete', 'read'] = Field(
            ..., description='What to do with the resource.'
        ),
        cluster_name: str = Field(..., description='Name of the cluster.'),
    ) -> str:
        """Create, replace, patch, read or delete a single resource in a cluster."""
        return ''
