using Tidings.Testing;

namespace Tidings.Tests.Delivery;

/// <summary>The places where a hub can lose, repeat or hide an event, each held open by a hook while the other side acts.</summary>
public sealed class RaceTests
{
    [Fact]
    public async Task Subscribing_between_commit_and_dispatch_neither_loses_nor_repeats()
    {
        await using var test = new TestBroker();
        SseId first = await test.PublishAsync("news", "1");
        await test.SettleAsync();
        using var gate = new Gate();
        test.Log.BeforeDispatch = _ => gate.PassAsync();
        SseId second = await test.PublishAsync("news", "2"); // acknowledged, not dispatched
        await gate.Reached;

        await using Subscriber live = await test.SubscribeAsync("news");
        await using Subscriber resumed = await test.SubscribeAsync("news", StartAt.After(first.Value));
        await using Subscriber ahead = await test.SubscribeAsync("news", StartAt.After(second.Value));
        gate.Open();
        await test.PublishAsync("news", "3");

        // Whoever has no cursor may see the event that was on its way; nobody with a cursor misses or repeats one.
        Assert.Equal(["2", "3"], (await live.ReadAsync(2)).Data());
        Assert.Equal(["2", "3"], (await resumed.ReadAsync(2)).Data());
        Assert.Equal(["3"], (await ahead.ReadAsync(1)).Data());
        Assert.Null(ahead.StartGap);
    }

