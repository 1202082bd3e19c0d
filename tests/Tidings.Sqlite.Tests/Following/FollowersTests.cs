namespace Tidings.Sqlite.Tests.Following;

/// <summary>Whoever follows the log is handed everything once and in order; storing waits for those who are slow.</summary>
public sealed class FollowersTests
{
    private const int MaxBacklogEvents = 8192;

    [Fact]
    public async Task Storing_waits_for_a_follower_that_is_too_many_events_behind_and_nothing_is_lost()
    {
        await using var test = new TestLog();
        await using Tail tail = await Tail.JoinAsync(test, after: 0);
        await test.FillAsync("news", MaxBacklogEvents);

        Task<IReadOnlyList<AppendResult>> waiting = test.AppendAsync("news", "late");
        await WaitForWriterAsync(test);
        Assert.Equal(1 + MaxBacklogEvents, (await test.PositionAsync()).Last);

        await tail.ReadThroughAsync(2);
        Assert.Equal(MaxBacklogEvents + 2, Assert.Single(await waiting).Sequence);
        await tail.ReadThroughAsync(MaxBacklogEvents + 2);
        Assert.Equal(Numbers(1, MaxBacklogEvents + 2), tail.Seen);
    }

    [Fact]
    public async Task Storing_waits_for_a_follower_that_is_too_many_bytes_behind()
    {
        await using var test = new TestLog();
        await using Tail tail = await Tail.JoinAsync(test, after: 0);
        string large = new('x', 4 * 1024 * 1024);
        await test.AppendAsync("news", large, large, large, large);

        Task<IReadOnlyList<AppendResult>> waiting = test.AppendAsync("news", "late");
        await WaitForWriterAsync(test);
        Assert.Equal(5, (await test.PositionAsync()).Last);

        await tail.ReadThroughAsync(6);
        Assert.Equal(6, Assert.Single(await waiting).Sequence);
        Assert.Equal(Numbers(1, 6), tail.Seen);
    }

    [Fact]
    public async Task Storing_goes_on_when_the_slow_follower_leaves()
    {
        await using var test = new TestLog();
        Task<IReadOnlyList<AppendResult>> waiting;
        await using (await Tail.JoinAsync(test, after: 0))
        {
            await test.FillAsync("news", MaxBacklogEvents);
            waiting = test.AppendAsync("news", "late");
            await WaitForWriterAsync(test);
            Assert.Equal(1 + MaxBacklogEvents, (await test.PositionAsync()).Last);
        }

        await waiting;
        await test.FillAsync("news", 2 * MaxBacklogEvents);
        Assert.Equal((3 * MaxBacklogEvents) + 2, (await test.PositionAsync()).Last);
    }

    [Fact]
    public async Task Waiting_for_a_slow_follower_ends_when_it_is_cancelled_and_stores_nothing()
    {
        await using var test = new TestLog();
        await using Tail tail = await Tail.JoinAsync(test, after: 0);
        await test.FillAsync("news", MaxBacklogEvents);
        using var stopping = new CancellationTokenSource();
        Task waiting = test.Log.AppendAsync([test.Event("news", "late")], stopping.Token).AsTask();

        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await WaitForWriterAsync(test);
        Assert.Equal(1 + MaxBacklogEvents, (await test.PositionAsync()).Last);
    }

    [Fact]
    public async Task A_follower_that_joins_behind_reads_what_is_stored_and_goes_on_with_what_comes()
    {
        await using var test = new TestLog();
        await test.FillAsync("news", 2000);
        await using var tail = new Tail(test, after: 100);

        await tail.ReadThroughAsync(101);
        Assert.InRange(tail.Seen.Count, 1, 1899); // it is still behind
        await test.FillAsync("news", 1000);
        await tail.ReadThroughAsync(3000);

        Assert.Equal(Numbers(101, 3000), tail.Seen);
    }

    [Fact]
    public async Task A_follower_that_joins_behind_is_handed_what_is_not_kept_and_comes_after_it_joined()
    {
        await using var test = new TestLog(KeepNoTicks);
        await test.FillAsync("news", 1000);
        await test.AppendAsync("ticks", "never seen");
        await test.ReopenAsync(KeepNoTicks);
        await using var tail = new Tail(test, after: 0);

        await tail.ReadThroughAsync(1);
        await test.AppendAsync("ticks", "seen");
        await test.AppendAsync("news", "seen");
        await tail.ReadThroughAsync(1003);

        Assert.Equal([.. Numbers(1, 1000), 1002L, 1003L], tail.Seen);
    }

    [Fact]
    public async Task A_follower_that_joins_where_retention_has_passed_is_told_by_the_floor_and_handed_the_rest()
    {
        await using var test = new TestLog(options => options.Retention.MaxEvents = 2);
        await test.AppendAsync("news", "1", "2", "3", "4", "5");
        await using var tail = new Tail(test, after: 1);

        await tail.ReadThroughAsync(5);
        Assert.Equal(4, tail.Floor);
        await test.AppendAsync("news", "6", "7", "8");
        await tail.ReadThroughAsync(8);

        Assert.Equal(Numbers(4, 8), tail.Seen);
        Assert.InRange(tail.Floor, 1, 6);
    }

    [Fact]
    public async Task What_is_not_kept_and_was_stored_before_anybody_followed_is_handed_over()
    {
        await using var test = new TestLog(KeepNoTicks);
        await test.AppendAsync("ticks", "1");
        await test.AppendAsync("news", "2");
        await test.AppendAsync("ticks", "3");

        await using var tail = new Tail(test, after: 0);
        await tail.ReadThroughAsync(3);

        Assert.Equal([1L, 2L, 3L], tail.Seen);
    }

