using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Lifetime;

public sealed partial class ShutdownTests
{
    [Fact]
    public async Task A_thousand_streams_receive_what_was_committed_a_reconnection_time_and_an_end()
    {
        await using TestApp app = await TestApp.StartAsync();
        TestStream[] streams = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => app.SubscribeAsync("news")));
        for (int i = 0; i < 50; i++)
        {
            await app.Broker.PublishAsync("news", $"{i}", TestApp.Cancellation);
        }

        Task<IReadOnlyList<DecodedEvent>>[] reading = [.. streams.Select(stream => stream.ReadToEndAsync())];
        await app.StopAsync();

        IReadOnlyList<DecodedEvent>[] received = await Task.WhenAll(reading);
        string[] expected = [.. Enumerable.Range(0, 50).Select(number => $"{number}")];
        Assert.All(received, events => Assert.Equal(expected, events.Select(decoded => decoded.Data)));
        long[] retries = [.. streams.Select(stream => long.Parse(RetryAtTheEnd().Match(stream.Text).Groups["time"].Value, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.All(retries, retry => Assert.InRange(retry, 1000, 5000));
        Assert.InRange(retries.Distinct().Count(), 500, 1000);
        foreach (TestStream stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task Streams_end_spread_over_the_drain_window()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.DrainWindow = TimeSpan.FromSeconds(100));
        TestStream[] streams = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => app.SubscribeAsync("news")));
        Task<IReadOnlyList<DecodedEvent>>[] reading = [.. streams.Select(stream => stream.ReadToEndAsync())];
        int before = app.Time.TimerCount;
        Task stopping = app.StopAsync();
        await app.Log.WaitForAsync("event streams end within", TestApp.Cancellation);

        // Each stream waits for its moment, unless that is now, and the app for all of them. A timer of what the app did before may be counted for a moment.
        for (int looks = 0; looks < 20;)
        {
            looks = app.Time.TimerCount + reading.Count(task => task.IsCompleted) == before + 101 ? looks + 1 : 0;
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestApp.Cancellation);
        }

        int early = reading.Count(task => task.IsCompleted);
        app.Time.Advance(TimeSpan.FromSeconds(50));
        while (reading.Count(task => task.IsCompleted) < 25)
        {
            TestApp.Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.InRange(early, 0, 2);
        Assert.False(stopping.IsCompleted);
        app.Time.Advance(TimeSpan.FromSeconds(50));
        await stopping;
        await Task.WhenAll(reading);
    }

    [Fact]
    public async Task A_stream_that_does_not_come_to_an_end_is_cut_and_does_not_hold_the_app()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.WriteTimeout = TimeSpan.FromMinutes(10)); // not for that reason
        app.Transport.BufferBytes = 4096;
        await using TestStream sleeper = await app.SubscribeAsync("news");
        await sleeper.ReadUntilAsync(text => text == ":\n");
        await app.Broker.PublishAsync("news", new string('x', 500_000), TestApp.Cancellation);

        Task stopping = app.StopAsync();
        await app.Log.WaitForAsync("event streams end within", TestApp.Cancellation);
        await Streams.EventStreamTests.AdvanceUntilAsync(app, "were cut");

        await stopping.WaitAsync(Hang.Limit, TimeProvider.System, TestApp.Cancellation);
    }

    [Fact]
    public async Task An_enumerable_is_cancelled_and_its_stream_ended()
    {
        await using TestApp app = await TestApp.StartAsync(map: web =>
            web.MapEventStream("/events", (CancellationToken cancellationToken) => Ticks(cancellationToken)));
        await using TestStream stream = await app.OpenAsync("/events");
        await stream.ReadEventsAsync(1);
        Task<IReadOnlyList<DecodedEvent>> reading = stream.ReadToEndAsync();

        await app.StopAsync();

        await reading;
        Assert.Matches(RetryAtTheEnd(), stream.Text);
    }

    [Fact]
    public async Task While_the_app_stops_it_is_not_ready_and_newcomers_are_sent_away_without_an_error()
    {
        await using TestApp app = await TestApp.StartAsync(
            options => options.DrainWindow = TimeSpan.FromSeconds(100),
            build: builder => builder.Services.AddHealthChecks().AddTidings(),
            map: web =>
            {
                web.MapTidings();
                web.MapEventStream("/topic", () => Topic.Of("news"));
                web.MapEventStream("/own", () => Ticks(default));
                web.MapHealthChecks("/ready");
            });
        app.MayFail = true; // an unhealthy check is logged as an error
        using HttpResponseMessage ready = await app.Client.GetAsync("/ready", TestApp.Cancellation);
        await using TestStream open = await app.SubscribeAsync("news");
        int timers = app.Time.TimerCount;
        Task stopping = app.StopAsync();
        await app.Log.WaitForAsync("event streams end within", TestApp.Cancellation);

        using HttpResponseMessage notReady = await app.Client.GetAsync("/ready", TestApp.Cancellation);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, notReady.StatusCode);
        foreach (string path in new[] { $"{TestApp.HubPath}?match=news", "/topic", "/own" })
        {
            await using TestStream late = await app.OpenAsync(path);
            await late.ReadToEndAsync();
            Assert.Equal(HttpStatusCode.OK, late.Response.StatusCode);
            Assert.Matches("^retry: [0-9]+\n$", late.Text);
        }

        using HttpResponseMessage publish = await app.PublishAsync(("topic", "news"), ("data", "late"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, publish.StatusCode);
        Assert.NotNull(publish.Headers.RetryAfter);
        await SocketApp.WaitUntilAsync(() => app.Time.TimerCount == timers + 2); // the stream waits for its moment, and the app for the stream
        app.Time.Advance(TimeSpan.FromSeconds(101));
        await open.ReadToEndAsync();
        await stopping;
    }

    [Fact]
    public async Task The_host_waits_as_long_as_the_drain_may_take()
    {
        await using TestApp app = await TestApp.StartAsync(options => options.DrainWindow = TimeSpan.FromMinutes(4));

        TimeSpan timeout = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;

        Assert.InRange(timeout, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
    }

    [Theory]
    [InlineData(nameof(TidingsOptions.HeartbeatInterval), "00:00:00")]
    [InlineData(nameof(TidingsOptions.WriteTimeout), "1.00:00:00")]
    [InlineData(nameof(TidingsOptions.DrainWindow), "-00:00:01")]
    [InlineData(nameof(TidingsOptions.DrainRetry), "00:00:00")]
    [InlineData(nameof(TidingsOptions.MaxBodyBytes), "0")]
    [InlineData(nameof(TidingsOptions.MaxFieldBytes), "-1")]
    [InlineData(nameof(TidingsOptions.MaxTopics), "0")]
    [InlineData(nameof(TidingsOptions.MaxMatchers), "0")]
    [InlineData("Broker:RingEvents", "0")]
    [InlineData("Broker:PublishQueueBytes", "-5")]
    [InlineData("MemoryLog:MaxEvents", "-1")]
    [InlineData("Subscriptions:CoalescingWindow", "00:00:00")]
    [InlineData("Subscriptions:MaxChangesPerSecond", "0")]
    [InlineData("Subscriptions:PageSize", "1001")]
    public async Task A_bad_setting_stops_the_start_with_a_sentence_that_names_it_and_its_value(string setting, string value)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration[$"Tidings:{setting}"] = value;
        builder.Services.AddTidings();

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using WebApplication app = builder.Build();
            await app.StartAsync(TestApp.Cancellation);
        });

        Assert.Contains($"Tidings:{setting} is {value};", refused.Message, StringComparison.Ordinal);
    }

    private static async IAsyncEnumerable<int> Ticks([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return 1;
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }

    [GeneratedRegex("retry: (?<time>[0-9]+)\\n$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex RetryAtTheEnd();
}