    [Fact]
    public async Task Publishing_while_a_page_of_the_replay_is_read_neither_loses_nor_repeats()
    {
        await using var test = new TestBroker(new BrokerOptions { RingEvents = 8 });
        SseId[] ids = await test.PublishManyAsync("news", 1200);
        await test.SettleAsync(); // what is not dispatched comes live
        using var first = new Gate();
        using var second = new Gate();
        var gates = new Queue<Gate>([first, second]);
        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value));
        test.Log.BeforeRead = _ => gates.TryDequeue(out Gate? gate) ? gate.PassAsync() : Task.CompletedTask;

        Task<DecodedEvent[]> reading = subscriber.ReadAsync(1199 + 1024);
        int published = 1200;
        foreach (Gate gate in (Gate[])[first, second])
        {
            await gate.Reached;
            await test.PublishManyAsync("news", 512, after: published); // as many as the pending list holds
            published += 512;
            gate.Open();
        }

        Assert.Equal(SubscriberReading.Numbers(2, 1200 + 1024), (await reading).Data());
    }

    [Fact]
    public async Task What_a_page_holds_beyond_the_cut_is_not_repeated_when_the_reader_falls_behind_again()
    {
        // The first page reaches past the cut, because events were published between the registration and the read.
        await using var test = new TestBroker(new BrokerOptions { RingEvents = 4, PendingCapacity = 4 });
        SseId[] ids = await test.PublishManyAsync("news", 100);
        await test.SettleAsync(); // what is not dispatched comes live
        using var gate = new Gate();
        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value));
        test.Log.BeforeRead = _ => gate.PassAsync();
        Task<DecodedEvent[]> reading = subscriber.ReadAsync(249);
        await gate.Reached;
        await test.PublishManyAsync("news", 150, after: 100);
        gate.Open();

        Assert.Equal(SubscriberReading.Numbers(2, 250), (await reading).Data());
    }

    [Fact]
    public async Task A_reader_that_overflows_goes_back_to_the_log_and_misses_nothing()
    {
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 16, RingEvents = 64 });
        await using Subscriber slow = await test.SubscribeAsync("news");
        await using Subscriber fast = await test.SubscribeAsync("news");
        var seen = new List<string>();
        for (int round = 0; round < 20; round++)
        {
            await test.PublishManyAsync("news", 100, after: round * 100);
            Assert.Equal(SubscriberReading.Numbers((round * 100) + 1, (round + 1) * 100), (await fast.ReadAsync(100)).Data());
            seen.AddRange((await slow.ReadAsync(7)).Data());
        }

        seen.AddRange((await slow.ReadAsync(2000 - seen.Count)).Data());

        Assert.Equal(SubscriberReading.Numbers(1, 2000), seen);
    }

    [Fact]
    public async Task A_reader_that_overflows_on_a_quiet_topic_is_told_of_no_gap_that_is_none()
    {
        // The reader's own events stay few; what it did not match has long been removed when it looks again.
        await using var test = new TestBroker(new BrokerOptions { PendingCapacity = 2, RingEvents = 2 }, new InMemoryLogOptions { MaxEvents = 20 });
        await using Subscriber subscriber = await test.SubscribeAsync("quiet");
        await test.PublishManyAsync("loud", 500);
        await test.PublishManyAsync("quiet", 10);

        Assert.Equal(SubscriberReading.Numbers(1, 10), (await subscriber.ReadAsync(10)).Data());
    }

    [Fact]
    public async Task A_broker_that_has_started_follows_its_log_however_little_that_keeps()
    {
        bool isFollowed = false;
        await using var test = new TestBroker(logOptions: new InMemoryLogOptions { MaxEvents = 1 });
        test.Log.BeforeTail = () =>
        {
            isFollowed = true;
            return Task.CompletedTask;
        };

        await test.Broker.StartAsync(TestBroker.Cancellation);

        Assert.True(isFollowed);
    }

    [Theory]
    [InlineData(AfterGap.Live)]
    [InlineData(AfterGap.ReplayRetained)]
    public async Task A_reader_that_retention_passes_between_two_pages_is_told_of_exactly_one_gap(AfterGap afterGap)
    {
        await using var test = new TestBroker(new BrokerOptions { RingEvents = 8 }, new InMemoryLogOptions { MaxEvents = 1500 });
        SseId[] ids = await test.PublishManyAsync("news", 1500);
        await test.SettleAsync();
        using var gate = new Gate();
        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value), afterGap);
        DecodedEvent[] firstPage = await subscriber.ReadAsync(CatchUp.MaxPageEvents);
        Assert.False(subscriber.TryRead(out _)); // the page is used up
        test.Log.BeforeRead = _ => gate.PassAsync();
        ValueTask<bool> waiting = subscriber.WaitToReadAsync();
        await gate.Reached;
        await test.PublishManyAsync("news", 1000, after: 1500); // now 1001 is the oldest
        gate.Open();
        await waiting;

        Assert.Equal(SubscriberReading.Numbers(2, 1 + CatchUp.MaxPageEvents), firstPage.Data());
        int rest = afterGap == AfterGap.Live ? 1000 : 1500;
        DecodedEvent[] events = await subscriber.ReadAsync(1 + rest);
        Assert.Equal("tidings-gap", events[0].Type);
        Assert.Contains("\"reason\":\"expired\"", events[0].Data, StringComparison.Ordinal);
        Assert.Equal(SubscriberReading.Numbers(2501 - rest, 2500), events[1..].Data());
    }

    [Fact]
    public async Task When_the_log_loses_its_end_under_a_reader_that_is_told_as_a_gap()
    {
        await using var test = new TestBroker(new BrokerOptions { RingEvents = 1 });
        SseId[] ids = await test.PublishManyAsync("news", 10);
        await using Subscriber subscriber = await test.SubscribeAsync("news", StartAt.After(ids[0].Value));
        var truncated = new TruncatedLog(test.Log);
        await using var other = new TestBroker(log: truncated);
        await using Subscriber victim = await other.SubscribeAsync("news", StartAt.After(ids[0].Value));
        truncated.Last = 3;
        await using Subscriber late = await other.SubscribeAsync("news", StartAt.After(ids[1].Value));

        DecodedEvent[] events = await victim.ReadAsync(3);

        Assert.Equal(["2", "3"], events[..2].Data());
        Assert.Equal("tidings-gap", events[2].Type);
        Assert.Contains("rewound", events[2].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_that_fails_leaves_no_trace_in_the_order()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        await test.PublishAsync("news", "1");
        test.Log.BeforeAppend = _ => throw new EventLogException("disk gone");
        PublishException failed = await Assert.ThrowsAsync<PublishException>(() => test.PublishAsync("news", "lost"));
        Assert.Equal(PublishFailure.OutcomeUnknown, failed.Failure);
        test.Log.BeforeAppend = null;

        await test.PublishAsync("news", "2");

        Assert.Equal(["1", "2"], (await subscriber.ReadAsync(2)).Data());
        Assert.Equal(2, (await test.Log.GetPositionAsync(TestBroker.Cancellation)).Last);
    }

    [Fact]
    public async Task An_event_whose_acknowledgement_failed_is_delivered_if_it_is_in_the_log()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        test.Log.AfterAppend = () => throw new EventLogException("cut before the answer");

        await Assert.ThrowsAsync<PublishException>(() => test.PublishAsync("news", "1"));

        Assert.Equal(["1"], (await subscriber.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task Nothing_is_delivered_before_it_is_committed()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        using var gate = new Gate();
        test.Log.BeforeAppend = _ => gate.PassAsync();
        Task<SseId> publishing = test.PublishAsync("news", "1");
        await gate.Reached;
        ValueTask<bool> waiting = subscriber.WaitToReadAsync();
        Assert.False(waiting.IsCompleted);

        gate.Open();

        Assert.True(await waiting);
        await publishing;
    }

    [Fact]
    public async Task A_publisher_that_hangs_up_leaves_a_whole_event_behind()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        using var gate = new Gate();
        test.Log.BeforeAppend = _ => gate.PassAsync();
        using var hangUp = new CancellationTokenSource();
        ValueTask<SseId> publishing = test.Broker.PublishAsync("news", new ServerEvent("1"), hangUp.Token);
        await gate.Reached;

        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publishing.AsTask());
        gate.Open();

        Assert.Equal(["1"], (await subscriber.ReadAsync(1)).Data());
    }

    [Fact]
    public async Task A_tail_that_fails_is_taken_up_again_where_it_stopped()
    {
        await using var test = new TestBroker();
        await using Subscriber subscriber = await test.SubscribeAsync("news");
        await test.PublishAsync("news", "1");
        await subscriber.ReadAsync(1);
        var failed = new TaskCompletionSource();
        test.Log.BeforeDispatch = _ =>
        {
            test.Log.BeforeDispatch = null;
            failed.SetResult();
            throw new EventLogException("connection lost");
        };
        await test.PublishAsync("news", "2");
        await failed.Task;
        while (test.Time.TimerCount == 0)
        {
            await Task.Yield();
        }

        test.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["2"], (await subscriber.ReadAsync(1)).Data());
    }

    [Theory]
    [InlineData(100, new[] { "2", "3" })]
    [InlineData(1, new[] { "gap", "3" })]
    public async Task A_tail_that_retention_has_passed_makes_every_subscriber_look_for_itself(int maxEvents, string[] expected)
    {
        await using var test = new TestBroker(logOptions: new InMemoryLogOptions { MaxEvents = maxEvents });
        await using Subscriber subscriber = await test.SubscribeAsync("news", afterGap: AfterGap.ReplayRetained);
        await test.PublishAsync("news", "1");
        Assert.Equal(["1"], (await subscriber.ReadAsync(1)).Data());

        // The second event never comes by the tail: what follows tells by its floor that it is missing.
        test.Log.ChangeDispatched = page => page.Through < 3
            ? page with { Events = [], Through = 1 }
            : page with { Events = [.. page.Events.Where(logged => logged.Sequence >= 3)], Floor = 3 };
        await test.PublishAsync("news", "2");
        await test.PublishAsync("news", "3");
        await test.SettleAsync();

        DecodedEvent[] events = await subscriber.ReadAsync(2);

        Assert.Equal(expected, events.Select(decoded => decoded.Type == "tidings-gap" ? "gap" : decoded.Data));
    }

    [Fact]
    public async Task Live_events_are_delivered_also_when_nothing_is_kept_for_replay()
    {
        await using var test = new TestBroker(logOptions: new InMemoryLogOptions { MaxEvents = 0 });
        await using Subscriber subscriber = await test.SubscribeAsync("news");

        await test.PublishManyAsync("news", 300);

        Assert.Equal(SubscriberReading.Numbers(1, 300), (await subscriber.ReadAsync(300)).Data());
    }

    /// <summary>A log that has lost its end, as after a failover.</summary>
    private sealed class TruncatedLog(IEventLog inner) : IEventLog
    {
        public long Last { get; set; } = long.MaxValue;

        public ReadOnlyMemory<byte> IdKey => inner.IdKey;

        public Durability Durability => inner.Durability;

        public ValueTask<LogPosition> GetPositionAsync(CancellationToken cancellationToken) => inner.GetPositionAsync(cancellationToken);

        public ValueTask<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<PendingEvent> events, CancellationToken cancellationToken) => inner.AppendAsync(events, cancellationToken);

        public async ValueTask<LogPage> ReadAsync(long after, PageLimit limit, CancellationToken cancellationToken)
        {
            LogPage page = await inner.ReadAsync(after, limit, cancellationToken);
            return page with { Events = [.. page.Events.Where(logged => logged.Sequence <= Last)], Through = Math.Max(after, Math.Min(page.Through, Last)) };
        }

        public ValueTask<long?> FindAsync(SseId id, CancellationToken cancellationToken) => inner.FindAsync(id, cancellationToken);

        public IAsyncEnumerable<LogPage> TailAsync(long after, CancellationToken cancellationToken) => inner.TailAsync(after, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
