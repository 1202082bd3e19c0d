using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tidings.Client.Tests.Peers;

/// <summary>Against ASP.NET Core's own <c>TypedResults.ServerSentEvents</c> on real Kestrel.</summary>
public sealed class InBoxResultTests
{
    [Fact]
    public async Task Every_event_arrives_once_and_in_order_over_many_cut_connections()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication app = builder.Build();
        app.MapGet("/events", (HttpRequest request) =>
        {
            int next = int.TryParse(request.Headers["Last-Event-ID"], out int last) ? last + 1 : 1;
            return next > 20 ? Results.NoContent() : TypedResults.ServerSentEvents(ThreeFrom(next));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);

        var received = new List<ServerSentEvent>();
        await using var source = new EventSource(app.Urls.Single() + "/events");
        await foreach (ServerSentEvent e in source.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            received.Add(e);
        }

        Assert.Equal<string[]>(
            [.. Enumerable.Range(1, 21).Select(n => $"count: {n}\nline two … é #{n}")],
            [.. received.Select(e => $"{e.Type}: {e.Data} #{e.LastEventId}")]);
        Assert.All(received, e => Assert.Equal(app.Urls.Single(), e.Origin));
    }

    private static async IAsyncEnumerable<SseItem<string>> ThreeFrom(int first)
    {
        for (int n = first; n < first + 3; n++)
        {
            await Task.Yield();
            yield return new SseItem<string>($"{n}\nline two … é", "count") { EventId = n.ToString(), ReconnectionInterval = TimeSpan.FromMilliseconds(100) };
        }
    }
}
