using System.Text;

namespace Tidings.Sqlite.Tests;

/// <summary>What a log still knows when it was closed and opened again, and when its process was killed.</summary>
public sealed class RestartTests
{
    private static readonly IdempotencyMark Mark = new(Key: 1, Content: 10);

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Killed)]
    public async Task Position_epoch_and_id_key_are_told_before_anything_is_appended(Ending ending)
    {
        await using var test = new TestLog(options => options.Retention.MaxEvents = 2);
        await test.AppendAsync("news", "a", "b", "c");
        (LogPosition position, byte[] idKey) = (await test.PositionAsync(), test.Log.IdKey.ToArray());

        await using TestLog again = await test.EndAsync(ending);

        LogPosition told = await again.PositionAsync();
        Assert.Equal((position.Epoch, 2L, 3L), (told.Epoch, told.Floor, told.Last));
        Assert.Equal(idKey, again.Log.IdKey.ToArray());
        LogPage page = await again.ReadAsync(after: 3);
        Assert.Equal((3L, 2L), (page.Through, page.Floor));
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Killed)]
    public async Task Live_only_events_have_left_nothing_but_their_places(Ending ending)
    {
        await using var test = new TestLog();
        await test.AppendAsync("news", "a");
        await test.AppendAsync(new PendingEvent(["presence"], "here"u8.ToArray(), tag: 2, test.Time.GetUtcNow(), isPrivate: true) { IsLiveOnly = true });

        await using TestLog again = await test.EndAsync(ending);

        Assert.Equal((1L, 2L), ((await again.PositionAsync()).Floor, (await again.PositionAsync()).Last));
        Assert.Equal([1L], (await again.ReadAsync()).Events.Select(logged => logged.Sequence));
        await again.AppendAsync("news", "b");
        Assert.Equal([1L, 3L], (await again.ReadAsync()).Events.Select(logged => logged.Sequence));
        again.AssertSound();
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Killed)]
    public async Task Events_are_read_back_whole(Ending ending)
    {
        await using var test = new TestLog();
        var pending = new PendingEvent(
            ["prices/ACME", "preise/Österreich"],
            Encoding.UTF8.GetBytes("event: price\ndata: 12.3 €\n"),
            tag: 0xFF_1234_5678,
            test.Time.GetUtcNow().AddTicks(7),
            isPrivate: true,
            SseId.Of("publisher-1"));
        AppendResult stored = await test.AppendAsync(pending);

        await using TestLog again = await test.EndAsync(ending);

        LoggedEvent logged = Assert.Single((await again.ReadAsync()).Events);
        Assert.Equal(stored, new AppendResult(AppendOutcome.Stored, logged.Epoch, logged.Sequence, logged.Content.Tag));
        Assert.Equal(pending.Topics.ToArray(), logged.Content.Topics.ToArray());
        Assert.Equal(pending.Body.ToArray(), logged.Content.Body.ToArray());
        Assert.Equal(pending.PublishedAt, logged.Content.PublishedAt);
        Assert.True(logged.Content.IsPrivate);
        Assert.Equal(pending.PublisherId, logged.Content.PublisherId);
        again.AssertSound();
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Killed)]
    public async Task A_publish_that_is_tried_again_after_the_end_is_told_its_first_place(Ending ending)
    {
        await using var test = new TestLog();
        AppendResult stored = await test.AppendAsync(TestLog.Event("news", "a", test.Time.GetUtcNow(), tag: 7).With(Mark));
        await test.AppendAsync("news", "b");

        await using TestLog again = await test.EndAsync(ending);
        AppendResult repeated = await again.AppendAsync(TestLog.Event("news", "a", test.Time.GetUtcNow(), tag: 8).With(Mark));

        Assert.Equal(stored with { Outcome = AppendOutcome.Repeated }, repeated);
        Assert.Equal([1L, 2L], await again.StoredAsync());
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Killed)]
    public async Task A_key_that_is_used_for_another_event_after_the_end_is_refused(Ending ending)
    {
        await using var test = new TestLog();
        await test.AppendAsync(test.Event("news", "a").With(Mark));

        await using TestLog again = await test.EndAsync(ending);
        AppendResult refused = await again.AppendAsync(test.Event("news", "b").With(Mark with { Content = 11 }));

        Assert.Equal(AppendOutcome.KeyReused, refused.Outcome);
        Assert.Equal([1L], await again.StoredAsync());
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Killed)]
    public async Task A_publishers_id_is_found_after_the_end(Ending ending)
    {
        await using var test = new TestLog();
        await test.AppendAsync("news", "a");
        await test.AppendAsync(TestLog.Event("news", "b", test.Time.GetUtcNow(), publisherId: "mine"));
        await test.AppendAsync(TestLog.Event("news", "c", test.Time.GetUtcNow(), publisherId: "mine"));

        await using TestLog again = await test.EndAsync(ending);

        Assert.Equal(2, await again.Log.FindAsync(SseId.Of("mine"), TestLog.Cancellation));
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Killed)]
    public async Task Sequences_go_on_after_everything_was_removed(Ending ending)
    {
        await using var test = new TestLog(options => options.Retention.MaxEvents = 0);
        await test.AppendAsync("news", "a", "b", "c");
        Assert.Empty(await test.StoredAsync());

        await using TestLog again = await test.EndAsync(ending);

        LogPosition position = await again.PositionAsync();
        Assert.Equal((4L, 3L), (position.Floor, position.Last));
        Assert.Equal(4, Assert.Single(await again.AppendAsync("news", "d")).Sequence);
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Killed)]
    public async Task A_subscriber_that_comes_back_after_the_end_resumes_without_a_gap(Ending ending)
    {
        await using var test = new TestLog();
        SseId cursor;
        await using (Broker broker = TestSubscribers.BrokerOver(test))
        {
            await broker.PublishAsync("news", "1");
            cursor = await broker.PublishAsync("news", "2");
            await broker.PublishAsync("news", "3");
            await broker.PublishAsync("sport", "4");
            await broker.PublishAsync("news", "5");
        }

        await using TestLog again = await test.EndAsync(ending);
        await using Broker brokerAgain = TestSubscribers.BrokerOver(again);
        await using Subscriber subscriber = await brokerAgain.SubscribeAsync("news", StartAt.After(cursor.Value));

        Assert.Equal(["3", "5"], (await subscriber.ReadAsync(2)).Told());
        await brokerAgain.PublishAsync("news", "6");
        Assert.Equal(["6"], (await subscriber.ReadAsync(1)).Told());
        Assert.Null(subscriber.StartGap);
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Killed)]
    public async Task Everything_that_is_kept_is_replayed_after_the_end_before_anything_is_published(Ending ending)
    {
        await using var test = new TestLog();
        await using (Broker broker = TestSubscribers.BrokerOver(test))
        {
            await broker.PublishAsync("news", "1");
            await broker.PublishAsync("news", "2");
        }

        await using TestLog again = await test.EndAsync(ending);
        await using Broker brokerAgain = TestSubscribers.BrokerOver(again);
        await using Subscriber subscriber = await brokerAgain.SubscribeAsync("news", StartAt.Earliest);

        Assert.Equal(["1", "2"], (await subscriber.ReadAsync(2)).Told());
        Assert.Null(subscriber.StartGap);
    }

    [Fact]
    public async Task A_log_that_is_opened_again_in_its_place_goes_on_where_it_ended()
    {
        await using var test = new TestLog();
        await test.AppendAsync("news", "a", "b");
        byte[] idKey = test.Log.IdKey.ToArray();

        await test.ReopenAsync();

        Assert.Equal(idKey, test.Log.IdKey.ToArray());
        Assert.Equal(3, Assert.Single(await test.AppendAsync("news", "c")).Sequence);
        Assert.Equal([1L, 2L, 3L], await test.StoredAsync());
        test.AssertSound();
    }
}
