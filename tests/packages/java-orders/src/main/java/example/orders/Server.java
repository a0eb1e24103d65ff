package example.orders;

import io.modelcontextprotocol.spec.McpSchema;

class Server {
    McpSchema.Tool ship() {
        return McpSchema.Tool.builder()
                .name("ship_order")
                .description("Ship an order.")
                .inputSchema("""
                        {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
                        """)
                .build();
    }

    McpSchema.Tool list() {
        return new McpSchema.Tool("list_orders", "List all orders.", "{\"type\": \"object\"}");
    }
}
