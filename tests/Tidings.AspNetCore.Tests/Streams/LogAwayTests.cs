using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Streams;

/// <summary>The log does not answer for a while: nobody is given an answer for which a browser gives up for good.</summary>
public sealed class LogAwayTests
{
    private const string Everything = "match=*";

    [Fact]
    public async Task Whoever_comes_back_while_the_log_does_not_answer_is_sent_away_for_a_while()
    {
        HookedLog log = new(new InMemoryEventLog());
        await using TestApp app = await StartAsync(log);
        log.Position = static _ => throw new EventLogException("The database is away.");

        await using TestStream browser = await app.SubscribeWithAsync(null, Everything, "earliest", headers: ("Accept", "text/event-stream"));
        await using TestStream other = await app.SubscribeWithAsync(null, Everything, "earliest");

        Assert.Empty(await browser.ReadToEndAsync());
        Assert.Equal(HttpStatusCode.OK, browser.Response.StatusCode);
        Assert.Contains("retry: ", browser.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, other.Response.StatusCode);
        Assert.NotNull(other.Response.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_stream_that_is_behind_when_the_log_goes_away_ends_in_order_with_a_time_to_come_back()
    {
        HookedLog log = new(new InMemoryEventLog());
        await using TestApp app = await StartAsync(log);
        await app.Broker.PublishAsync("news", "a", TestApp.Cancellation);
        await app.Broker.PublishAsync("news", "b", TestApp.Cancellation);
        await app.Broker.WaitForSubscribersAsync(Hang.Limit); // what is not dispatched yet would be live for whoever comes now
        log.BeforeRead = static _ => throw new EventLogException("The database is away.");

        await using TestStream stream = await app.SubscribeWithAsync(null, Everything, "earliest");

        Assert.Empty(await stream.ReadToEndAsync());
        Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode);
        Assert.Contains("retry: ", stream.Text, StringComparison.Ordinal);
        Assert.Single(app.Log.Lines, line => line.Text.Contains("could not be read for a client", StringComparison.Ordinal));
    }

    // With a ring that holds one event, whoever is two behind reads from the log.
    private Task<TestApp> StartAsync(HookedLog log) =>
        GuardedHub.StartAsync(options => options.Broker.RingEvents = 1, build: builder => builder.Services.AddSingleton<IEventLog>(log));
}
