using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

public sealed class CursorHeartbeatTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_asks_is_told_where_its_stream_begins_at_once(bool http2)
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news&cursor=heartbeat", http2: http2);

        string text = await stream.ReadUntilAsync(EndsWithBlankLine);

        Assert.Matches(@"^:\nid: #[\w-]{22}\n\n$", text);
        Assert.Empty(stream.Events);
    }

    [Theory]
    [InlineData("")]
    [InlineData("&cursor=")]
    [InlineData("&cursor=Heartbeat")]
    [InlineData("&cursor=other")]
    public async Task A_client_that_does_not_ask_is_never_told(string query)
    {
        await using TestApp app = await TestApp.StartAsync(options => options.WriteTimeout = TimeSpan.FromMinutes(10));
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news{query}");
        await DispatchLoudAsync(app, 1);
        await ReadWhileTimePassesAsync(app, stream, text => text.Length >= 10); // four heartbeats are a minute

        await app.PublishAsync("news", "2");
        await stream.ReadEventsAsync(1);

        Assert.Equal(["data: 2", "id"], stream.Text.Split('\n').Where(line => line.Length > 1).Select(line => line.StartsWith("id", StringComparison.Ordinal) ? "id" : line));
    }

    [Fact]
    public async Task A_client_that_is_cut_before_its_first_event_comes_back_and_receives_it()
    {
        await using TestApp app = await TestApp.StartAsync();
        TestStream first = await app.OpenAsync($"{TestApp.HubPath}?match=news&cursor=heartbeat");
        string id = LastId(await first.ReadUntilAsync(EndsWithBlankLine));
        await first.DisposeAsync();
        await app.PublishAsync("news", "1");

        await using TestStream back = await app.OpenAsync($"{TestApp.HubPath}?match=news&cursor=heartbeat", id);

        Assert.Equal(["1"], (await back.ReadEventsAsync(1)).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task The_place_is_told_again_when_it_has_moved_and_the_interval_has_passed()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using Subscriber subscriber = await app.Broker.SubscribeAsync(new SubscribeOptions(TopicMatcher.Exact("quiet")), TestApp.Cancellation);
        var cursor = new CursorHeartbeat(subscriber, app.Services.GetRequiredService<OpenStreams>());
        Assert.StartsWith("id: #", await NextAsync(), StringComparison.Ordinal);

        app.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(cursor.IsDue(app.Time.GetTimestamp()));
        app.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(cursor.IsDue(app.Time.GetTimestamp()));
        Assert.Empty(await NextAsync()); // nothing has moved
        Assert.False(cursor.IsDue(app.Time.GetTimestamp()));

        // To those who do not see the event its id is a place like any other.
        string loud = await DispatchLoudAsync(app, 1);
        Assert.Equal($"id: {loud}\n\n", await NextAsync());

        async Task<string> NextAsync() => Encoding.UTF8.GetString((await cursor.NextAsync(TestApp.Cancellation)).Span);
    }

    [Fact]
    public async Task A_subscriber_of_a_quiet_topic_does_not_fall_out_of_retention()
    {
        await using TestApp app = await TestApp.StartAsync(options =>
        {
            options.MemoryLog.MaxEvents = 10;
            options.WriteTimeout = TimeSpan.FromMinutes(10);
        });
        await app.PublishAsync("loud", "0");
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=quiet&cursor=heartbeat");
        string first = LastId(await stream.ReadUntilAsync(EndsWithBlankLine));
        await DispatchLoudAsync(app, 20);

        string second = LastId(await ReadWhileTimePassesAsync(app, stream, text => LastId(text) != first));
        await app.PublishAsync("quiet", "21");

        await using TestStream back = await app.SubscribeAsync("quiet", second);
        await using TestStream lost = await app.SubscribeAsync("quiet", first);
        Assert.Equal(["21"], (await back.ReadEventsAsync(1)).Select(decoded => decoded.Data));
        Assert.Equal("tidings-gap", (await lost.ReadEventsAsync(1))[0].Type);
    }

    [Theory]
    [InlineData("")]
    [InlineData("&gap=header")]
    public async Task After_a_gap_the_place_is_that_of_the_gap_and_the_client_comes_back_without_one(string query)
    {
        await using TestApp app = await TestApp.StartAsync();
        await DispatchLoudAsync(app, 1);
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news&cursor=heartbeat{query}", "from-nowhere");

        int ids = query.Length == 0 ? 2 : 1; // the gap's own, unless it is told by the header
        string id = LastId(await stream.ReadUntilAsync(text => EndsWithBlankLine(text) && text.Split("id: #").Length == 1 + ids));

        if (query.Length == 0)
        {
            DecodedEvent gap = Assert.Single(stream.Events);
            Assert.Equal(("tidings-gap", id), (gap.Type, gap.LastEventId));
        }

        await app.PublishAsync("news", "2");
        await using TestStream back = await app.SubscribeAsync("news", id);
        Assert.Equal(["2"], (await back.ReadEventsAsync(1)).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task A_stream_of_topics_that_an_application_maps_understands_it_too()
    {
        await using TestApp app = await TestApp.StartAsync(map: web => web.MapEventStream("/mine", (HttpContext _) => Topic.Of("mine")));
        await using TestStream stream = await app.OpenAsync("/mine?cursor=heartbeat");
        string id = LastId(await stream.ReadUntilAsync(EndsWithBlankLine));
        await app.Broker.PublishAsync("mine", "1", TestApp.Cancellation);

        await using TestStream back = await app.OpenAsync("/mine", id);

        Assert.Equal(["1"], (await back.ReadEventsAsync(1)).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task A_replay_begins_with_the_place_before_it()
    {
        await using TestApp app = await TestApp.StartAsync();
        await app.PublishAsync("news", "1");
        await app.PublishAsync("news", "2");
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news&cursor=heartbeat", "earliest");
        await stream.ReadEventsAsync(2);
        Assert.StartsWith(":\nid: #", stream.Text, StringComparison.Ordinal);

        await using TestStream back = await app.SubscribeAsync("news", stream.Text.Split('\n')[1]["id: ".Length..]);

        Assert.Equal(["1", "2"], (await back.ReadEventsAsync(2)).Select(decoded => decoded.Data));
    }

    /// <summary>Publishes so many events that the streams under test do not see, and returns the id of the last when everybody else has been offered it.</summary>
    private static async Task<string> DispatchLoudAsync(TestApp app, int count)
    {
        await using TestStream witness = await app.SubscribeAsync("loud");
        string id = "";
        for (int number = 1; number <= count; number++)
        {
            id = await app.PublishAsync("loud", $"{number}");
        }

        // The witness may be offered an event before others are; who comes after that is registered when its dispatch is over.
        await witness.ReadEventsAsync(count);
        await using TestStream next = await app.SubscribeAsync("loud");
        return id;
    }

    private static async Task<string> ReadWhileTimePassesAsync(TestApp app, TestStream stream, Func<string, bool> condition)
    {
        Task<string> reading = stream.ReadUntilAsync(condition);
        while (!reading.IsCompleted)
        {
            app.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestApp.Cancellation);
        }

        return await reading;
    }

    private static bool EndsWithBlankLine(string text) => text.EndsWith("\n\n", StringComparison.Ordinal);

    // That of the last whole block: heartbeats may have come behind it.
    private static string LastId(string text) => FrameDecoder.DecodeStream(Encoding.UTF8.GetBytes(text)).LastEventId;
}
