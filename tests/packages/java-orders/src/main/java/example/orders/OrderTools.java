package example.orders;

import java.util.List;
import org.springaicommunity.mcp.annotation.McpTool;
import org.springaicommunity.mcp.annotation.McpToolParam;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;

public class OrderTools {
    static final String CANCEL = "cancel_order";

    enum State { OPEN, SHIPPED }

    record Item(String sku, int count) {}

    @Tool(description = "Find orders of a customer.")
    public List<String> findOrders(
            @ToolParam(description = "the customer's number") long customer,
            @ToolParam(description = "only orders in this state", required = false) State state) {
        return List.of();
    }

    @McpTool(name = CANCEL, description = "Cancel an order. "
            + "The money is paid back.", annotations = @McpTool.McpAnnotations(title = "Cancel", destructiveHint = true))
    public String cancel(@McpToolParam(description = "the order") String orderId, List<Item> items, ToolContext context) {
        return "";
    }

    public String notATool(String text) {
        return text;
    }
}
