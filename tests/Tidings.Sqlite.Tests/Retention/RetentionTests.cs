using Tidings.Testing;

namespace Tidings.Sqlite.Tests.Retention;

/// <summary>What the bounds take, of all events and of some topics. The bounds of all events are in the contract, too, as far as every log has them.</summary>
public sealed class RetentionTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task An_event_goes_when_it_is_older_than_its_age_and_not_before()
    {
        await using var test = new TestLog(options => options.Retention.MaxAge = Hour);
        await test.AppendAsync("news", "a");
        test.Time.Advance(TimeSpan.FromTicks(1));
        await test.AppendAsync("news", "b");

        test.Time.Advance(Hour - TimeSpan.FromTicks(1));
        await test.Log.PruneAsync(TestLog.Cancellation);
        Assert.Equal([1L, 2L], await test.StoredAsync());

        test.Time.Advance(TimeSpan.FromTicks(1));
        await test.Log.PruneAsync(TestLog.Cancellation);
        Assert.Equal([2L], await test.StoredAsync());
        Assert.Equal(2, (await test.PositionAsync()).Floor);
        test.AssertSound();
    }

    [Fact(Timeout = Hang.Milliseconds)]
    public async Task Old_events_go_by_themselves_when_nothing_is_stored_any_more()
    {
        await using var test = new TestLog(options => options.Retention.MaxAge = Hour);
        await test.FillAsync("news", 2500); // more than one step
        await test.AppendAsync(FarFromOld(test, "news"));

        test.Time.Advance(Hour);
        await TickUntilAsync(test, position => position.Floor == 2501);

        Assert.Equal([2501L], await test.StoredAsync());
        test.AssertSound();
    }

    [Fact(Timeout = Hang.Milliseconds)]
    public async Task Old_events_of_some_topics_go_by_themselves_when_nothing_is_stored_any_more()
    {
        await using var test = new TestLog(options => options.TopicRetention.Add(new TopicRetention { Matcher = "weather", MaxAge = Hour }));
        await test.AppendAsync("news", "1");
        await test.AppendAsync("weather", "2");
        await test.AppendAsync(FarFromOld(test, "weather"));

        test.Time.Advance(Hour);
        await TickUntilAsync(test, position => position.TopicFloors.Count == 1);

        Assert.Equal((1L, 3L), ((await test.PositionAsync()).Floor, (await test.FloorsAsync())["weather"]));
        Assert.Equal([1L, 3L], await test.StoredAsync());
        test.AssertSound();
    }

    [Fact]
    public async Task Pruning_brings_a_log_down_to_bounds_that_were_lowered()
    {
        await using var test = new TestLog();
        await test.FillAsync("news", 3000);

        await test.ReopenAsync(options => options.Retention.MaxEvents = 10);
        Assert.Equal(3000, (await test.StoredAsync()).Count);
        await test.Log.PruneAsync(TestLog.Cancellation);
        Assert.Equal(Enumerable.Range(2991, 10).Select(number => (long)number), await test.StoredAsync());

        await test.ReopenAsync(options => options.Retention.MaxBytes = 5 * (TestLog.FrameBytes + 4));
        await test.Log.PruneAsync(TestLog.Cancellation);
        Assert.Equal(Enumerable.Range(2996, 5).Select(number => (long)number), await test.StoredAsync());
        Assert.Equal(2996, (await test.PositionAsync()).Floor);
        test.AssertSound();
    }

    [Fact]
    public async Task A_log_that_was_opened_with_lower_bounds_shrinks_with_every_batch_although_nobody_prunes()
    {
        await using var test = new TestLog();
        await test.FillAsync("news", 100);

        await test.ReopenAsync(options => options.Retention.MaxEvents = 10);
        int stored = 100;
        while (stored > 10)
        {
            await test.AppendAsync("news", "a");
            int now = (await test.StoredAsync()).Count;
            Assert.InRange(now, 10, stored - 1);
            stored = now;
        }

        test.AssertSound();
    }

    [Fact]
    public async Task The_number_of_some_topics_events_is_bounded_for_them_alone()
    {
        await using var test = new TestLog(options => options.TopicRetention.Add(new TopicRetention { Matcher = "news", MaxEvents = 2 }));

        await test.AppendAsync("news", "1", "2");
        await test.AppendAsync("weather", "3", "4", "5");
        await test.AppendAsync("news", "6");

        Assert.Equal([2L, 3L, 4L, 5L, 6L], await test.StoredAsync());
        Assert.Equal(2, (await test.FloorsAsync())["news"]);
        Assert.Equal(1, (await test.PositionAsync()).Floor);
        test.AssertSound();
    }

    [Fact]
    public async Task The_bytes_of_some_topics_events_are_bounded_for_them_alone()
    {
        await using var test = new TestLog(options =>
            options.TopicRetention.Add(new TopicRetention { Matcher = "news", MaxBytes = 2 * (TestLog.FrameBytes + 40) }));

        await test.AppendAsync("weather", new string('0', 1000));
        foreach (char name in "abc")
        {
            await test.AppendAsync("news", new string(name, 40));
        }

        Assert.Equal([1L, 3L, 4L], await test.StoredAsync());
        Assert.Equal(3, (await test.FloorsAsync())["news"]);
        test.AssertSound();
    }

    [Fact]
    public async Task The_age_of_some_topics_events_is_bounded_for_them_alone()
    {
        await using var test = new TestLog(options => options.TopicRetention.Add(new TopicRetention { Matcher = "news", MaxAge = Hour }));
        await test.AppendAsync("news", "1");
        await test.AppendAsync("weather", "2");
        test.Time.Advance(Hour + TimeSpan.FromTicks(1));
        await test.AppendAsync("news", "3");

        await test.Log.PruneAsync(TestLog.Cancellation);

        Assert.Equal([2L, 3L], await test.StoredAsync());
        Assert.Equal(2, (await test.FloorsAsync())["news"]);
        test.AssertSound();
    }

    [Fact]
    public async Task One_entry_for_all_topics_bounds_them_together()
    {
        await using var test = new TestLog(options => options.TopicRetention.Add(new TopicRetention { Matcher = "*", MaxEvents = 2 }));

        await test.AppendAsync("news", "1", "2");
        await test.AppendAsync("weather", "3");

        Assert.Equal([2L, 3L], await test.StoredAsync());
        test.AssertSound();
    }

    [Fact]
    public async Task The_first_entry_that_selects_a_topic_holds_for_it()
    {
        await using var test = new TestLog(options =>
        {
            options.TopicRetention.Add(new TopicRetention { Matcher = "news", MaxEvents = 2 });
            options.TopicRetention.Add(new TopicRetention { Matcher = "*", MaxEvents = 1 });
        });

        await test.AppendAsync("news", "1", "2");
        await test.AppendAsync("weather", "3", "4");

        Assert.Equal([1L, 2L, 4L], await test.StoredAsync());
        test.AssertSound();
    }

    [Fact]
    public async Task An_event_with_topics_under_different_entries_is_kept_as_all_are()
    {
        await using var test = new TestLog(options =>
        {
            options.TopicRetention.Add(new TopicRetention { Matcher = "news", MaxEvents = 0 });
            options.TopicRetention.Add(new TopicRetention { Matcher = "ticks", Keep = Keep.None });
            options.TopicRetention.Add(new TopicRetention { Matcher = "state", Keep = Keep.Latest });
        });

        await AppendAsync(test, "news", "ticks");
        await AppendAsync(test, "ticks", "weather");
        await AppendAsync(test, "state", "news");
        await AppendAsync(test, "state", "news");
        await AppendAsync(test, "weather");
        await AppendAsync(test, "news");
        await test.Log.PruneAsync(TestLog.Cancellation);

        Assert.Equal([1L, 2L, 3L, 4L, 5L], await test.StoredAsync());
        test.AssertSound();
    }

    [Fact]
    public async Task An_event_whose_topics_are_all_under_one_entry_is_kept_as_that_says()
    {
        await using var test = new TestLog(options => options.TopicRetention.Add(new TopicRetention { Matcher = "*", Keep = Keep.None }));

        await AppendAsync(test, "news", "weather");

        Assert.Empty(await test.StoredAsync());
    }

    private static Task<AppendResult> AppendAsync(TestLog test, params Topic[] topics) =>
        test.AppendAsync(new PendingEvent(topics, "data: a\n"u8.ToArray(), tag: 1, test.Time.GetUtcNow()));

    // However often the clock ticks while a test waits for the timer's work, this one stays.
    private static PendingEvent FarFromOld(TestLog test, string topic) => TestLog.Event(topic, "young", test.Time.GetUtcNow().AddYears(10));

    // The timer's work is done on another thread: what it has come to shows in the position, sooner or later.
    private static async Task TickUntilAsync(TestLog test, Func<LogPosition, bool> condition)
    {
        while (!condition(await test.PositionAsync()))
        {
            TestLog.Cancellation.ThrowIfCancellationRequested();
            test.Time.Advance(TimeSpan.FromSeconds(1));

            // The writer's thread must have its turn: otherwise the clock would run away from it.
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestLog.Cancellation);
        }
    }
}
