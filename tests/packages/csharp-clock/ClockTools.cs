using System.ComponentModel;
using ModelContextProtocol.Server;

namespace Example.Clock;

public enum Unit { Seconds, Minutes }

public record Span(int Amount, Unit Unit);

[McpServerToolType]
public static class ClockTools
{
    private const string ResetName = "reset_clock";

    [McpServerTool, Description("Gets the time of a zone.")]
    public static string GetTimeAsync(
        [Description("IANA name of the zone")] string zone,
        HttpClient client,
        bool utc = false,
        CancellationToken cancellationToken = default) => zone;

    [McpServerTool(Name = ResetName, Title = "Reset", Destructive = true, ReadOnly = false)]
    [Description("Sets the clock back. " +
        "All alarms are lost.")]
    public static string Reset(int hour, string? reason = null) => "";

    [McpServerTool(Name = "wait"), Description("""
        Waits for a while.
          Not longer than a day.
        """)]
    public string Wait(Span span, string[] labels) => "";

    public static string NotATool(string text) => text;
}
