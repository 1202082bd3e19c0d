using Tidings.Testing;

namespace Tidings.Tests.Delivery;

/// <summary>Events that the log does not keep: delivered like any other, and missed only by those who could have seen them.</summary>
public sealed class LiveOnlyTests
{
    private const string Presence = "/hub/subscriptions";

    private static readonly BrokerOptions SmallRing = new() { RingEvents = 1 };

    [Fact]
    public async Task Live_only_events_are_seen_in_their_order_by_those_to_whom_they_are_granted_and_by_nobody_else()
    {
        await using TestBroker test = NewBroker();
        await using Subscriber granted = await SubscribeAsync(test, StartAt.Latest);
        await using Subscriber other = await SubscribeAsync(test, StartAt.Latest, EventVisibility.PublicOnly);

        await test.PublishAsync("news", "1");
        await PublishLiveOnlyAsync(test, "here");
        await test.PublishAsync("news", "2");

        Assert.Equal(["1", "here", "2"], (await granted.ReadAsync(3)).Data());
        Assert.Equal(["1", "2"], (await other.ReadAsync(2)).Data());
    }

    [Fact]
    public async Task What_the_ring_still_has_is_replayed_exactly()
    {
        await using TestBroker test = NewBroker();
        SseId first = await test.PublishAsync("news", "1");
        SseId here = await PublishLiveOnlyAsync(test, "here");
        await test.PublishAsync("news", "2");
        await PublishLiveOnlyAsync(test, "gone");
        await test.SettleAsync();

        await using Subscriber subscriber = await SubscribeAsync(test, StartAt.After(first.Value));
        await using Subscriber later = await SubscribeAsync(test, StartAt.After(here.Value));

        Assert.Null(subscriber.StartGap);
        Assert.Equal(["here", "2", "gone"], (await subscriber.ReadAsync(3)).Data());
        Assert.Null(later.StartGap);
        Assert.Equal(["2", "gone"], (await later.ReadAsync(2)).Data());
    }

    [Fact]
    public async Task Who_comes_back_when_the_ring_has_passed_them_is_told_one_gap()
    {
        await using TestBroker test = NewBroker(SmallRing);
        SseId cursor = await PublishPassedAsync(test);

        await using Subscriber subscriber = await SubscribeAsync(test, StartAt.After(cursor.Value));
        await test.PublishAsync("news", "4");

        Assert.Equal(GapReason.Expired, subscriber.StartGap!.Reason);
        DecodedEvent[] events = await subscriber.ReadAsync(2);
        Assert.Equal("tidings-gap", events[0].Type);
        Assert.Equal("4", events[1].Data);
    }

    [Fact]
    public async Task After_the_gap_what_is_kept_is_replayed_and_the_gap_is_told_only_once()
    {
        await using TestBroker test = NewBroker(SmallRing);
        SseId cursor = await PublishPassedAsync(test);

        await using Subscriber subscriber = await SubscribeAsync(test, StartAt.After(cursor.Value), afterGap: AfterGap.ReplayRetained);

        DecodedEvent[] events = await subscriber.ReadAsync(3);
        Assert.Equal("tidings-gap", events[0].Type);
        Assert.Equal(["2", "3"], events[1..].Data());
    }

    [Fact]
    public async Task Who_could_not_see_them_notices_nothing()
    {
        await using TestBroker test = NewBroker(SmallRing);
        SseId cursor = await PublishPassedAsync(test);

        await using Subscriber open = await SubscribeAsync(test, StartAt.After(cursor.Value), EventVisibility.PublicOnly);
        await using Subscriber elsewhere = await SubscribeAsync(test, StartAt.After(cursor.Value), EventVisibility.Granted(TopicMatcher.Exact("news")));
        await using Subscriber notAsked = await SubscribeAsync(test, StartAt.After(cursor.Value), EventVisibility.IncludingPrivate, TopicMatcher.Exact("news"));

        foreach (Subscriber subscriber in (Subscriber[])[open, elsewhere, notAsked])
        {
            Assert.Null(subscriber.StartGap);
            Assert.Equal(["2", "3"], (await subscriber.ReadAsync(2)).Data());
        }
    }

