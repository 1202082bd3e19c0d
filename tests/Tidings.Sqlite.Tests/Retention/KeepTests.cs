using System.Text;
using Tidings.Testing;

namespace Tidings.Sqlite.Tests.Retention;

/// <summary>Topics of which only the newest event is kept, or none.</summary>
public sealed class KeepTests
{
    [Fact]
    public async Task Of_each_topic_the_newest_event_is_kept_and_no_floor_rises()
    {
        await using var test = new TestLog(KeepLatest);

        await test.AppendAsync("a", "1", "2");
        await test.AppendAsync("b", "3");
        await test.AppendAsync("a", "4");

        Assert.Equal([3L, 4L], await test.StoredAsync());
        Assert.Equal(1, (await test.PositionAsync()).Floor);
        Assert.Empty(await test.FloorsAsync());
        test.AssertSound();
    }

    [Fact]
    public async Task An_event_replaces_those_with_the_same_topics_and_no_others()
    {
        await using var test = new TestLog(KeepLatest);
        Topic[][] topics = [["a", "b"], ["a"], ["b", "a"], ["a", "b"]];

        foreach (Topic[] one in topics)
        {
            await test.AppendAsync(new PendingEvent(one, "data: x\n"u8.ToArray(), tag: 1, test.Time.GetUtcNow()));
        }

        Assert.Equal([2L, 3L, 4L], await test.StoredAsync());
        test.AssertSound();
    }

    [Fact]
    public async Task A_subscriber_that_comes_back_after_an_event_was_replaced_is_told_no_gap()
    {
        await using var test = new TestLog(KeepLatest);
        await using Broker broker = TestSubscribers.BrokerOver(test);
        SseId replaced = await broker.PublishAsync("a", "1");
        await broker.PublishAsync("a", "2");
        await broker.PublishAsync("b", "3");
        await broker.PublishAsync("a", "4");

        await using Subscriber subscriber = await broker.SubscribeAsync("*", StartAt.After(replaced.Value));

        Assert.Null(subscriber.StartGap);
        Assert.Equal(["3", "4"], (await subscriber.ReadAsync(2)).Told());
    }

    [Fact]
    public async Task Bounds_beside_the_newest_only_are_told_by_a_floor()
    {
        await using var test = new TestLog(options =>
            options.TopicRetention.Add(new TopicRetention { Matcher = "*", Keep = Keep.Latest, MaxEvents = 2 }));

        await test.AppendAsync("a", "1");
        await test.AppendAsync("b", "2");
        await test.AppendAsync("b", "3");
        await test.AppendAsync("c", "4");

        Assert.Equal([3L, 4L], await test.StoredAsync());
        Assert.Equal(2, (await test.FloorsAsync())["*"]);
        test.AssertSound();
    }

    [Fact]
    public async Task What_was_stored_before_the_newest_only_was_asked_for_is_kept_as_it_was()
    {
        await using var test = new TestLog();
        await test.AppendAsync("a", "1", "2");

        await test.ReopenAsync(KeepLatest);
        await test.AppendAsync("a", "3", "4");

        Assert.Equal([1L, 2L, 4L], await test.StoredAsync());
        test.AssertSound();
    }

    [Fact]
    public async Task What_is_not_kept_has_a_sequence_and_is_never_stored()
    {
        await using var test = new TestLog(KeepNoTicks);

        IReadOnlyList<AppendResult> results = await test.AppendAsync("ticks", "1", "2");
        await test.AppendAsync("news", "3");

        Assert.Equal([(AppendOutcome.Stored, 1L), (AppendOutcome.Stored, 2L)], results.Select(result => (result.Outcome, result.Sequence)));
        LogPage page = await test.ReadAsync();
        Assert.Equal([3L], page.Events.Select(logged => logged.Sequence));
        Assert.Equal((3L, 1L), (page.Through, page.Floor));
        Assert.Empty(await test.FloorsAsync());
        test.AssertSound();
    }

