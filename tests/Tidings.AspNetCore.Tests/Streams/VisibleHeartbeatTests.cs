using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

/// <summary>Heartbeats that scripts can see: on request alone.</summary>
public sealed class VisibleHeartbeatTests
{
    private const string Heartbeat = "event: tidings-heartbeat\ndata: {\"interval\":15000}\n\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_asks_is_sent_an_event_after_each_interval_of_silence(bool http2)
    {
        await using TestApp app = await StartAsync();
        DateTimeOffset begun = app.Time.GetUtcNow();
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news&heartbeat=event", http2: http2);
        await stream.ReadUntilAsync(text => text == ":\n"); // the first comment is no heartbeat

        await ReadAfterAsync(app, TimeSpan.FromSeconds(15), stream, text => text == ":\n" + Heartbeat);
        await ReadAfterAsync(app, TimeSpan.FromSeconds(15), stream, text => text.StartsWith(":\n" + Heartbeat + Heartbeat, StringComparison.Ordinal));

        Assert.InRange(stream.Events.Count, 2, (int)((app.Time.GetUtcNow() - begun) / TimeSpan.FromSeconds(15)));
        Assert.All(stream.Events, heartbeat => Assert.Equal(("tidings-heartbeat", "{\"interval\":15000}", ""), (heartbeat.Type, heartbeat.Data, heartbeat.LastEventId)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("&heartbeat=")]
    [InlineData("&heartbeat=Event")]
    [InlineData("&heartbeat=comment")]
    [InlineData("&cursor=event")]
    public async Task A_client_that_does_not_ask_is_sent_comments(string query)
    {
        await using TestApp app = await StartAsync();
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news{query}");
        await stream.ReadUntilAsync(text => text == ":\n");

        await ReadAfterAsync(app, TimeSpan.FromSeconds(15), stream, text => text == ":\n:\n");
    }

    [Fact]
    public async Task A_stream_that_an_application_maps_understands_it_too()
    {
        await using TestApp app = await StartAsync(web => web.MapEventStream("/mine", (HttpContext _) => Topic.Of("mine")));
        await using TestStream stream = await app.OpenAsync("/mine?heartbeat=event");
        await stream.ReadUntilAsync(text => text == ":\n");

        await ReadAfterAsync(app, TimeSpan.FromSeconds(15), stream, text => text == ":\n" + Heartbeat);
    }

    [Fact]
    public async Task The_interval_is_the_one_that_is_set()
    {
        await using TestApp app = await TestApp.StartAsync(options =>
        {
            options.HeartbeatInterval = TimeSpan.FromSeconds(1.5);
            options.WriteTimeout = TimeSpan.FromMinutes(10);
        });
        await using TestStream stream = await app.OpenAsync($"{TestApp.HubPath}?match=news&heartbeat=event");
        await stream.ReadUntilAsync(text => text == ":\n");

        await ReadAfterAsync(app, TimeSpan.FromSeconds(2), stream, text => text.Contains("{\"interval\":1500}", StringComparison.Ordinal));
    }

    private static Task<TestApp> StartAsync(Action<WebApplication>? map = null) => TestApp.StartAsync(options => options.WriteTimeout = TimeSpan.FromMinutes(10), map);

    // In ticks of the timer, as time passes. Over HTTP/2 a client has what was written before the hub is told so, and the silence begins then: perhaps while time passes here already.
    private static async Task ReadAfterAsync(TestApp app, TimeSpan time, TestStream stream, Func<string, bool> condition)
    {
        await SocketApp.WaitUntilAsync(() => app.Services.GetRequiredService<OpenStreams>().WaitingCount == 0);
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            app.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Task<string> reading = stream.ReadUntilAsync(condition);
        for (TimeSpan late = TimeSpan.FromSeconds(1); late < time && !reading.IsCompleted; late += TimeSpan.FromSeconds(1))
        {
            await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestApp.Cancellation));
            app.Time.Advance(TimeSpan.FromSeconds(reading.IsCompleted ? 0 : 1));
        }

        await reading;
    }
}
