using Tidings.Testing;

namespace Tidings.Tests.Delivery;

/// <summary>Where retention keeps less of some topics, only those who ask for them are told a gap.</summary>
public sealed class TopicFloorTests
{
    private static readonly BrokerOptions SmallRing = new() { RingEvents = 1 };

    [Fact]
    public async Task A_cursor_below_the_floor_of_its_topic_is_told_as_a_gap()
    {
        await using var test = new TestBroker();
        SseId[] ids = await PublishBothAsync(test);
        SetFloor(test, "news", 5);

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value));

        Assert.Equal(GapReason.Expired, subscriber.StartGap!.Reason);
    }

    [Fact]
    public async Task A_cursor_below_the_floor_of_another_topic_has_lost_nothing()
    {
        await using var test = new TestBroker();
        SseId[] ids = await PublishBothAsync(test);
        SetFloor(test, "weather", 5);

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value));

        Assert.Null(subscriber.StartGap);
        Assert.Equal(["3", "5"], (await subscriber.ReadAsync(2)).Data());
    }

    [Fact]
    public async Task Whoever_asks_for_all_topics_is_told_what_is_missing_of_any()
    {
        await using var test = new TestBroker();
        SseId[] ids = await PublishBothAsync(test);
        SetFloor(test, "weather", 5);

        await using Subscriber subscriber = await test.SubscribeAsync("*", StartAt.After(ids[0].Value));

        Assert.Equal(GapReason.Expired, subscriber.StartGap!.Reason);
    }

    [Fact]
    public async Task After_the_gap_what_is_retained_of_other_topics_is_replayed_from_the_cursor_and_told_only_once()
    {
        await using var test = new TestBroker(SmallRing);
        SseId[] ids = await PublishBothAsync(test);
        SetFloor(test, "weather", 5);

        await using Subscriber subscriber = await test.SubscribeAsync("*", StartAt.After(ids[1].Value), AfterGap.ReplayRetained);

        DecodedEvent[] events = await subscriber.ReadAsync(5);
        Assert.Equal("tidings-gap", events[0].Type);
        Assert.Equal(["3", "4", "5", "6"], events[1..].Data());
    }

    [Fact]
    public async Task Whoever_asks_for_what_there_is_misses_nothing_of_what_there_is_not()
    {
        await using var test = new TestBroker(SmallRing);
        await PublishBothAsync(test);
        SetFloor(test, "news", 5);

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.Earliest);

        Assert.Equal(["1", "3", "5"], (await subscriber.ReadAsync(3)).Data());
    }

    [Fact]
    public async Task A_reader_that_the_floor_of_its_topic_passes_is_told_exactly_one_gap()
    {
        await using var test = new TestBroker(SmallRing);
        SseId[] ids = await PublishBothAsync(test);
        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value));
        SetFloor(test, "news", 5);

        DecodedEvent gap = Assert.Single(await subscriber.ReadAsync(1));
        await test.PublishAsync("news", "7");

        Assert.Equal("tidings-gap", gap.Type);
        Assert.Equal(["7"], (await subscriber.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task A_subscriber_that_keeps_up_is_told_what_retention_took_of_its_topic_before_this_node_read_it()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        SetFloor(test, "news", 2);
        test.Log.ChangeDispatched = page => page.Through == 1 ? page with { Events = [], TopicFloors = [new TopicFloor(TopicMatcher.Exact("news"), 2)] } : page;

        await test.PublishAsync("news", "1");
        await test.SettleAsync();
        await test.PublishAsync("news", "2");

        Assert.Equal("tidings-gap", Assert.Single(await subscriber.ReadAsync(1)).Type);
    }

    /// <summary>1 to 6: odd numbers are news, even ones are weather.</summary>
    private static async Task<SseId[]> PublishBothAsync(TestBroker test)
    {
        var ids = new List<SseId>();
        for (int i = 1; i <= 6; i++)
        {
            ids.Add(await test.PublishAsync(i % 2 == 0 ? "weather" : "news", $"{i}"));
        }

        await test.SettleAsync();
        return [.. ids];
    }

    private static void SetFloor(TestBroker test, string topic, long floor)
    {
        TopicFloor[] floors = [new TopicFloor(TopicMatcher.Exact(topic), floor)];
        test.Log.Position = position => position with { TopicFloors = floors };
        test.Log.ChangeRead = page => page with { TopicFloors = floors };
    }
}
