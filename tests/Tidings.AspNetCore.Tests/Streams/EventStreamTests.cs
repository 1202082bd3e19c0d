using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

public sealed class EventStreamTests
{
    [Fact]
    public async Task A_stream_of_a_topic_that_is_chosen_per_request_holds_its_events_and_resumes()
    {
        await using TestApp app = await TestApp.StartAsync(map: web =>
            web.MapEventStream("/prices/{symbol}", (string symbol) => Topic.Of($"prices/{symbol}")));
        await using TestStream first = await app.OpenAsync("/prices/ACME");
        await app.Broker.PublishAsync("prices/OTHER", "0", TestApp.Cancellation);
        await app.Broker.PublishAsync("prices/ACME", "1", TestApp.Cancellation);
        string id = (await first.ReadEventsAsync(1))[0].LastEventId;
        await app.Broker.PublishAsync("prices/ACME", "2", TestApp.Cancellation);

        await using TestStream second = await app.OpenAsync("/prices/ACME", id);

        Assert.Equal("1", first.Events[0].Data);
        Assert.Equal(["2"], (await second.ReadEventsAsync(1)).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task A_handler_may_choose_several_topics_and_may_take_its_time()
    {
        await using TestApp app = await TestApp.StartAsync(map: web =>
            web.MapEventStream("/mine", async (HttpContext context) =>
            {
                await Task.Yield();
                return context.Request.Query["t"].Select(topic => Topic.Of(topic!)).ToArray();
            }));
        await using TestStream stream = await app.OpenAsync("/mine?t=a&t=b");

        foreach (string topic in new[] { "a", "b", "c" })
        {
            await app.Broker.PublishAsync(topic, topic, TestApp.Cancellation);
        }

        Assert.Equal(["a", "b"], (await stream.ReadEventsAsync(2)).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task A_stream_that_the_application_maps_shows_private_events_because_the_application_decides_who_may_see_it()
    {
        await using TestApp app = await TestApp.StartAsync(map: web => web.MapEventStream("/mine", () => Topic.Of("mine")));
        await using TestStream stream = await app.OpenAsync("/mine");

        await app.Broker.PublishAsync(["mine"], new ServerEvent("secret"), EventAudience.Granted, idempotencyKey: null, TestApp.Cancellation);

        Assert.Equal("secret", (await stream.ReadEventsAsync(1))[0].Data);
    }

    [Fact]
    public async Task Headers_and_a_comment_come_before_an_enumerable_has_anything_to_say()
    {
        var events = Channel.CreateUnbounded<ServerEvent>();
        await using TestApp app = await TestApp.StartAsync(map: web =>
            web.MapEventStream("/events", (CancellationToken cancellationToken) => events.Reader.ReadAllAsync(cancellationToken)));
        await using TestStream stream = await app.OpenAsync("/events");
        Assert.Equal(":\n", await stream.ReadUntilAsync(text => text.Length >= 2));

        await events.Writer.WriteAsync(new ServerEvent("hi", "greeting", "7") { Retry = TimeSpan.FromSeconds(2) }, TestApp.Cancellation);
        events.Writer.Complete();
        await stream.ReadToEndAsync();

        Assert.Equal(":\nevent: greeting\nretry: 2000\ndata: hi\nid: 7\n\n", stream.Text);
    }

    [Theory]
    [InlineData("/texts", "data: a\n\ndata: b\n\n")]
    [InlineData("/values", "data: {\"name\":\"a\"}\n\n")]
    [InlineData("/items", "event: x\nretry: 50\ndata: a\nid: 1\n\ndata: b\n\n")]
    [InlineData("/value-items", "event: x\ndata: {\"name\":\"a\"}\n\n")]
    [InlineData("/task", "data: a\n\ndata: b\n\n")]
    public async Task Any_enumerable_can_be_streamed(string path, string expected)
    {
        await using TestApp app = await TestApp.StartAsync(map: web =>
        {
            web.MapEventStream("/texts", () => Each("a", "b"));
            web.MapEventStream("/values", () => Each(new Named("a")));
            web.MapEventStream("/items", () => Each(
                new SseItem<string>("a", "x") { EventId = "1", ReconnectionInterval = TimeSpan.FromMilliseconds(50) },
                new SseItem<string>("b")));
            web.MapEventStream("/value-items", () => Each(new SseItem<Named>(new Named("a"), "x")));
            web.MapEventStream("/task", () => Task.FromResult(Each("a", "b")));
        });
        await using TestStream stream = await app.OpenAsync(path);

        await stream.ReadToEndAsync();

        Assert.Equal(":\n" + expected, stream.Text);
    }

    [Fact]
    public async Task A_handler_that_cannot_become_a_stream_is_refused_when_the_app_starts()
    {
        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            TestApp.StartAsync(map: web => web.MapEventStream("/number", () => 42)));

        Assert.Contains("/number", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_AddTidings_mapping_says_what_is_missing()
    {
        await using WebApplication app = WebApplication.CreateSlimBuilder().Build();

        Assert.Contains("AddTidings", Assert.Throws<InvalidOperationException>(() => app.MapTidings()).Message, StringComparison.Ordinal);
        Assert.Contains("AddTidings", Assert.Throws<InvalidOperationException>(() => app.MapEventStream("/x", () => Topic.Of("x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_that_says_that_a_stream_is_over_answers_204()
    {
        await using TestApp app = await TestApp.StartAsync(map: web =>
            web.MapEventStream("/job", (LastEventId last) => last.Value == "end" ? EventStream.Over : EventStream.Of(Each("a"))));

        await using TestStream open = await app.OpenAsync("/job");
        await using TestStream over = await app.OpenAsync("/job", "end");

        Assert.Equal(HttpStatusCode.OK, open.Response.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, over.Response.StatusCode);
        Assert.Null(over.Response.Content.Headers.ContentType);
    }

    [Fact]
    public async Task Streams_take_the_frameworks_own_conventions()
    {
        await using TestApp app = await TestApp.StartAsync(
            build: builder => builder.Services.AddCors(),
            map: web =>
            {
                web.UseCors();
                web.MapEventStream("/events", () => Topic.Of("x")).RequireCors(cors => cors.WithOrigins("https://app.example").AllowCredentials());
                web.MapTidings("/hub").RequireCors(cors => cors.AllowAnyOrigin());
            });
        foreach ((string path, string expected) in new[] { ("/events", "https://app.example"), ("/hub?match=x", "*") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Origin", "https://app.example");
            await using TestStream stream = await TestStream.OpenAsync(app.NewClient(), request);

            Assert.Equal(expected, Assert.Single(stream.Response.Headers.GetValues("Access-Control-Allow-Origin")));
        }
    }

    [Fact]
    public async Task An_idle_stream_has_a_heartbeat_when_its_interval_has_passed_and_not_before()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream quiet = await app.SubscribeAsync("quiet");
        await quiet.ReadUntilAsync(text => text == ":\n");
        app.Time.Advance(TimeSpan.FromSeconds(14));
        await app.PublishAsync("quiet", "x");
        await quiet.ReadEventsAsync(1);
        int afterEvent = quiet.Text.Length;

        app.Time.Advance(TimeSpan.FromSeconds(14)); // 28 s after the start, 14 s after the event
        await app.PublishAsync("quiet", "y");
        await quiet.ReadEventsAsync(2);
        Assert.DoesNotContain("\n:\n", quiet.Text[(afterEvent - 1)..], StringComparison.Ordinal);

        // To the tick and no further: at the next one the first might still be on its way, and a second one be due.
        app.Time.Advance(TimeSpan.FromSeconds(15));
        await quiet.ReadUntilAsync(text => text.EndsWith("\n\n:\n", StringComparison.Ordinal));
        app.Time.Advance(TimeSpan.FromSeconds(15));
        await quiet.ReadUntilAsync(text => text.EndsWith("\n\n:\n:\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_enumerable_that_has_nothing_to_say_has_heartbeats_too()
    {
        await using TestApp app = await TestApp.StartAsync(map: web =>
            web.MapEventStream("/events", (CancellationToken cancellationToken) => Forever(new TaskCompletionSource(), cancellationToken)));
        await using TestStream stream = await app.OpenAsync("/events");
        await stream.ReadUntilAsync(text => text == ":\n");

        app.Time.Advance(TimeSpan.FromSeconds(15)); // no further: see above

        await stream.ReadUntilAsync(text => text == ":\n:\n");
    }

    [Fact]
    public async Task When_the_client_leaves_the_enumerable_is_cancelled_and_disposed_of()
    {
        var ended = new TaskCompletionSource();
        await using TestApp app = await TestApp.StartAsync(map: web =>
            web.MapEventStream("/events", (CancellationToken cancellationToken) => Forever(ended, cancellationToken)));
        TestStream stream = await app.OpenAsync("/events");
        await stream.ReadUntilAsync(text => text == ":\n");

        await stream.DisposeAsync();

        await ended.Task.WaitAsync(Hang.Limit, TimeProvider.System, TestApp.Cancellation);
    }

    [Fact]
    public async Task When_the_client_leaves_its_subscriber_leaves_the_broker()
    {
        using var counts = new MetricCounts();
        await using TestApp app = await TestApp.StartAsync(build: builder => builder.Services.AddSingleton<System.Diagnostics.Metrics.IMeterFactory>(counts));
        TestStream[] streams = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.SubscribeAsync("news")));
        Assert.Equal(20, counts.Total("tidings.subscribers.active"));

        foreach (TestStream stream in streams)
        {
            await stream.DisposeAsync();
        }

        while (counts.Total("tidings.subscribers.active") > 0)
        {
            TestApp.Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task An_enumerable_that_fails_ends_its_stream_and_is_logged()
    {
        await using TestApp app = await TestApp.StartAsync(map: web => web.MapEventStream("/events", Failing));
        app.MayFail = true;
        await using TestStream stream = await app.OpenAsync("/events");

        Assert.Equal(["a"], (await stream.ReadToEndAsync()).Select(decoded => decoded.Data));

        await app.Log.WaitForAsync("out of paper", TestApp.Cancellation);
    }

    [Fact]
    public async Task A_large_event_arrives_whole()
    {
        await using TestApp app = await TestApp.StartAsync();
        await using TestStream stream = await app.SubscribeAsync("news");
        string data = string.Concat(Enumerable.Range(0, 100_000).Select(number => $"{number},"));

        await app.Broker.PublishAsync("news", data, TestApp.Cancellation);
        await app.Broker.PublishAsync("news", "small", TestApp.Cancellation);

        Assert.Equal([data, "small"], (await stream.ReadEventsAsync(2)).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_cut_after_the_write_timeout_and_loses_nothing_when_it_comes_back()
    {
        await using TestApp app = await TestApp.StartAsync(build: builder => { });
        app.Transport.BufferBytes = 4096;
        await using TestStream sleeper = await app.SubscribeAsync("news");
        await sleeper.ReadUntilAsync(text => text == ":\n");
        string payload = new('x', 20_000);
        for (int i = 0; i < 20; i++)
        {
            await app.Broker.PublishAsync("news", $"{i}:{payload}", TestApp.Cancellation);
        }

        // Waits until the server waits, then lets the time pass.
        await AdvanceUntilAsync(app, "has not read");
        await Assert.ThrowsAnyAsync<Exception>(() => sleeper.ReadEventsAsync(20));

        string last = sleeper.Events.Count > 0 ? sleeper.Events[^1].LastEventId : "earliest";
        app.Transport.BufferBytes = 64 * 1024;
        await using TestStream back = await app.SubscribeAsync("news", last);
        await back.ReadEventsAsync(20 - sleeper.Events.Count);
        Assert.Equal(
            Enumerable.Range(0, 20).Select(number => $"{number}:{payload}"),
            sleeper.Events.Concat(back.Events).Select(decoded => decoded.Data));
    }

    [Fact]
    public async Task A_compressor_in_the_app_leaves_event_streams_alone()
    {
        await using TestApp app = await TestApp.StartAsync(
            build: builder => builder.Services.AddResponseCompression(compression =>
            {
                compression.EnableForHttps = true;
                compression.MimeTypes = ResponseCompressionDefaults.MimeTypes.Append("text/event-stream");
            }),
            map: web =>
            {
                web.UseResponseCompression();
                web.MapTidings();
            });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{TestApp.HubPath}?match=news");
        request.Headers.Add("Accept-Encoding", "gzip, br");
        await using TestStream stream = await TestStream.OpenAsync(app.NewClient(), request);

        Assert.Empty(stream.Response.Content.Headers.ContentEncoding);
        Assert.Equal(":\n", await stream.ReadUntilAsync(text => text.Length >= 2));
    }

    internal static async Task AdvanceUntilAsync(TestApp app, string logged)
    {
        while (!app.Log.Lines.Any(line => line.Text.Contains(logged, StringComparison.Ordinal)))
        {
            TestApp.Cancellation.ThrowIfCancellationRequested();
            app.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestApp.Cancellation);
        }
    }

    private static async IAsyncEnumerable<T> Each<T>(params T[] items)
    {
        foreach (T item in items)
        {
            await Task.Yield();
            yield return item;
        }
    }

    private static async IAsyncEnumerable<string> Failing()
    {
        await Task.Yield();
        yield return "a";
        throw new InvalidOperationException("out of paper");
    }

    private static async IAsyncEnumerable<string> Forever(TaskCompletionSource ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            yield return "never";
        }
        finally
        {
            ended.TrySetResult();
        }
    }

    private sealed record Named(string Name);
}
