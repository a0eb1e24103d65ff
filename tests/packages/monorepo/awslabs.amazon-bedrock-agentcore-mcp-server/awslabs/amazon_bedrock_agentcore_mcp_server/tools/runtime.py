from typing import Annotated, Any, Optional

from mcp.server.fastmcp import Context, FastMCP
from pydantic import Field


class RuntimeTools:
    """Tools that run deployed agents."""

    def __init__(self, client_for):
        self.client_for = client_for

    def register(self, mcp: FastMCP) -> None:
        mcp.tool(name='invoke_agent_runtime')(self.invoke_agent_runtime)
        mcp.tool(name='list_agent_runtimes')(self.list_agent_runtimes)

    async def invoke_agent_runtime(
        self,
        ctx: Context,
        agent_runtime_arn: Annotated[str, Field(description='ARN of the agent runtime to invoke.')],
        payload: Annotated[str, Field(description='Input for the agent, as JSON text.')],
        session_id: Annotated[Optional[str], Field(description='Continue this session.')] = None,
        qualifier: Annotated[str, Field(description='Endpoint name.')] = 'DEFAULT',
    ) -> dict[str, Any]:
        """Send a request to a deployed agent and wait for its answer.

        COST: every invocation is BILLABLE. Compute time and memory of the
        session are charged for as long as the agent works, and so are the
        models that the agent calls.

        The agent runs with its own execution role: what it does beyond
        answering depends on the payload and on the code that was deployed.

        Args:
            agent_runtime_arn: which runtime to invoke
            payload: what to send
        """
        return self.client_for('runtime').invoke(agent_runtime_arn, payload, session_id, qualifier)

    async def list_agent_runtimes(self, ctx: Context) -> list[dict[str, Any]]:
        """List the agent runtimes of this account."""
        return self.client_for('control').list()
