using Microsoft.Data.Sqlite;

namespace Tidings.Sqlite.Tests.Retention;

/// <summary>What becomes of an entry of the retention of topics when the configuration changes.</summary>
public sealed class RuleTests
{
    [Fact]
    public async Task What_an_entry_has_taken_is_still_told_when_it_is_configured_no_more()
    {
        await using var test = new TestLog(KeepTwoOfNews);
        await test.AppendAsync("weather", "1");
        await test.AppendAsync("news", "2", "3", "4", "5");
        Assert.Equal(4, (await test.FloorsAsync())["news"]);

        await test.ReopenAsync();

        Assert.Equal(4, (await test.FloorsAsync())["news"]);
        await test.AppendAsync("news", "6", "7");
        await test.Log.PruneAsync(TestLog.Cancellation);
        Assert.Equal([1L, 4L, 5L, 6L, 7L], await test.StoredAsync());
        Assert.Equal(4, (await test.FloorsAsync())["news"]);
        test.AssertSound();
    }

    [Fact]
    public async Task It_is_told_until_the_floor_of_the_log_has_passed_it()
    {
        await using var test = new TestLog(KeepTwoOfNews);
        await test.AppendAsync("weather", "1");
        await test.AppendAsync("news", "2", "3", "4", "5");

        // Below the floor of the entry there is still something to be told; at it there are still events that count for it.
        foreach ((long kept, int rules) in ((long, int)[])[(3, 1), (2, 1), (1, 1), (0, 1)])
        {
            await test.ReopenAsync(options => options.Retention.MaxEvents = kept);
            await test.Log.PruneAsync(TestLog.Cancellation);
            Assert.Equal(rules, CountRules(test));
            test.AssertSound();
        }

        await test.ReopenAsync();

        Assert.Empty(await test.FloorsAsync());
        Assert.Equal(0, CountRules(test));
        Assert.Equal((6L, 5L), ((await test.PositionAsync()).Floor, (await test.PositionAsync()).Last));
    }

    [Fact]
    public async Task An_entry_that_has_taken_nothing_and_holds_nothing_is_forgotten()
    {
        await using var test = new TestLog(KeepTwoOfNews);

        await test.ReopenAsync();

        Assert.Equal(0, CountRules(test));
    }

    [Fact]
    public async Task An_entry_that_is_configured_again_goes_on_with_its_events_and_its_floor()
    {
        await using var test = new TestLog(KeepTwoOfNews);
        await test.AppendAsync("news", "1", "2", "3");
        await test.ReopenAsync();
        await test.AppendAsync("news", "4");

        await test.ReopenAsync(KeepTwoOfNews);
        Assert.Equal(2, (await test.FloorsAsync())["news"]);
        await test.AppendAsync("news", "5");

        // 4 was stored while no entry held for it, and is kept as all events are.
        Assert.Equal([3L, 4L, 5L], await test.StoredAsync());
        Assert.Equal(3, (await test.FloorsAsync())["news"]);
        test.AssertSound();
    }

    [Fact]
    public async Task An_entry_whose_bounds_change_takes_what_is_beyond_the_new_ones()
    {
        await using var test = new TestLog(KeepTwoOfNews);
        await test.AppendAsync("news", "1", "2");

        await test.ReopenAsync(options => options.TopicRetention.Add(new TopicRetention { Matcher = "news", MaxEvents = 1 }));
        await test.Log.PruneAsync(TestLog.Cancellation);

        Assert.Equal([2L], await test.StoredAsync());
        Assert.Equal(2, (await test.FloorsAsync())["news"]);
        Assert.Equal(1, CountRules(test));
        test.AssertSound();
    }

    [Fact]
    public async Task Entries_outlive_a_crash_with_what_they_count()
    {
        await using var test = new TestLog(KeepTwoOfNews);
        await test.AppendAsync("news", "1", "2", "3");

        await using TestLog again = await test.EndAsync(Ending.Killed, KeepTwoOfNews);
        Assert.Equal(2, (await again.FloorsAsync())["news"]);
        await again.AppendAsync("news", "4");

        Assert.Equal([3L, 4L], await again.StoredAsync());
        again.AssertSound();
    }

    private static long CountRules(TestLog test)
    {
        using SqliteConnection connection = Connections.OpenReader(test.Database);
        return connection.ReadNumber("SELECT count(*) FROM rule");
    }

    private static void KeepTwoOfNews(SqliteLogOptions options) => options.TopicRetention.Add(new TopicRetention { Matcher = "news", MaxEvents = 2 });
}
