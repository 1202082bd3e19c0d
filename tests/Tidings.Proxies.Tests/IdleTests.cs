using System.Net;
using Tidings.Testing;

namespace Tidings.Proxies.Tests;

public sealed class IdleTests
{
    // Longer than what these proxies wait for unless they are told otherwise, and than many others do: 60 s.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(70);

    [Fact]
    public async Task A_stream_without_a_single_byte_for_70_seconds_stays_open_behind_each_proxy()
    {
        // The hub itself would say something every 15 s, which keeps streams open where nobody has set anything. Here the configurations alone have to.
        await using HubBehind hub = await HubBehind.StartAsync(("Tidings:HeartbeatInterval", "00:10:00"));
        await Task.WhenAll(Recipe.All.SelectMany(proxy =>
            (proxy.Value.EndsTls ? [HttpVersion.Version11, HttpVersion.Version20] : new[] { HttpVersion.Version11 }).Select(version => WaitAsync(hub, proxy.Key, version))));
    }

    private static async Task WaitAsync(HubBehind hub, string name, Version version)
    {
        await using RunningProxy proxy = await RunningProxy.StartAsync(name, hub.EndPoint);
        string topic = $"{name}/{version}";
        await using TestStream stream = await TestStream.OpenAsync(
            proxy.NewClient(version: version), new HttpRequestMessage(HttpMethod.Get, new Uri($"{proxy.Hub}?topic={topic}")));
        await stream.ReadUntilAsync(text => text.StartsWith(":\n", StringComparison.Ordinal));
        string before = stream.Text;

        await Task.Delay(Silence, TimeProvider.System, TestContext.Current.CancellationToken);
        await hub.Broker.PublishAsync(topic, "still there", TestContext.Current.CancellationToken);
        try
        {
            Assert.Equal("still there", Assert.Single(await stream.ReadEventsAsync(1)).Data);
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException)
        {
            Assert.Fail($"{name} has cut the stream over HTTP/{version}: {cut.Message}");
        }

        Assert.StartsWith($"{before}data: still there", stream.Text, StringComparison.Ordinal); // no heartbeat in between
    }
}
