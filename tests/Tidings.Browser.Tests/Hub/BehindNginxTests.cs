using System.Net;
using Tidings.Testing;

namespace Tidings.Browser.Tests.Hub;

/// <summary>nginx holds back what does not fill its buffer until the stream ends, which here is never: whatever arrives was let through.</summary>
public sealed class BehindNginxTests
{
    private const string Hub = "/.well-known/mercure?match=news";

    public static TheoryData<string> Directives => new(
        "", // as nginx comes: HTTP/1.0 to the hub, buffering on
        """proxy_http_version 1.1; proxy_set_header Connection "";""");

    [Theory]
    [MemberData(nameof(Directives))]
    public async Task Headers_and_the_first_event_pass_while_the_stream_is_open(string directives)
    {
        await using HubHost hub = await HubHost.StartAsync();
        await using Nginx nginx = await Nginx.StartAsync(hub.Address, directives);
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var client = new HttpClient { BaseAddress = nginx.Address };

        using HttpResponseMessage response = await client.GetAsync(Hub, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.True(response.Headers.CacheControl?.NoCache);
        Assert.StartsWith("nginx", response.Headers.Server.ToString(), StringComparison.Ordinal);

        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(patience.Token));
        Assert.Equal(":", await reader.ReadLineAsync(patience.Token));
        SseId id = await hub.Broker.PublishAsync("news", "first");
        Assert.Equal("data: first", await reader.ReadLineAsync(patience.Token));
        Assert.Equal($"id: {id}", await reader.ReadLineAsync(patience.Token));
        Assert.Equal("", await reader.ReadLineAsync(patience.Token));
        Task<string?> next = reader.ReadLineAsync(patience.Token).AsTask();
        Assert.False(next.IsCompleted, "The stream has ended.");

        await hub.Broker.PublishAsync("news", "second");
        Assert.Equal("data: second", await next);
    }

    [Theory]
    [MemberData(nameof(Directives))]
    public async Task The_last_id_passes_in_both_directions(string directives)
    {
        await using HubHost hub = await HubHost.StartAsync();
        await using Nginx nginx = await Nginx.StartAsync(hub.Address, directives);
        SseId first = await hub.Broker.PublishAsync("news", "first");
        SseId second = await hub.Broker.PublishAsync("news", "second");
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var client = new HttpClient { BaseAddress = nginx.Address };
        client.DefaultRequestHeaders.Add("Last-Event-ID", first.Value);

        using HttpResponseMessage response = await client.GetAsync(Hub, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        Assert.Equal(first.Value, Assert.Single(response.Headers.GetValues("Last-Event-ID")));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(patience.Token));
        Assert.Equal(":", await reader.ReadLineAsync(patience.Token));
        Assert.Equal("data: second", await reader.ReadLineAsync(patience.Token));
        Assert.Equal($"id: {second}", await reader.ReadLineAsync(patience.Token));
    }
}
