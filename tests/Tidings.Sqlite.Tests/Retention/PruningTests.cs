using System.Collections;
using System.Text;
using Microsoft.Data.Sqlite;
using Tidings.Testing;

namespace Tidings.Sqlite.Tests.Retention;

/// <summary>Removing much takes many small steps, and what is counted on the way is what is there.</summary>
public sealed class PruningTests
{
    // The most that one step removes, and what a batch of one removes beside it.
    private const int StepEvents = 1000;
    private const int BatchPruning = 18;

    [Fact]
    public async Task Between_any_two_steps_of_pruning_what_waits_to_be_stored_has_its_turn()
    {
        const int Count = 20_000;
        await using var test = new TestLog();
        await test.FillAsync("news", Count);
        await test.ReopenAsync(options => options.Retention.MaxEvents = 0);

        // Each batch looks at the floor in its turn and hands in the next one, until what was there is gone. The first holds the writer until pruning waits for it.
        using var isPruning = new ManualResetEventSlim();
        var floors = new List<long>();
        var appends = new List<Task>();
        Append(isPruning.Wait);
        Task pruning = test.Log.PruneAsync(TestLog.Cancellation);
        Append(LookAndAppend);
        isPruning.Set();

        await pruning;
        for (int i = 0; i < appends.Count; i++)
        {
            await appends[i];
        }

        Assert.InRange(floors.Count, Count / (StepEvents + BatchPruning), Count);
        for (int i = 1; i < floors.Count; i++)
        {
            Assert.InRange(floors[i] - floors[i - 1], 0, StepEvents + BatchPruning);
        }

        LogPosition position = await test.PositionAsync();
        Assert.Equal((Count + appends.Count + 1, Count + appends.Count), (position.Floor, position.Last));
        Assert.Empty(await test.StoredAsync());
        test.AssertSound();

        void Append(Action turn) => appends.Add(test.Log.AppendAsync(new ProbingBatch(test.Event("news", "new"), turn), TestLog.Cancellation).AsTask());

        // Runs on the writer's thread, which alone touches both lists until pruning is over.
        void LookAndAppend()
        {
            long floor = test.PositionAsync().GetAwaiter().GetResult().Floor;
            floors.Add(floor);
            if (floor <= Count)
            {
                Append(LookAndAppend);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Whatever_is_stored_and_removed_in_whatever_order_what_is_counted_is_what_is_there(int seed)
    {
        var random = new Random(seed);
        await using var test = new TestLog(options => Configure(options, random));
        long last = 0;
        for (int step = 0; step < 120; step++)
        {
            switch (random.Next(10))
            {
                case < 6:
                    last = await AppendAsync(test, random, last);
                    break;
                case < 8:
                    test.Time.Advance(TimeSpan.FromMilliseconds(random.Next(500)));
                    break;
                case 8:
                    await test.Log.PruneAsync(TestLog.Cancellation);
                    break;
                default:
                    await test.ReopenAsync(options => Configure(options, random));
                    break;
            }

            Assert.Equal(last, (await test.PositionAsync()).Last);
            if (step % 4 == 0)
            {
                test.AssertSound();
            }
        }

        test.AssertSound();
    }

    [Fact]
    public async Task What_is_counted_after_a_crash_is_what_is_there()
    {
        var random = new Random(5);
        await using var test = new TestLog(options => Configure(options, random));
        long last = 0;
        for (int round = 0; round < 20; round++)
        {
            last = await AppendAsync(test, random, last);
            await using TestLog again = await test.EndAsync(Ending.Killed, options => Configure(options, random));

            Assert.Equal(last, (await again.PositionAsync()).Last);
            again.AssertSound();
        }
    }

    [Fact(Timeout = Hang.Milliseconds)]
    public async Task Pruning_ends_when_the_log_counts_more_than_it_holds()
    {
        await using var test = new TestLog();
        await test.FillAsync("news", 5);
        await test.ReopenAsync(options => options.Retention.MaxEvents = 0);
        using (SqliteConnection connection = Connections.OpenWriter(test.Database, Durability.Memory))
        {
            connection.Execute("DELETE FROM event");
        }

        await test.Log.PruneAsync(TestLog.Cancellation);

        Assert.Equal(6, Assert.Single(await test.AppendAsync("news", "6")).Sequence);
    }

    [Fact]
    public async Task Tidying_up_without_a_connection_is_given_up_until_the_store_is_opened_again()
    {
        await using var test = new TestLog();
        await test.FillAsync("news", 5);
        await test.ReopenAsync(options => options.Retention.MaxEvents = 0);
        test.Log.WriterConnection!.Close(); // open: it has not failed

        await test.Log.PruneAsync(TestLog.Cancellation);

        await Assert.ThrowsAsync<EventLogException>(() => test.AppendAsync("news", "unknown"));
        Assert.Equal(6, Assert.Single(await test.AppendAsync("news", "6")).Sequence);
        await test.Log.PruneAsync(TestLog.Cancellation);
        Assert.Empty(await test.StoredAsync());
    }

    // Some topics under entries of each kind, whose matchers overlap and whose order changes.
    private static void Configure(SqliteLogOptions options, Random random)
    {
        options.Retention = new() { MaxEvents = random.Next(200), MaxBytes = random.Next(20_000), MaxAge = TimeSpan.FromSeconds(random.Next(1, 20)) };
        string[] matchers = ["a", "b", "c", "*"];
        random.Shuffle(matchers);
        foreach (string matcher in matchers[..random.Next(matchers.Length + 1)])
        {
            options.TopicRetention.Add(new TopicRetention
            {
                Matcher = matcher,
                Keep = (Keep)random.Next(3),
                MaxEvents = random.Next(2) == 0 ? random.Next(20) : null,
                MaxBytes = random.Next(2) == 0 ? random.Next(2000) : null,
                MaxAge = random.Next(2) == 0 ? TimeSpan.FromSeconds(random.Next(5)) : null,
            });
        }
    }

    private static async Task<long> AppendAsync(TestLog test, Random random, long last)
    {
        var batch = new PendingEvent[random.Next(1, 40)];
        for (int i = 0; i < batch.Length; i++)
        {
            Topic[] topics = ["a", "b", "c", "d"];
            random.Shuffle(topics);
            byte[] body = Encoding.UTF8.GetBytes($"data: {new string('x', random.Next(200))}\n");
            batch[i] = new PendingEvent(topics.AsSpan(0, random.Next(1, 3)), body, tag: 1, test.Time.GetUtcNow());
        }

        IReadOnlyList<AppendResult> results = await test.Log.AppendAsync(batch, TestLog.Cancellation);
        Assert.Equal(Enumerable.Range(1, batch.Length).Select(number => last + number), results.Select(result => result.Sequence));
        return last + batch.Length;
    }

    /// <summary>A batch of one event that does something when it is its turn to be stored.</summary>
    private sealed class ProbingBatch(PendingEvent pending, Action turn) : IReadOnlyList<PendingEvent>
    {
        private Action? _turn = turn;

        public int Count => 1;

        public PendingEvent this[int index]
        {
            get
            {
                Interlocked.Exchange(ref _turn, null)?.Invoke();
                return pending;
            }
        }

        public IEnumerator<PendingEvent> GetEnumerator() => Enumerable.Repeat(pending, 1).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
