using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>Frames of HTTP/2 that cost the server more than the client. Kestrel's limits stand against them; here is what comes of them at the hub, and that others do not notice.</summary>
[Collection(AloneCollection.Name)]
public sealed class Http2FloodTests
{
    private const int Rounds = 40_000;
    private const int RoundsOfOneWrite = 200;
    private const uint RefusedStream = 7; // RFC 9113, 7

    [Theory]
    [InlineData("rapid reset")] // CVE-2023-44487
    [InlineData("window of zero")] // CVE-2025-8671: what makes the server itself reset the stream
    [InlineData("window too large")]
    [InlineData("data after the end")]
    [InlineData("priority over itself")]
    [InlineData("fields without end")] // CVE-2024-27316
    public async Task A_flood_of_streams_or_fields_ends_its_connection_and_leaves_nothing(string kind)
    {
        await using TestApp app = await TestApp.StartAsync();
        app.MayFail = true; // Kestrel says so when it cuts a connection for its queue
        await using Http2Client client = await Http2Client.ConnectAsync(app.Transport.Connect(TestApp.Http2Port));

        await FloodAsync(client, kind, () => client.IsClosed, TestApp.Cancellation);

        await SocketApp.WaitUntilAsync(() => client.IsClosed);
        await AssertServesOthersAsync(app);
        await AssertNothingIsLeftAsync(app);
    }

    // Each of these costs the server no more than the client; what counts is that others are served all the while.
    [Theory]
    [InlineData("pings")]
    [InlineData("settings")]
    [InlineData("fields in empty frames")]
    [InlineData("a body in empty frames")]
    public async Task A_flood_of_cheap_frames_delays_nobody(string kind)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using Http2Client client = await Http2Client.ConnectAsync(app.Transport.Connect(TestApp.Http2Port));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestApp.Cancellation);
        Task flood = Task.Run(() => FloodAsync(client, kind, () => false, over.Token));
        for (int i = 0; i < 50; i++)
        {
            await AssertServesOthersAsync(app);
        }

        await over.CancelAsync();
        await flood;
        await client.DisposeAsync();
        await AssertNothingIsLeftAsync(app);
    }

    [Theory]
    [InlineData("pings")]
    [InlineData("settings")]
    public async Task Who_does_not_read_the_answers_cannot_ask_on(string kind)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using Http2Client client = await Http2Client.ConnectAsync(app.Transport.Connect(TestApp.Http2Port), reads: false);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestApp.Cancellation);
        Task flood = Task.Run(() => FloodAsync(client, kind, () => false, over.Token));
        int seen = -1;
        int unchanged = 0;
        await SocketApp.WaitUntilAsync(() =>
        {
            int sent = client.Sent;
            unchanged = sent == seen ? unchanged + 1 : 0;
            seen = sent;
            return unchanged == 50;
        });

        Assert.InRange(seen, 1, 1024 * 1024); // what the buffers on the way hold
        await AssertServesOthersAsync(app);
        await over.CancelAsync();
        await flood;
    }

    [Fact]
    public async Task A_connection_has_a_hundred_streams_and_no_more()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using Http2Client client = await Http2Client.ConnectAsync(app.Transport.Connect(TestApp.Http2Port));
        for (int number = 0; number < 110; number++)
        {
            await client.SendAsync(Http2Client.Subscribe((2 * number) + 1));
        }

        await SocketApp.WaitUntilAsync(() => client.Resets.Count == 10 && app.Services.GetRequiredService<OpenStreams>().Count == 100);
        Assert.All(client.Resets.Values, reason => Assert.Equal(RefusedStream, reason));
        Assert.Null(client.GoneAway);
    }

    private static async Task FloodAsync(Http2Client client, string kind, Func<bool> isOver, CancellationToken cancellationToken)
    {
        try
        {
            int rounds = IsEndless(kind) ? int.MaxValue - RoundsOfOneWrite : Rounds;
            for (int round = 0; round < rounds && !isOver();)
            {
                List<byte> frames = [];
                for (int end = round + RoundsOfOneWrite; round < end; round++)
                {
                    frames.AddRange(Flood(kind, round));
                }

                await client.SendAsync([.. frames], cancellationToken);
            }
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The server has ended the connection, or the test the flood.
        }
    }

    private static bool IsEndless(string kind) => kind is "pings" or "settings" or "fields in empty frames" or "a body in empty frames";

    private static byte[] Flood(string kind, int round)
    {
        int stream = unchecked((2 * round) + 1); // of no meaning to what goes on without end
        return kind switch
        {
            "rapid reset" => [.. Http2Client.Subscribe(stream), .. Http2Client.Frame(Http2Client.Reset, 0, stream, Http2Client.Number(8))],
            "window of zero" => [.. Http2Client.Subscribe(stream), .. Http2Client.Frame(Http2Client.WindowUpdate, 0, stream, Http2Client.Number(0))],
            "window too large" => [.. Http2Client.Subscribe(stream), .. Http2Client.Frame(Http2Client.WindowUpdate, 0, stream, Http2Client.Number(int.MaxValue))],
            "data after the end" => [.. Http2Client.Subscribe(stream), .. Http2Client.Frame(Http2Client.Data, 0, stream, [1])],
            "priority over itself" => [.. Http2Client.Subscribe(stream), .. Http2Client.Frame(Http2Client.Priority, 0, stream, [.. Http2Client.Number(stream), 0])],
            "fields without end" when round > 0 => Http2Client.Frame(Http2Client.Continuation, 0, 1, Http2Client.Fields(("x", new string('y', 100)))),
            "fields in empty frames" when round > 0 => Http2Client.Frame(Http2Client.Continuation, 0, 1, []),
            "fields without end" or "fields in empty frames" => Http2Client.Frame(Http2Client.Headers, 0, 1, Http2Client.Fields((":method", "GET"))),
            "a body in empty frames" when round > 0 => Http2Client.Frame(Http2Client.Data, 0, 1, []),
            "a body in empty frames" => Http2Client.Publish(1),
            "pings" => Http2Client.Frame(Http2Client.Ping, 0, 0, new byte[8]),
            "settings" => Http2Client.Frame(Http2Client.Settings, 0, 0, []),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
        };
    }

    private static async Task AssertServesOthersAsync(TestApp app)
    {
        await using TestStream other = await app.SubscribeAsync("other", http2: true);
        await app.PublishAsync("other", "served");
        Assert.Equal("served", Assert.Single(await other.ReadEventsAsync(1)).Data);
    }

    private static Task AssertNothingIsLeftAsync(TestApp app) => SocketApp.WaitUntilAsync(
        () => app.Services.GetRequiredService<OpenStreams>().Count == 0 && app.Services.GetRequiredService<StreamLimits>().Count == 0);
}
