using System.Net;

namespace Tidings.Server.Tests.Serving;

public sealed class HealthTests
{
    // Each ends at a random moment of the drain window, and the hub with the last of them. One alone may end at once.
    private const int Streams = 20;

    [Theory]
    [InlineData("/healthz/live", "Healthy")]
    [InlineData("/healthz/ready", "Healthy: The hub accepts streams and publishes. Durability: process.")]
    public async Task A_running_hub_is_healthy_and_says_how_durable_its_log_is(string path, string expected)
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false);

        Assert.Equal(expected, await hub.Client.GetStringAsync(path));
    }

    [Fact]
    public async Task A_hub_that_stops_is_alive_but_not_ready()
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, ("Tidings:DrainWindow", "00:05:00"));
        Stream[] streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => hub.Client.GetStreamAsync(new Uri($"{hub.Url}?match=*"))));
        Task stopping = hub.BeginStopping();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await hub.Client.GetAsync("/healthz/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await hub.Client.GetAsync("/healthz/live")).StatusCode);

        Array.ForEach(streams, stream => stream.Dispose());
        await stopping;
    }
}
