using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

/// <summary>How long a stream of the hub lasts. The clock of the hub ticks every 0.7 s here, so that a token can end between two ticks.</summary>
public sealed class StreamTermTests
{
    // A quarter of it is the tick; 9.8 s and 10.5 s are ticks, 10 s is none.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2.8);

    // What may be under way to a client that does not read: the server's buffer, a slice, and the transport's.
    private const int MostUnderWay = (64 + 16 + 16) * 1024;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_ends_with_its_token_and_not_a_tick_earlier(bool isLegacy)
    {
        await using TestApp app = await StartAsync();
        string token = isLegacy ? GuardedHub.LegacySubscriber(10, "*") : GuardedHub.Current(subscribe: ["*"], seconds: 10);
        await using TestStream stream = await app.SubscribeWithAsync(token, isLegacy ? "topic=*" : "match=*");
        await PublishPrivateAsync(app, "1");
        await stream.ReadEventsAsync(1);

        app.Time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        await PublishPrivateAsync(app, "2");
        await stream.ReadEventsAsync(2);
        app.Time.Advance(TimeSpan.FromTicks(1));
        await PublishPrivateAsync(app, "3");

        Assert.Equal(["1", "2"], Data(await stream.ReadToEndAsync()));
    }

    [Fact]
    public async Task A_quiet_stream_ends_within_a_tick_of_the_end_of_its_token()
    {
        await using TestApp app = await StartAsync();
        await using TestStream stream = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["*"], seconds: 10), "match=*");

        app.Time.Advance(TimeSpan.FromSeconds(10.5));

        Assert.Empty(await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Whoever_catches_up_when_the_token_ends_is_sent_no_more_of_the_log()
    {
        await using TestApp app = await StartAsync();
        app.Transport.BufferBytes = 4096;
        string payload = new('x', 1000);
        for (int i = 0; i < 2000; i++)
        {
            await app.Broker.PublishAsync("news", $"{i}:{payload}", TestApp.Cancellation);
        }

        await using TestStream stream = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["*"], seconds: 10), "match=*", "earliest");
        await stream.ReadEventsAsync(100);
        int before = stream.Text.Length;

        app.Time.Advance(TimeSpan.FromSeconds(10));
        IReadOnlyList<DecodedEvent> events = await stream.ReadToEndAsync();

        Assert.InRange(stream.Text.Length - before, 0, MostUnderWay);
        Assert.Equal(Enumerable.Range(0, events.Count).Select(number => $"{number}:{payload}"), Data(events));
    }

    [Theory]
    [InlineData("match=*")]
    [InlineData("match=*&cursor=heartbeat")]
    public async Task An_event_that_is_half_written_when_the_token_ends_is_never_dispatched(string query)
    {
        await using TestApp app = await StartAsync(options => options.CursorHeartbeatInterval = TimeSpan.FromSeconds(1));
        app.Transport.BufferBytes = 4096;
        await using TestStream stream = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["*"], seconds: 10), query);
        await stream.ReadUntilAsync(text => text.StartsWith(":\n", StringComparison.Ordinal));
        await app.Broker.PublishAsync("news", new string('x', 1024 * 1024), TestApp.Cancellation);
        await stream.ReadUntilAsync(text => text.Contains("data: x", StringComparison.Ordinal));
        string cursor = FrameDecoder.DecodeStream(System.Text.Encoding.UTF8.GetBytes(stream.Text)).LastEventId;

        app.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(await stream.ReadToEndAsync());

        Assert.InRange(stream.Text.Length, 1, 2 * MostUnderWay);
        Assert.Equal(cursor, FrameDecoder.DecodeStream(System.Text.Encoding.UTF8.GetBytes(stream.Text)).LastEventId);
    }

    [Fact]
    public async Task A_write_that_waits_for_the_client_when_the_token_ends_is_cut()
    {
        await using TestApp app = await StartAsync();
        app.Transport.BufferBytes = 4096;
        await using TestStream stream = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["*"], seconds: 10), "match=*");
        await stream.ReadUntilAsync(text => text == ":\n");
        await app.Broker.PublishAsync("news", new string('x', 1024 * 1024), TestApp.Cancellation);
        await stream.ReadUntilAsync(text => text.Contains("data: x", StringComparison.Ordinal));

        // What waits at two ticks is cut; if the client read before, the stream would end in order.
        OpenStreams streams = app.Services.GetRequiredService<OpenStreams>();
        await SocketApp.WaitUntilAsync(() => streams.WaitingCount == 1);
        app.Time.Advance(TimeSpan.FromSeconds(10.5));
        await SocketApp.WaitUntilAsync(() =>
        {
            app.Time.Advance(TimeSpan.FromSeconds(1));
            return streams.Count == 0;
        });

        await Assert.ThrowsAnyAsync<Exception>(() => stream.ReadToEndAsync());
        Assert.Empty(stream.Events);
    }

    [Fact]
    public async Task The_end_of_the_token_is_told_once_in_time_and_without_an_id()
    {
        await using TestApp app = await StartAsync(options => options.ExpiryNotice = TimeSpan.FromSeconds(10));
        await using TestStream stream = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["*"], seconds: 60), "match=*");
        await PublishPrivateAsync(app, "1");
        string id = (await stream.ReadEventsAsync(1))[0].LastEventId;

        app.Time.Advance(TimeSpan.FromSeconds(49.99));
        await PublishPrivateAsync(app, "2");
        await stream.ReadEventsAsync(2);
        Assert.DoesNotContain("tidings-expiring", stream.Text, StringComparison.Ordinal);
        app.Time.Advance(TimeSpan.FromSeconds(0.71)); // to the next tick
        DecodedEvent notice = (await stream.ReadEventsAsync(3))[2];
        app.Time.Advance(TimeSpan.FromSeconds(5));
        await PublishPrivateAsync(app, "3");
        await stream.ReadEventsAsync(4);
        app.Time.Advance(TimeSpan.FromSeconds(5));

        IReadOnlyList<DecodedEvent> events = await stream.ReadToEndAsync();
        Assert.Equal(("tidings-expiring", """{"expires":"2030-01-01T12:01:00Z"}"""), (notice.Type, notice.Data));
        Assert.NotEqual(id, notice.LastEventId);
        Assert.Equal(events[1].LastEventId, notice.LastEventId); // that of the event before it
        Assert.Contains("event: tidings-expiring\ndata: {\"expires\":\"2030-01-01T12:01:00Z\"}\n\n", stream.Text, StringComparison.Ordinal);
        Assert.Single(events, decoded => decoded.Type == "tidings-expiring");
    }

    [Fact]
    public async Task A_stream_that_has_less_time_than_the_notice_is_told_within_a_tick()
    {
        await using TestApp app = await StartAsync(options => options.ExpiryNotice = TimeSpan.FromSeconds(10));
        await using TestStream stream = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["*"], seconds: 5), "match=*");
        await stream.ReadUntilAsync(text => text == ":\n");

        app.Time.Advance(TimeSpan.FromSeconds(0.7));

        Assert.Equal("tidings-expiring", Assert.Single(await stream.ReadEventsAsync(1)).Type);
    }

    [Fact]
    public async Task A_client_that_renews_its_token_and_comes_back_loses_nothing()
    {
        await using TestApp app = await StartAsync();
        await using TestStream first = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["*"], seconds: 10), "match=*");
        await PublishPrivateAsync(app, "1");
        string last = (await first.ReadEventsAsync(1))[0].LastEventId;
        app.Time.Advance(TimeSpan.FromSeconds(10));
        await PublishPrivateAsync(app, "2");
        await first.ReadToEndAsync();
        await PublishPrivateAsync(app, "3");

        await using TestStream second = await app.SubscribeWithAsync(GuardedHub.Current(subscribe: ["*"], seconds: 700), "match=*", last);
        await PublishPrivateAsync(app, "4");

        Assert.Equal(["1"], Data(first.Events.Where(decoded => decoded.Type == "message")));
        Assert.Equal(["2", "3", "4"], Data(await second.ReadEventsAsync(3)));
    }

    [Fact]
    public async Task Streams_grow_as_old_as_the_limit_allows_each_to_an_age_of_its_own()
    {
        const int Streams = 40;
        await using TestApp app = await StartAsync(options => options.MaxStreamAge = TimeSpan.FromSeconds(100));
        string token = GuardedHub.Current(subscribe: ["*"], seconds: 3600);
        TestStream[] streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => app.SubscribeWithAsync(token, "match=*")));

        app.Time.Advance(TimeSpan.FromSeconds(79.9));
        await app.Broker.PublishAsync("news", "before", TestApp.Cancellation);
        await Task.WhenAll(streams.Select(stream => stream.ReadEventsAsync(1)));
        Task<IReadOnlyList<DecodedEvent>>[] reading = [.. streams.Select(stream => stream.ReadToEndAsync())];
        app.Time.Advance(TimeSpan.FromSeconds(10));
        while (reading.Count(task => task.IsCompleted) < Streams / 8)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestApp.Cancellation);
        }

        Assert.InRange(reading.Count(task => task.IsCompleted), Streams / 8, Streams * 7 / 8);
        app.Time.Advance(TimeSpan.FromSeconds(11));
        IReadOnlyList<DecodedEvent>[] received = await Task.WhenAll(reading);

        // All of them lived to see it; that they come back with the token that they have needs no notice.
        Assert.All(received, events => Assert.Equal(["before"], Data(events)));
        foreach (TestStream stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_stream_without_a_token_has_an_age_too()
    {
        await using TestApp app = await StartAsync(options => options.MaxStreamAge = TimeSpan.FromSeconds(10));
        await using TestStream stream = await app.SubscribeWithAsync(null, "match=*");

        app.Time.Advance(TimeSpan.FromSeconds(11));

        Assert.Empty(await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task When_its_key_is_removed_a_stream_ends_and_its_token_is_worth_nothing()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.Dev = false, map: null, builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Tidings:AllowAnonymous"] = "true",
                ["Tidings:Legacy:Publisher:Key"] = Forge.PublisherSecret,
                ["Tidings:Legacy:Subscriber:Key"] = Forge.SubscriberSecret,
            });
            builder.Services.AddAuthentication().AddTidingsTokens();
        });
        string token = GuardedHub.LegacySubscriber("*");
        await using TestStream stream = await app.SubscribeWithAsync(token, "topic=*");
        await using TestStream nobody = await app.SubscribeWithAsync(null, "topic=*");
        await PublishPrivateAsync(app, "1");
        await stream.ReadEventsAsync(1);

        var configuration = (IConfigurationRoot)app.Services.GetRequiredService<IConfiguration>();
        configuration["Tidings:Legacy:Subscriber:Key"] = Forge.OtherSecret;
        configuration.Reload();
        Task<IReadOnlyList<DecodedEvent>> ending = stream.ReadToEndAsync();
        while (!ending.IsCompleted)
        {
            app.Time.Advance(TimeSpan.FromSeconds(0.7));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestApp.Cancellation);
        }

        await PublishPrivateAsync(app, "2");
        await app.Broker.PublishAsync("news", "for all", TestApp.Cancellation);
        using HttpResponseMessage again = await app.AskAsync(HttpMethod.Get, $"{TestApp.HubPath}?topic=*", ("Authorization", $"Bearer {token}"));

        Assert.Equal(["1"], Data(await ending));
        Assert.Equal(["for all"], Data(await nobody.ReadEventsAsync(1)));
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, again.StatusCode);
    }

    private static Task<TestApp> StartAsync(Action<TidingsOptions>? change = null) => GuardedHub.StartAsync(options =>
    {
        options.HeartbeatInterval = Heartbeat;
        options.WriteTimeout = TimeSpan.FromMinutes(1);
        options.MemoryLog.MaxBytes = 16 * 1024 * 1024;
        options.ExpiryNotice = TimeSpan.Zero;
        change?.Invoke(options);
    });

    private static async Task PublishPrivateAsync(TestApp app, string data) =>
        await app.Broker.PublishAsync(["news"], new ServerEvent(data), EventAudience.Granted, idempotencyKey: null, TestApp.Cancellation);

    private static IEnumerable<string> Data(IEnumerable<DecodedEvent> events) => events.Where(decoded => decoded.Type == "message").Select(decoded => decoded.Data);
}
