def register(mcp):
    def burn_book(book_id: str) -> None:
        """Burn a book."""

    mcp.tool(burn_book)
