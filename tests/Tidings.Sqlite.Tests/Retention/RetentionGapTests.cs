namespace Tidings.Sqlite.Tests.Retention;

/// <summary>Who is told that retention has taken something: those who asked for it, once, and nobody else.</summary>
public sealed class RetentionGapTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_reader_that_the_floor_of_its_topic_passes_is_told_exactly_one_gap()
    {
        await using var test = new TestLog(KeepNewsForAnHour);
        await using Broker broker = TestSubscribers.BrokerOver(test);
        SseId[] ids = await PublishBothAsync(broker);
        await using Subscriber subscriber = await broker.SubscribeAsync("news", StartAt.After(ids[0].Value));
        Assert.Null(subscriber.StartGap);

        await PruneAsync(test);
        string[] gap = (await subscriber.ReadAsync(1)).Told();
        await broker.PublishAsync("news", "7");
        await broker.PublishAsync("news", "8");

        Assert.Equal([Gap.EventTypeName], gap);
        Assert.Equal(["7", "8"], (await subscriber.ReadAsync(2)).Told());
    }

    [Fact]
    public async Task A_reader_of_another_topic_is_told_no_gap_and_misses_nothing()
    {
        await using var test = new TestLog(KeepNewsForAnHour);
        await using Broker broker = TestSubscribers.BrokerOver(test);
        SseId[] ids = await PublishBothAsync(broker);
        await using Subscriber subscriber = await broker.SubscribeAsync("weather", StartAt.After(ids[0].Value));

        await PruneAsync(test);
        await broker.PublishAsync("weather", "7");

        Assert.Equal(["2", "4", "6", "7"], (await subscriber.ReadAsync(4)).Told());
    }

    [Fact]
    public async Task A_reader_of_all_topics_is_told_one_gap_and_what_is_kept_of_the_others_if_it_wants_that()
    {
        await using var test = new TestLog(KeepNewsForAnHour);
        await using Broker broker = TestSubscribers.BrokerOver(test);
        SseId[] ids = await PublishBothAsync(broker);
        await using Subscriber subscriber = await broker.SubscribeAsync("*", StartAt.After(ids[0].Value), AfterGap.ReplayRetained);

        await PruneAsync(test);
        await broker.PublishAsync("news", "7");

        Assert.Equal([Gap.EventTypeName, "2", "4", "6", "7"], (await subscriber.ReadAsync(5)).Told());
    }

    [Theory]
    [InlineData("news", true)]
    [InlineData("weather", false)]
    [InlineData("*", true)]
    public async Task A_subscriber_that_comes_back_below_a_floor_is_told_if_it_asks_for_that_topic(string matcher, bool isTold)
    {
        await using var test = new TestLog(KeepNewsForAnHour);
        await using Broker broker = TestSubscribers.BrokerOver(test);
        SseId[] ids = await PublishBothAsync(broker);
        await PruneAsync(test);

        await using Subscriber subscriber = await broker.SubscribeAsync(matcher, StartAt.After(ids[0].Value));

        Assert.Equal(isTold ? GapReason.Expired : null, subscriber.StartGap?.Reason);
    }

    [Fact]
    public async Task A_subscriber_that_comes_back_is_told_what_an_entry_has_taken_that_is_configured_no_more()
    {
        await using var test = new TestLog(KeepNewsForAnHour);
        SseId[] ids;
        await using (Broker before = TestSubscribers.BrokerOver(test))
        {
            ids = await PublishBothAsync(before);
            await PruneAsync(test);
        }

        await test.ReopenAsync();
        await using Broker broker = TestSubscribers.BrokerOver(test);
        await using Subscriber news = await broker.SubscribeAsync("news", StartAt.After(ids[0].Value));
        await using Subscriber weather = await broker.SubscribeAsync("weather", StartAt.After(ids[0].Value));

        Assert.Equal(GapReason.Expired, news.StartGap?.Reason);
        Assert.Null(weather.StartGap);
        Assert.Equal(["2", "4", "6"], (await weather.ReadAsync(3)).Told());
    }

    [Fact]
    public async Task A_reader_that_the_floor_of_the_log_passes_is_told_exactly_one_gap_whatever_it_asks_for()
    {
        await using var test = new TestLog(options => options.Retention.MaxAge = Hour);
        await using Broker broker = TestSubscribers.BrokerOver(test);
        SseId[] ids = await PublishBothAsync(broker);
        await using Subscriber subscriber = await broker.SubscribeAsync("weather", StartAt.After(ids[0].Value));

        await PruneAsync(test);
        string[] gap = (await subscriber.ReadAsync(1)).Told();
        await broker.PublishAsync("weather", "7");
        await broker.PublishAsync("weather", "8");

        Assert.Equal([Gap.EventTypeName], gap);
        Assert.Equal(["7", "8"], (await subscriber.ReadAsync(2)).Told());
    }

    private static void KeepNewsForAnHour(SqliteLogOptions options) => options.TopicRetention.Add(new TopicRetention { Matcher = "news", MaxAge = Hour });

    private static async Task PruneAsync(TestLog test)
    {
        test.Time.Advance(Hour + TimeSpan.FromTicks(1));
        await test.Log.PruneAsync(TestLog.Cancellation);
    }

    /// <summary>1 to 6, dispatched: odd numbers are news, even ones are weather.</summary>
    private static async Task<SseId[]> PublishBothAsync(Broker broker)
    {
        await using Subscriber witness = await broker.SubscribeAsync("*");
        var ids = new List<SseId>();
        for (int i = 1; i <= 6; i++)
        {
            ids.Add(await broker.PublishAsync(i % 2 == 0 ? "weather" : "news", $"{i}"));
            await witness.ReadAsync(1);
        }

        return [.. ids];
    }
}
