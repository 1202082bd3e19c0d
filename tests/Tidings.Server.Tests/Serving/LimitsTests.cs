using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tidings.Server.Tests.Serving;

public sealed class LimitsTests
{
    [Fact]
    public async Task The_server_keeps_no_more_of_a_response_than_one_slice_of_a_stream()
    {
        await using TestHub hub = await TestHub.StartAsync();

        Assert.Equal(16 * 1024, hub.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MaxResponseBufferSize);
    }

    [Fact]
    public async Task A_request_has_ten_seconds_for_its_head_and_its_body_must_not_trickle()
    {
        await using TestHub hub = await TestHub.StartAsync();

        KestrelServerLimits limits = hub.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        Assert.Equal(TimeSpan.FromSeconds(10), limits.RequestHeadersTimeout);
        Assert.Equal(240, limits.MinRequestBodyDataRate!.BytesPerSecond); // set by default
        Assert.Equal(100, limits.Http2.MaxStreamsPerConnection);
    }

    [Fact]
    public async Task There_are_fewer_streams_than_connections_and_fewer_connections_than_files()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using TestHub small = await TestHub.StartAsync(settings: ("Tidings:Connections:MaxTotal", "20"));
        await using TestHub chosen = await TestHub.StartAsync(settings: [("Tidings:Connections:MaxTotal", "20"), ("Tidings:Streams:MaxTotal", "7")]);

        Assert.InRange(ConnectionsOf(hub)!.Value, 16, OpenFiles.Limit()!.Value - 192); // both are known on Linux
        Assert.InRange(StreamsOf(hub), 1, ConnectionsOf(hub)!.Value - 1);
        Assert.Equal((20, 18), (ConnectionsOf(small), StreamsOf(small)));
        Assert.Equal((20, 7), (ConnectionsOf(chosen), StreamsOf(chosen)));
    }

    private static int? ConnectionsOf(TestHub hub) => hub.Services.GetRequiredService<ConnectionLimits>().MaxConnections;

    private static int StreamsOf(TestHub hub) => hub.Services.GetRequiredService<IOptions<TidingsOptions>>().Value.Streams.MaxTotal;
}
