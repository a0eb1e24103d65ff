class Handlers:
    def __init__(self, mcp):
        self.mcp = mcp
        self.mcp.tool(name="lend_book")(self.lend)
        self.mcp.tool()(self.take_back)

    async def lend(self, book_id: str, to: str) -> str:
        """Lend a book."""

    async def take_back(self, book_id: str) -> str:
        """Take a book back."""