    [Fact]
    public async Task Without_a_live_only_event_after_the_cursor_there_is_no_gap_however_old_it_is()
    {
        await using TestBroker test = NewBroker(SmallRing);
        await PublishLiveOnlyAsync(test, "here");
        SseId cursor = await test.PublishAsync("news", "1");
        await test.PublishAsync("news", "2");
        await test.PublishAsync("news", "3");
        await test.SettleAsync();

        await using Subscriber subscriber = await SubscribeAsync(test, StartAt.After(cursor.Value));

        Assert.Null(subscriber.StartGap);
        Assert.Equal(["2", "3"], (await subscriber.ReadAsync(2)).Data());
    }

    [Fact]
    public async Task Whoever_asks_for_what_there_is_misses_nothing_of_what_there_is_not()
    {
        await using TestBroker test = NewBroker(SmallRing);
        await PublishPassedAsync(test);

        await using Subscriber subscriber = await SubscribeAsync(test, StartAt.Earliest);

        Assert.Null(subscriber.StartGap);
        Assert.Equal(["1", "2", "3"], (await subscriber.ReadAsync(3)).Data());
    }

    [Fact]
    public async Task A_reader_that_falls_behind_is_told_one_gap_if_there_was_a_live_only_event_in_between()
    {
        await using TestBroker test = NewBroker(new BrokerOptions { RingEvents = 4, PendingCapacity = 2 });
        await using Subscriber granted = await SubscribeAsync(test, StartAt.Latest);
        await using Subscriber other = await SubscribeAsync(test, StartAt.Latest, EventVisibility.PublicOnly);

        await test.PublishManyAsync("news", 10);
        await PublishLiveOnlyAsync(test, "here");
        await test.PublishManyAsync("news", 10, after: 10);
        await test.SettleAsync();

        Assert.Equal("tidings-gap", Assert.Single(await granted.ReadAsync(1)).Type);
        Assert.Equal(SubscriberReading.Numbers(1, 20), (await other.ReadAsync(20)).Data());
        await test.PublishManyAsync("news", 10, after: 20);
        await test.SettleAsync();
        Assert.Equal(SubscriberReading.Numbers(21, 30), (await granted.ReadAsync(10)).Data());
    }

    [Fact]
    public async Task A_live_only_event_that_never_reached_this_node_is_told_as_a_gap_to_those_who_keep_up()
    {
        await using TestBroker test = NewBroker();
        await using Subscriber granted = await SubscribeAsync(test, StartAt.Latest);
        await using Subscriber other = await SubscribeAsync(test, StartAt.Latest, EventVisibility.PublicOnly);
        test.Log.ChangeDispatched = page => page with { Events = [.. page.Events.Where(logged => !logged.Content.IsLiveOnly)] };

        await test.PublishAsync("news", "1");
        await PublishLiveOnlyAsync(test, "here");
        await test.PublishAsync("news", "2");
        await test.SettleAsync();

        Assert.Equal(["1", "2"], (await other.ReadAsync(2)).Data());
        DecodedEvent[] events = await granted.ReadAsync(2);
        Assert.Equal("1", events[0].Data);
        Assert.Equal("tidings-gap", events[1].Type);
    }

    [Fact]
    public async Task A_cursor_from_before_the_start_is_a_gap_for_those_who_could_have_seen_what_was_not_kept_and_for_nobody_else()
    {
        await using var log = new InMemoryEventLog();
        SseId last;
        await using (var before = new Broker(new BrokerOptions(), log, TimeProvider.System))
        {
            await before.PublishAsync("news", "1", TestBroker.Cancellation);
            last = await before.PublishAsync("news", "2", TestBroker.Cancellation);
        }

        await using TestBroker test = NewBroker(log: log);
        await using Subscriber granted = await SubscribeAsync(test, StartAt.After(last.Value));
        await using Subscriber other = await SubscribeAsync(test, StartAt.After(last.Value), EventVisibility.PublicOnly);
        SseId first = await test.PublishAsync("news", "3");
        await using Subscriber afterwards = await SubscribeAsync(test, StartAt.After(first.Value));

        Assert.Equal(GapReason.Expired, granted.StartGap!.Reason);
        Assert.Null(other.StartGap);
        Assert.Equal(["3"], (await other.ReadAsync(1)).Data());
        Assert.Null(afterwards.StartGap);
    }

