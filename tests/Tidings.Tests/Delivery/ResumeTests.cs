using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Tests.Delivery;

public sealed class ResumeTests
{
    [Fact]
    public async Task A_subscriber_that_comes_back_receives_only_what_it_has_missed()
    {
        await using var test = new TestBroker();
        SseId[] ids = await test.PublishManyAsync("news", 5);

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[2].Value));
        await test.PublishAsync("news", "6");

        Assert.Null(subscriber.StartGap);
        Assert.Equal(["4", "5", "6"], (await subscriber.ReadAsync(3)).Data());
    }

    [Fact]
    public async Task A_subscriber_without_a_cursor_begins_with_the_next_event()
    {
        await using var test = new TestBroker();
        await test.PublishManyAsync("news", 3);
        await test.SettleAsync();

        await using Subscriber subscriber = await test.SubscribeAsync("news");
        await test.PublishAsync("news", "4");

        Assert.Equal(["4"], (await subscriber.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task Earliest_means_everything_that_the_log_has()
    {
        await using var test = new TestBroker(logOptions: new InMemoryLogOptions { MaxEvents = 3 });
        await test.PublishManyAsync("news", 5);
        await test.SettleAsync(); // what the dispatcher has not been handed is kept

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.Earliest);

        Assert.Null(subscriber.StartGap);
        Assert.Equal(["3", "4", "5"], (await subscriber.ReadAsync(3)).Data());
    }

    [Fact]
    public async Task A_publishers_own_id_is_a_cursor_like_any_other()
    {
        await using var test = new TestBroker();
        await test.Broker.PublishAsync("news", new ServerEvent("1", id: "mine"), TestBroker.Cancellation);
        await test.PublishAsync("news", "2");

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After("mine"));

        Assert.Equal(["2"], (await subscriber.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task A_cursor_on_an_event_that_did_not_match_is_as_good_as_any()
    {
        await using var test = new TestBroker();
        SseId elsewhere = await test.PublishAsync("sport", "1");
        await test.PublishAsync("news", "2");

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(elsewhere.Value));

        Assert.Null(subscriber.StartGap);
        Assert.Equal(["2"], (await subscriber.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task A_replay_goes_through_the_ring_and_the_log_without_a_hole()
    {
        await using var test = new TestBroker(new BrokerOptions { RingEvents = 16 });
        SseId[] ids = await test.PublishManyAsync("news", 2000);
        await test.SettleAsync();

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[99].Value));

        Assert.Equal(SubscriberReading.Numbers(101, 2000), (await subscriber.ReadAsync(1900)).Data());
        Assert.InRange(test.Log.Reads, 1900 / CatchUp.MaxPageEvents, (1900 / CatchUp.MaxPageEvents) + 4);
    }

    [Fact]
    public async Task A_replay_from_the_ring_does_not_ask_the_log_for_pages()
    {
        await using var test = new TestBroker();
        SseId[] ids = await test.PublishManyAsync("news", 1000);
        await test.SettleAsync();

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value));

        await subscriber.ReadAsync(999);
        Assert.Equal(0, test.Log.Reads);
    }

    [Theory]
    [InlineData("no such id", "unknown")]
    [InlineData("", "unknown")]
    [InlineData("#short", "unknown")]
    [InlineData("\r\nX: y", "unknown")]
    [InlineData("#AAAAAAAAAAAAAAAAAAAAAA", "epoch")]
    public async Task An_id_that_means_nothing_here_is_told_as_a_gap_and_live_events_follow(string id, string reason)
    {
        await using var test = new TestBroker();
        SseId[] ids = await test.PublishManyAsync("news", 3);
        await test.SettleAsync();

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(id));
        await test.PublishAsync("news", "4");

        DecodedEvent[] events = await subscriber.ReadAsync(2);
        AssertGap(events[0], id, reason, resumesAfter: ids[2]);
        Assert.Equal("4", events[1].Data);
        Assert.NotNull(subscriber.StartGap);
    }

    [Fact]
    public async Task A_cursor_that_retention_has_passed_is_told_as_a_gap()
    {
        await using var test = new TestBroker(logOptions: new InMemoryLogOptions { MaxEvents = 3 });
        SseId[] ids = await test.PublishManyAsync("news", 6);
        await test.SettleAsync();

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[1].Value));
        await test.PublishAsync("news", "7");

        DecodedEvent[] events = await subscriber.ReadAsync(2);
        AssertGap(events[0], ids[1].Value, "expired", resumesAfter: ids[5]);
        Assert.Equal("7", events[1].Data);
    }

    [Fact]
    public async Task A_cursor_just_below_the_oldest_event_has_lost_nothing()
    {
        await using var test = new TestBroker(logOptions: new InMemoryLogOptions { MaxEvents = 3 });
        SseId[] ids = await test.PublishManyAsync("news", 6);

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[2].Value));

        Assert.Null(subscriber.StartGap);
        Assert.Equal(["4", "5", "6"], (await subscriber.ReadAsync(3)).Data());
    }

    [Fact]
    public async Task After_a_gap_what_is_retained_is_replayed_if_asked_for()
    {
        await using var test = new TestBroker(logOptions: new InMemoryLogOptions { MaxEvents = 3 });
        SseId[] ids = await test.PublishManyAsync("news", 6);
        await test.SettleAsync(); // what the dispatcher has not been handed is kept

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value), AfterGap.ReplayRetained);

        DecodedEvent[] events = await subscriber.ReadAsync(4);
        Assert.Equal("tidings-gap", events[0].Type);
        Assert.Equal(["4", "5", "6"], events[1..].Data());
    }

    [Fact]
    public async Task The_id_of_a_gap_is_a_cursor_that_leads_on_without_another_gap()
    {
        await using var test = new TestBroker();
        await test.PublishManyAsync("news", 3);
        await test.SettleAsync();
        await using Subscriber first = await test.SubscribeAsync("news", StartAt.After("lost"));
        string resumesAfter = (await first.ReadAsync(1))[0].LastEventId;
        await test.PublishAsync("news", "4");

        await using Subscriber second = await test.SubscribeAsync("news", StartAt.After(resumesAfter));

        Assert.Null(second.StartGap);
        Assert.Equal(["4"], (await second.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task In_an_empty_log_too_the_id_of_a_gap_is_a_cursor()
    {
        await using var test = new TestBroker();
        await using Subscriber first = await test.SubscribeAsync("news", StartAt.After("lost"));
        string resumesAfter = (await first.ReadAsync(1))[0].LastEventId;
        await test.PublishAsync("news", "1");

        await using Subscriber second = await test.SubscribeAsync("news", StartAt.After(resumesAfter));

        Assert.Null(second.StartGap);
        Assert.Equal(["1"], (await second.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task A_cursor_of_another_life_of_the_log_is_told_as_a_gap()
    {
        await using var test = new TestBroker();
        SseId[] ids = await test.PublishManyAsync("news", 3);
        test.Log.Position = position => position with { Epoch = position.Epoch + 1 };

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value));

        Assert.Equal(GapReason.Epoch, subscriber.StartGap?.Reason);
    }

    [Fact]
    public async Task A_cursor_beyond_the_end_of_the_log_is_told_as_a_gap()
    {
        await using var test = new TestBroker();
        SseId[] ids = await test.PublishManyAsync("news", 3);
        test.Log.Position = position => position with { Last = 2 };

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[2].Value));

        Assert.Equal(GapReason.Rewound, subscriber.StartGap?.Reason);
    }

    [Fact]
    public async Task A_cursor_whose_place_holds_another_event_is_told_as_a_gap()
    {
        // Two logs with one key and one epoch, as after a restore from a copy: the same places, other events.
        await using var test = new TestBroker();
        await test.PublishManyAsync("news", 3);
        LogPosition position = await test.Log.GetPositionAsync(TestBroker.Cancellation);
        using var codec = new EventIdCodec(test.Log.IdKey.Span);
        SseId forked = codec.Encode(new LogPlace(position.Epoch, 2, EventIdCodec.NewTag()));

        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(forked.Value));

        Assert.Equal(GapReason.Fork, subscriber.StartGap?.Reason);
    }

    [Fact]
    public async Task A_gap_can_be_told_outside_the_stream_alone()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.Broker.SubscribeAsync(
            new SubscribeOptions(TopicMatcher.All) { StartAt = StartAt.After("lost"), GapTelling = GapTelling.OutsideStream },
            TestBroker.Cancellation);
        await test.PublishAsync("news", "1");

        Assert.Equal(GapReason.Unknown, subscriber.StartGap?.Reason);
        Assert.Equal(["1"], (await subscriber.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task A_broker_over_a_log_with_a_history_replays_it_before_anything_is_published()
    {
        await using var log = new InMemoryEventLog();
        SseId[] ids;
        await using (var before = new TestBroker(log: log))
        {
            ids = await before.PublishManyAsync("news", 5);
        }

        await using var after = new TestBroker(log: log);
        await using Subscriber subscriber = await after.SubscribeAsync("news", StartAt.After(ids[1].Value));

        Assert.Null(subscriber.StartGap);
        Assert.Equal(["3", "4", "5"], (await subscriber.ReadAsync(3)).Data());
        Assert.Equal(6, (await after.Log.AppendAsync([new PendingEvent(["x"], default, 1, default)], TestBroker.Cancellation))[0].Sequence);
    }

    private static void AssertGap(DecodedEvent gap, string requested, string reason, SseId resumesAfter)
    {
        Assert.Equal("tidings-gap", gap.Type);
        Assert.Equal(resumesAfter.Value, gap.LastEventId);
        using JsonDocument json = JsonDocument.Parse(gap.Data);
        Assert.Equal(requested, json.RootElement.GetProperty("requested").GetString());
        Assert.Equal(reason, json.RootElement.GetProperty("reason").GetString());
        Assert.Equal(resumesAfter.Value, json.RootElement.GetProperty("resumesAfter").GetString());
    }
}
