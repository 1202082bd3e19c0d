using Tidings;

namespace Showcase;

/// <summary>How an EventSource takes the answers that are not a stream: it follows redirects, and gives up for good on everything else.</summary>
internal static class Connections
{
    public static void MapConnections(this WebApplication app)
    {
        RouteGroupBuilder connections = app.MapGroup("/connect");
        connections.MapGet("/moved", () => TypedResults.Redirect("/counter", permanent: true)); // 301
        connections.MapGet("/elsewhere", () => TypedResults.Redirect("/counter", preserveMethod: true)); // 307
        connections.MapGet("/over", () => EventStream.Over); // 204
        connections.MapGet("/wrong-type", () => TypedResults.Text("data: this looks like an event, but is plain text\n\n"));
        connections.MapGet("/unavailable", () => TypedResults.Text("Not today.\n", statusCode: StatusCodes.Status503ServiceUnavailable));
    }
}