    [Fact]
    public async Task When_some_were_told_to_nobody_those_who_could_have_seen_them_are_told_one_gap_in_the_middle_and_miss_nothing_else()
    {
        await using TestBroker test = NewBroker();
        await using Subscriber granted = await SubscribeAsync(test, StartAt.Latest);
        await using Subscriber other = await SubscribeAsync(test, StartAt.Latest, EventVisibility.PublicOnly);
        await test.PublishAsync("news", "1");
        await PublishLiveOnlyAsync(test, "here");
        await test.SettleAsync();

        await test.Broker.LoseLiveOnlyAsync(TestBroker.Cancellation);
        await test.PublishAsync("news", "2");
        await PublishLiveOnlyAsync(test, "again");
        await test.PublishAsync("news", "3");

        DecodedEvent[] events = await granted.ReadAsync(6);
        Assert.Equal(["1", "here", "2", "again", "3"], events.Where(told => told.Type != "tidings-gap").ToArray().Data());
        Assert.Equal("tidings-gap", events[2].Type);
        Assert.Equal(["1", "2", "3"], (await other.ReadAsync(3)).Data());
    }

    [Fact]
    public async Task When_some_were_told_to_nobody_a_cursor_from_before_is_a_gap_and_one_from_afterwards_is_not()
    {
        await using TestBroker test = NewBroker();
        await test.PublishAsync("news", "1");
        SseId before = await test.PublishAsync("news", "2");
        await test.Broker.LoseLiveOnlyAsync(TestBroker.Cancellation);
        SseId after = await test.PublishAsync("news", "3");

        await using Subscriber granted = await SubscribeAsync(test, StartAt.After(before.Value));
        await using Subscriber later = await SubscribeAsync(test, StartAt.After(after.Value));
        await using Subscriber other = await SubscribeAsync(test, StartAt.After(before.Value), EventVisibility.PublicOnly);

        Assert.Equal(GapReason.Expired, granted.StartGap!.Reason);
        Assert.Null(later.StartGap);
        Assert.Null(other.StartGap);
    }

    [Fact]
    public async Task Live_only_events_leave_nothing_in_the_log()
    {
        await using TestBroker test = NewBroker(logOptions: new InMemoryLogOptions { MaxEvents = 2 });
        await test.PublishAsync("news", "1");
        for (int i = 0; i < 100; i++)
        {
            await PublishLiveOnlyAsync(test, "here");
        }

        await test.PublishAsync("news", "2");

        LogPage page = await test.Log.ReadAsync(0, new PageLimit(int.MaxValue, int.MaxValue), TestBroker.Cancellation);
        Assert.Equal([1L, 102L], page.Events.Select(logged => logged.Sequence));
        Assert.Equal(1, page.Floor);
    }

    private static TestBroker NewBroker(BrokerOptions? options = null, InMemoryLogOptions? logOptions = null, IEventLog? log = null)
    {
        var test = new TestBroker(options, logOptions, log);
        test.Broker.LiveOnly.Add(Presence);
        return test;
    }

    /// <summary>Three kept events with a live-only one after the first, all of them passed by a small ring; returns the id of the first.</summary>
    private static async Task<SseId> PublishPassedAsync(TestBroker test)
    {
        SseId first = await test.PublishAsync("news", "1");
        await PublishLiveOnlyAsync(test, "here");
        await test.PublishAsync("news", "2");
        await test.PublishAsync("news", "3");
        await test.SettleAsync();
        return first;
    }

    private static Task<SseId> PublishLiveOnlyAsync(TestBroker test, string data) => test.Broker.PublishLiveOnlyAsync($"{Presence}/exact/news/me", new ServerEvent(data));

    private static async Task<Subscriber> SubscribeAsync(
        TestBroker test, StartAt startAt, EventVisibility? visibility = null, TopicMatcher? matcher = null, AfterGap afterGap = AfterGap.Live) =>
        await test.Broker.SubscribeAsync(
            new SubscribeOptions(matcher ?? TopicMatcher.All) { StartAt = startAt, Visibility = visibility ?? EventVisibility.IncludingPrivate, AfterGap = afterGap },
            TestBroker.Cancellation);
}