    [Fact]
    public async Task What_is_not_kept_is_handed_to_those_who_follow_the_log()
    {
        await using var test = new TestLog(KeepNoTicks);
        await using IAsyncEnumerator<LogPage> tail = test.Log.TailAsync(0, TestLog.Cancellation).GetAsyncEnumerator(TestLog.Cancellation);
        ValueTask<bool> next = tail.MoveNextAsync();

        await test.AppendAsync("ticks", "1", "2");

        Assert.True(await next);
        Assert.Equal(["data: 1\n", "data: 2\n"], tail.Current.Events.Select(logged => Encoding.UTF8.GetString(logged.Content.Body.Span)));
        Assert.Equal((2L, 1L), (tail.Current.Through, tail.Current.Floor));
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Killed)]
    public async Task Sequences_of_what_was_not_kept_are_not_given_again_after_the_end(Ending ending)
    {
        await using var test = new TestLog(KeepNoTicks);
        await test.AppendAsync("ticks", "1", "2", "3");

        await using TestLog again = await test.EndAsync(ending, KeepNoTicks);

        Assert.Equal(3, (await again.PositionAsync()).Last);
        Assert.Equal(4, Assert.Single(await again.AppendAsync("ticks", "4")).Sequence);
    }

    [Fact]
    public async Task A_publish_of_what_is_not_kept_that_is_tried_again_is_delivered_once()
    {
        await using var test = new TestLog(KeepNoTicks);
        var mark = new IdempotencyMark(1, 10);
        AppendResult first = await test.AppendAsync(test.Event("ticks", "1").With(mark));

        AppendResult again = await test.AppendAsync(test.Event("ticks", "1").With(mark));

        Assert.Equal(first with { Outcome = AppendOutcome.Repeated }, again);
        Assert.Equal(1, (await test.PositionAsync()).Last);
    }

    [Fact]
    public async Task Subscribers_who_are_there_receive_what_is_not_kept_and_later_ones_miss_nothing()
    {
        await using var test = new TestLog(KeepNoTicks);
        await using Broker broker = TestSubscribers.BrokerOver(test);
        await using Subscriber there = await broker.SubscribeAsync("*");
        var ids = new List<SseId>();
        foreach ((string topic, string data) in ((string, string)[])[("news", "1"), ("ticks", "2"), ("ticks", "3"), ("news", "4")])
        {
            ids.Add(await broker.PublishAsync(topic, data));
            DecodedEvent received = Assert.Single(await there.ReadAsync(1));
            Assert.Equal((data, ids[^1].Value), (received.Data, received.LastEventId));
        }

        await using Subscriber later = await broker.SubscribeAsync("*", StartAt.Earliest);
        await using Subscriber back = await broker.SubscribeAsync("*", StartAt.After(ids[1].Value));

        Assert.Equal(["1", "4"], (await later.ReadAsync(2)).Told());
        Assert.Equal(["4"], (await back.ReadAsync(1)).Told());
        Assert.Null(back.StartGap);
    }

    [Fact]
    public async Task Subscribers_receive_what_is_not_kept_and_was_stored_before_the_broker_followed_the_log()
    {
        await using var test = new TestLog(KeepNoTicks);
        using var following = new Gate();
        await using var broker = new Broker(new BrokerOptions(), new HookedLog(test.Log) { BeforeTail = following.PassAsync }, test.Time);
        await using Subscriber there = await broker.SubscribeAsync("*");
        await broker.PublishAsync("ticks", "1");
        await broker.PublishAsync("news", "2");

        following.Open();
        await broker.PublishAsync("ticks", "3");

        Assert.Equal(["1", "2", "3"], (await there.ReadAsync(3)).Told());
    }

    [Fact]
    public async Task Subscribers_receive_what_is_not_kept_and_was_stored_while_the_broker_could_not_follow_the_log()
    {
        await using var test = new TestLog(KeepNoTicks);
        int failures = 0;
        var log = new HookedLog(test.Log) { BeforeTail = () => Interlocked.Increment(ref failures) < 3 ? throw new EventLogException("It cannot be read.") : Task.CompletedTask };
        await using var broker = new Broker(new BrokerOptions(), log, test.Time);
        await using Subscriber there = await broker.SubscribeAsync("*");
        await broker.PublishAsync("ticks", "1");
        await broker.PublishAsync("news", "2");

        while (Volatile.Read(ref failures) < 3)
        {
            test.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(["1", "2"], (await there.ReadAsync(2)).Told());
    }

    private static void KeepLatest(SqliteLogOptions options) => options.TopicRetention.Add(new TopicRetention { Matcher = "*", Keep = Keep.Latest });

    private static void KeepNoTicks(SqliteLogOptions options) => options.TopicRetention.Add(new TopicRetention { Matcher = "ticks", Keep = Keep.None });
}
