using System.Net;

namespace Tidings.Server.Tests.Serving;

public sealed class HealthTests
{
    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    public async Task A_running_hub_is_healthy(string path)
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false);

        Assert.Equal("Healthy", await hub.Client.GetStringAsync(path));
    }

    [Fact]
    public async Task A_hub_that_stops_is_alive_but_not_ready()
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, ("Tidings:DrainWindow", "00:05:00"));
        using Stream stream = await hub.Client.GetStreamAsync(new Uri($"{hub.Url}?match=*"));
        Task stopping = hub.BeginStopping();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await hub.Client.GetAsync("/healthz/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await hub.Client.GetAsync("/healthz/live")).StatusCode);

        await stream.DisposeAsync();
        await stopping;
    }
}
