using System.Net;
using Microsoft.Extensions.Options;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>Clients that ask for the past again and again.</summary>
public sealed class ReplayFloodTests
{
    private const int Budget = 64 * 1024;
    private const int Events = 20;
    private static readonly string Data = new('x', 6_250); // in all nearly twice the budget

    [Fact]
    public async Task Who_has_had_its_share_of_the_past_waits_a_minute_and_then_misses_nothing()
    {
        await using TestApp app = await StartAsync();
        await ReadAllAsync(app, "alice"); // more than the share: what has begun is not cut

        foreach (string query in new[] { "match=news", "match=nothing" })
        {
            await using TestStream refused = await app.SubscribeWithAsync(GuardedHub.Current(id: "another"), query, "earliest");
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.Response.StatusCode);
            Assert.InRange(refused.Response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 5, 30); // both are sent
        }

        await using (TestStream browser = await app.SubscribeWithAsync(GuardedHub.Current(), "match=news", "earliest", headers: ("Accept", "text/event-stream")))
        {
            Assert.Empty(await browser.ReadToEndAsync());
            Assert.Equal(HttpStatusCode.OK, browser.Response.StatusCode);
        }

        await ReadAllAsync(app, "bob");
        await using TestStream live = await app.SubscribeWithAsync(GuardedHub.Current(), "match=other");
        Assert.Equal(HttpStatusCode.OK, live.Response.StatusCode);

        app.Time.Advance(TimeSpan.FromSeconds(61));
        await ReadAllAsync(app, "alice");
    }

    // What is looked at costs as much as what is sent.
    [Fact]
    public async Task A_replay_that_selects_nothing_counts_too()
    {
        await using TestApp app = await StartAsync();
        await using TestStream first = await app.SubscribeWithAsync(GuardedHub.Current(), "match=end", "earliest");
        await app.AcceptAsync(GuardedHub.Current(publish: ["*"]), ("topic", "end"), ("data", "end"));
        await first.ReadEventsAsync(1);

        await using TestStream second = await app.SubscribeWithAsync(GuardedHub.Current(), "match=end", "earliest");

        Assert.Equal(HttpStatusCode.TooManyRequests, second.Response.StatusCode);
    }

    [Theory]
    [InlineData(0, Budget, HttpStatusCode.OK)] // an address may be that of a proxy
    [InlineData(10, Budget, HttpStatusCode.TooManyRequests)]
    [InlineData(10, 0, HttpStatusCode.OK)]
    public async Task Who_is_nobody_is_known_by_its_address_where_addresses_count(int maxPerAddress, long budget, HttpStatusCode expected)
    {
        await using TestApp app = await StartAsync(options =>
        {
            options.Streams.MaxPerAddress = maxPerAddress;
            options.Streams.ReplayBytesPerMinute = budget;
        });
        await ReadAllAsync(app, subject: null);

        await using TestStream again = await app.SubscribeWithAsync(null, "match=news", "earliest");

        Assert.Equal(expected, again.Response.StatusCode);
    }

    [Fact]
    public void Those_who_were_here_long_ago_are_forgotten()
    {
        var time = new FakeTimeProvider();
        var budgets = new ReplayBudgets(Options.Create(new TidingsOptions()), time);
        for (int i = 0; i < 100_000; i++)
        {
            budgets.AccountOf(address: null, $"user {i}", "")?.Charge(int.MaxValue);
        }

        Assert.Equal(65_536, budgets.Count);
        Assert.True(budgets.AccountOf(address: null, "user 0", "")!.IsSpent); // one of the first

        time.Advance(TimeSpan.FromMinutes(2));
        budgets.AccountOf(address: null, "another", "");
        Assert.Equal(1, budgets.Count);
    }

    private static async Task<TestApp> StartAsync(Action<TidingsOptions>? configure = null)
    {
        TestApp app = await GuardedHub.StartAsync(options =>
        {
            options.Streams.ReplayBytesPerMinute = Budget;
            configure?.Invoke(options);
        });
        for (int i = 0; i < Events; i++)
        {
            await app.Broker.PublishAsync("news", $"{i}:{Data}", TestApp.Cancellation);
        }

        await app.Broker.WaitForSubscribersAsync(Hang.Limit); // what is not dispatched yet is no past for whoever comes now

        return app;
    }

    private static async Task ReadAllAsync(TestApp app, string? subject)
    {
        await using TestStream stream = await app.SubscribeWithAsync(subject is null ? null : GuardedHub.Current(subject: subject), "match=news", "earliest");
        Assert.Equal(
            Enumerable.Range(0, Events).Select(number => $"{number}"),
            (await stream.ReadEventsAsync(Events)).Select(decoded => decoded.Data[..decoded.Data.IndexOf(':', StringComparison.Ordinal)]));
    }
}
