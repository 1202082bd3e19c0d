using Microsoft.Extensions.DependencyInjection;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>Streams that stop reading in the middle of a connection on which others read on.</summary>
public sealed class Http2StallTests
{
    private const int Streams = 100;
    private const int Good = (2 * Streams) - 1; // client streams have odd numbers
    private const int SmallWindow = 64;

    [Fact]
    public async Task Of_a_hundred_streams_on_one_connection_99_stall_and_are_ended_alone_and_the_good_one_misses_nothing()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using Http2Client client = await Http2Client.ConnectAsync(app.Transport.Connect(TestApp.Http2Port), SmallWindow);
        for (int stream = 1; stream <= Good; stream += 2)
        {
            await client.SendAsync(Http2Client.Subscribe(stream));
        }

        await client.SendAsync(Http2Client.Frame(Http2Client.WindowUpdate, 0, Good, Http2Client.Number(int.MaxValue - SmallWindow)));
        await SocketApp.WaitUntilAsync(() => Enumerable.Range(0, Streams).All(number => client.TextOf((2 * number) + 1).Length > 0));

        string large = new('x', 100_000);
        for (int i = 0; i < 3; i++)
        {
            await app.PublishAsync("news", $"{i}:{large}");
        }

        // Those who stall wait, and the good one does not, also as the hub sees it: so it is not cut with them when the time has passed.
        await SocketApp.WaitUntilAsync(() => CountEvents(client) == 3 && app.Services.GetRequiredService<OpenStreams>().WaitingCount == Streams - 1);
        app.Time.Advance(TimeSpan.FromSeconds(10));
        await SocketApp.WaitUntilAsync(() => client.Resets.Count >= Streams - 1);
        await app.PublishAsync("news", $"3:{large}");
        await SocketApp.WaitUntilAsync(() => CountEvents(client) == 4);

        Assert.Equal(["data: 0:", "data: 1:", "data: 2:", "data: 3:"], client.TextOf(Good).Split('\n').Where(line => line.StartsWith("data", StringComparison.Ordinal)).Select(line => line[..8]));
        Assert.Equal((Streams - 1, false), (client.Resets.Count, client.Resets.ContainsKey(Good)));
        Assert.All(Enumerable.Range(0, Streams - 1), number => Assert.Equal(SmallWindow, client.TextOf((2 * number) + 1).Length));
        Assert.Equal((null, false), (client.GoneAway, client.IsClosed));
    }

    private static int CountEvents(Http2Client client) => client.TextOf(Good).Split("\n\n").Length - 1;
}
