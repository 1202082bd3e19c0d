using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

public sealed class SlowReadersTests
{
    [Theory]
    [InlineData("/hub?match=*")]
    [InlineData("/prices")]
    public async Task An_endpoint_that_keeps_the_latest_sends_a_client_that_comes_back_the_newest_of_each_topic(string path)
    {
        await using TestApp app = await TestApp.StartAsync(map: web =>
        {
            web.MapTidings("/hub").WithSlowReaders(SlowReaders.KeepLatest);
            web.MapEventStream("/prices", () => new[] { Topic.Of("a"), Topic.Of("b") }).WithSlowReaders(SlowReaders.KeepLatest);
        });
        for (int number = 1; number <= 10; number++)
        {
            await app.Broker.PublishAsync(number % 2 == 0 ? "a" : "b", $"{number}", TestApp.Cancellation);
        }

        await app.Broker.WaitForSubscribersAsync(Hang.Limit); // what is not dispatched yet would be live for whoever comes now

        await using TestStream stream = await app.OpenAsync(path, "earliest");

        Assert.Equal(["9", "10"], (await stream.ReadEventsAsync(2)).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task Without_a_word_an_endpoint_sends_everything()
    {
        await using TestApp app = await TestApp.StartAsync(map: web => web.MapEventStream("/prices", () => Topic.Of("a")));
        await app.Broker.PublishAsync("a", "1", TestApp.Cancellation);
        await app.Broker.PublishAsync("a", "2", TestApp.Cancellation);

        await using TestStream stream = await app.OpenAsync("/prices", "earliest");

        Assert.Equal(["1", "2"], (await stream.ReadEventsAsync(2)).Select(decoded => decoded.Data));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_endpoint_that_closes_slow_readers_ends_the_stream_in_order_and_the_client_comes_back_with_its_cursor(bool http2)
    {
        await using TestApp app = await TestApp.StartAsync(
            options => options.Broker.PendingCapacity = 4,
            map: web => web.MapEventStream("/prices", () => Topic.Of("a")).WithSlowReaders(SlowReaders.Close));
        app.Transport.BufferBytes = 4096;
        await using TestStream slow = await app.OpenAsync("/prices", http2: http2);
        await app.Broker.PublishAsync("a", "0", TestApp.Cancellation);
        await slow.ReadEventsAsync(1);
        string payload = new('x', 50_000);
        for (int number = 1; number <= 40; number++)
        {
            await app.Broker.PublishAsync("a", $"{number}:{payload}", TestApp.Cancellation);
        }

        IReadOnlyList<DecodedEvent> received = await slow.ReadToEndAsync(); // would throw if the stream were cut

        Assert.InRange(received.Count, 2, 40);
        app.Transport.BufferBytes = 64 * 1024;
        await using TestStream back = await app.OpenAsync("/prices", received[^1].LastEventId);
        IReadOnlyList<DecodedEvent> rest = await back.ReadEventsAsync(41 - received.Count);
        Assert.Equal(
            Enumerable.Range(0, 41).Select(number => number == 0 ? "0" : $"{number}:{payload}"),
            received.Concat(rest).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task A_client_that_is_cut_because_it_does_not_read_is_counted()
    {
        using var counts = new MetricCounts();
        await using TestApp app = await TestApp.StartAsync(build: builder => builder.Services.AddSingleton<System.Diagnostics.Metrics.IMeterFactory>(counts));
        app.Transport.BufferBytes = 4096;
        await using TestStream sleeper = await app.SubscribeAsync("news");
        await sleeper.ReadUntilAsync(text => text == ":\n");
        await app.Broker.PublishAsync("news", new string('x', 200_000), TestApp.Cancellation);

        await EventStreamTests.AdvanceUntilAsync(app, "has not read");

        Assert.Equal(1, counts.Total("tidings.subscribers.too_slow"));
    }

    [Fact]
    public async Task A_client_that_is_cut_is_told_of_once_however_long_its_stream_takes_to_end()
    {
        await using TestApp app = await TestApp.StartAsync();
        app.Transport.BufferBytes = 4096;
        await using TestStream sleeper = await app.SubscribeAsync("news");
        await sleeper.ReadUntilAsync(text => text == ":\n");
        OpenStreams streams = app.Services.GetRequiredService<OpenStreams>();
        await SocketApp.WaitUntilAsync(() => streams.WaitingCount == 0);
        await app.Broker.PublishAsync("news", new string('x', 200_000), TestApp.Cancellation);
        await SocketApp.WaitUntilAsync(() => streams.WaitingCount == 1);

        app.Time.Advance(TimeSpan.FromSeconds(60)); // many ticks, one right after the other
        await SocketApp.WaitUntilAsync(() => streams.Count == 0);

        Assert.Single(app.Log.Lines, line => line.Text.Contains("has not read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_no_way_to_treat_slow_readers_is_refused_when_the_app_starts()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => TestApp.StartAsync(map: web => web.MapTidings().WithSlowReaders((SlowReaders)3)));
    }
}