    [Fact]
    public async Task What_is_not_kept_and_was_stored_while_the_follower_was_away_is_handed_over_when_it_is_back()
    {
        await using var test = new TestLog(KeepNoTicks);
        await using (await Tail.JoinAsync(test, after: 0))
        {
            await test.AppendAsync("ticks", "2");
        }

        await test.AppendAsync("ticks", "3");
        await using var back = new Tail(test, after: 1);
        await back.ReadThroughAsync(3);

        Assert.Equal([2L, 3L], back.Seen);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    public async Task While_nobody_follows_only_the_newest_are_held_and_the_rest_is_read(int bytes)
    {
        await using var test = new TestLog(KeepNoTicks);
        string data = new('x', bytes);
        await test.FillAsync("news", 3000);
        await test.AppendAsync("ticks", data);
        await test.AppendAsync("news", [.. Enumerable.Repeat(data, MaxBacklogEvents / 2)]);
        await test.AppendAsync("ticks", data);
        long last = (await test.PositionAsync()).Last;

        await using var tail = new Tail(test, after: 0);
        await tail.ReadThroughAsync(1);
        await test.AppendAsync("news", [.. Enumerable.Repeat(data, 1000)]);
        await tail.ReadThroughAsync(last + 1000);

        Assert.Equal([.. Numbers(1, 3000), .. Numbers(3002, last + 1000)], tail.Seen);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task However_followers_join_and_read_each_is_handed_everything_it_is_owed_once_and_in_order(int seed)
    {
        var random = new Random(seed);
        await using var test = new TestLog(KeepNoTicks);
        var stored = new List<long>();
        var tails = new List<Tail>();
        long last = 0;
        for (int step = 0; step < 60; step++)
        {
            int kind = random.Next(4);
            if (kind < 2)
            {
                string topic = random.Next(3) == 0 ? "ticks" : "news";
                IReadOnlyList<AppendResult> results = await test.AppendAsync(topic, [.. Numbers(1, random.Next(1, 300)).Select(number => $"{number}")]);
                last += results.Count;
                if (topic == "news")
                {
                    stored.AddRange(results.Select(result => result.Sequence));
                }
            }
            else if (kind == 2 && tails.Count < 5 && last > 0)
            {
                long after = random.NextInt64(last);
                tails.Add(new Tail(test, after) { Expected = [.. stored.Where(sequence => sequence > after)], JoinedAt = last });
                await tails[^1].ReadThroughAsync(after + 1);
            }
            else if (tails.Count > 0)
            {
                Tail tail = tails[random.Next(tails.Count)];
                await tail.ReadThroughAsync(tail.Through + ((last - tail.Through) / 2));
            }
        }

        foreach (Tail tail in tails)
        {
            await tail.ReadThroughAsync(last);
            Assert.Equal(tail.Seen.Distinct().Order(), tail.Seen);

            // What is not kept and came before is handed over only where it is still held for a slower one.
            var owed = new HashSet<long>([.. tail.Expected, .. Numbers(tail.JoinedAt + 1, last)]);
            Assert.Equal(owed.Order(), tail.Seen.Where(owed.Contains));
            Assert.All(tail.Seen.Where(sequence => !owed.Contains(sequence)), sequence => Assert.DoesNotContain(sequence, stored));
            await tail.DisposeAsync();
        }
    }

    private static void KeepNoTicks(SqliteLogOptions options) => options.TopicRetention.Add(new TopicRetention { Matcher = "ticks", Keep = Keep.None });

    private static List<long> Numbers(long first, long last)
    {
        var numbers = new List<long>();
        for (long number = first; number <= last; number++)
        {
            numbers.Add(number);
        }

        return numbers;
    }

    // The writer does things in their order: what was handed to it before is done, too.
    private static Task WaitForWriterAsync(TestLog test) => test.Log.PruneAsync(TestLog.Cancellation);

    /// <summary>A follower that reads when it is told to, and remembers what it was handed.</summary>
    private sealed class Tail(TestLog test, long after) : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<LogPage> _pages = test.Log.TailAsync(after, TestLog.Cancellation).GetAsyncEnumerator(TestLog.Cancellation);

        public List<long> Seen { get; } = [];

        public long Through { get; private set; } = after;

        /// <summary>The floor that the last page told.</summary>
        public long Floor { get; private set; }

        /// <summary>What was stored when it joined.</summary>
        public List<long> Expected { get; init; } = [];

        public long JoinedAt { get; init; }

        /// <summary>Begins to follow, and is handed one event to be sure of it.</summary>
        public static async Task<Tail> JoinAsync(TestLog test, long after)
        {
            var tail = new Tail(test, after);
            Task reading = tail.ReadThroughAsync(after + 1);
            await test.AppendAsync("news", "first");
            await reading;
            return tail;
        }

        /// <summary>Reads pages until what was handed reaches <paramref name="sequence"/>.</summary>
        public async Task ReadThroughAsync(long sequence)
        {
            while (Through < sequence)
            {
                Assert.True(await _pages.MoveNextAsync());
                Seen.AddRange(_pages.Current.Events.Select(logged => logged.Sequence));
                (Through, Floor) = (_pages.Current.Through, _pages.Current.Floor);
            }
        }

        public ValueTask DisposeAsync() => _pages.DisposeAsync();
    }
}
