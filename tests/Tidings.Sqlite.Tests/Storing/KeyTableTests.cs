using Microsoft.Data.Sqlite;
using Tidings.Testing;

namespace Tidings.Sqlite.Tests.Storing;

/// <summary>Idempotency keys are forgotten by age, and by number; never is a wrong number counted.</summary>
public sealed class KeyTableTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task More_keys_than_may_be_kept_forget_the_oldest()
    {
        await using var test = new TestLog(options => options.MaxIdempotencyKeys = 3);
        for (int key = 1; key <= 4; key++)
        {
            await PublishAsync(test, key);
        }

        Assert.Equal(3, CountKeys(test));
        Assert.Equal(AppendOutcome.Repeated, (await PublishAsync(test, 2)).Outcome);
        Assert.Equal(AppendOutcome.Repeated, (await PublishAsync(test, 4)).Outcome);
        Assert.Equal(AppendOutcome.Stored, (await PublishAsync(test, 1)).Outcome);
        Assert.Equal(3, CountKeys(test));
    }

    [Fact]
    public async Task More_keys_in_one_batch_than_may_be_kept_forget_the_oldest_of_the_batch()
    {
        await using var test = new TestLog(options => options.MaxIdempotencyKeys = 2);

        await test.Log.AppendAsync([.. Enumerable.Range(1, 5).Select(key => Event(test, key))], TestLog.Cancellation);

        Assert.Equal(2, CountKeys(test));
        Assert.Equal(AppendOutcome.Repeated, (await PublishAsync(test, 5)).Outcome);
        Assert.Equal(AppendOutcome.Stored, (await PublishAsync(test, 3)).Outcome);
    }

    [Fact]
    public async Task Without_room_for_keys_every_try_is_stored()
    {
        await using var test = new TestLog(options => options.MaxIdempotencyKeys = 0);

        await PublishAsync(test, 1);

        Assert.Equal(AppendOutcome.Stored, (await PublishAsync(test, 1)).Outcome);
        Assert.Equal(0, CountKeys(test));
    }

    [Fact]
    public async Task A_bound_that_was_lowered_holds_from_the_next_key_on()
    {
        await using var test = new TestLog();
        for (int key = 1; key <= 5; key++)
        {
            await PublishAsync(test, key);
        }

        await test.ReopenAsync(options => options.MaxIdempotencyKeys = 2);
        await PublishAsync(test, 6);

        Assert.Equal(2, CountKeys(test));
        Assert.Equal(AppendOutcome.Repeated, (await PublishAsync(test, 5)).Outcome);
    }

    [Fact]
    public async Task A_key_is_known_to_the_end_of_its_window_as_the_events_tell_the_time()
    {
        await using var test = new TestLog(options => options.IdempotencyWindow = Hour);
        AppendResult first = await PublishAsync(test, 1);

        AppendResult within = await test.AppendAsync(Event(test, 1, after: Hour));
        AppendResult beyond = await test.AppendAsync(Event(test, 1, after: Hour + TimeSpan.FromTicks(1)));

        Assert.Equal(first with { Outcome = AppendOutcome.Repeated }, within);
        Assert.Equal((AppendOutcome.Stored, 2L), (beyond.Outcome, beyond.Sequence));
        Assert.Equal(1, CountKeys(test));
    }

    [Fact]
    public async Task Keys_past_their_window_are_removed_although_no_event_is()
    {
        await using var test = new TestLog(options => options.IdempotencyWindow = Hour);
        await PublishAsync(test, 1);
        await PublishAsync(test, 2);
        test.Time.Advance(Hour / 2);
        await PublishAsync(test, 3);

        test.Time.Advance((Hour / 2) + TimeSpan.FromTicks(1));
        await test.Log.PruneAsync(TestLog.Cancellation);

        Assert.Equal(1, CountKeys(test));
        Assert.Equal([1L, 2L, 3L], await test.StoredAsync());
        Assert.Equal(AppendOutcome.Repeated, (await PublishAsync(test, 3)).Outcome);
        Assert.Equal(AppendOutcome.Stored, (await PublishAsync(test, 1)).Outcome);
    }

    [Fact]
    public async Task Keys_that_come_after_all_were_removed_are_removed_in_their_turn()
    {
        await using var test = new TestLog(options => options.IdempotencyWindow = Hour);
        for (int key = 1; key <= 3; key++)
        {
            await PublishAsync(test, key);
            test.Time.Advance(Hour + TimeSpan.FromTicks(1));
            await test.Log.PruneAsync(TestLog.Cancellation);

            Assert.Equal(0, CountKeys(test));
        }
    }

    [Fact]
    public async Task Keys_past_their_window_at_the_start_are_removed()
    {
        await using var test = new TestLog(options => options.IdempotencyWindow = Hour);
        await PublishAsync(test, 1);
        await test.Log.DisposeAsync();
        test.Time.Advance(Hour * 2);

        await test.ReopenAsync(options => options.IdempotencyWindow = Hour);
        await test.Log.PruneAsync(TestLog.Cancellation);

        Assert.Equal(0, CountKeys(test));
    }

    [Fact]
    public void After_a_batch_that_failed_the_count_is_that_of_what_is_stored()
    {
        using var directory = new TestDirectory();
        using SqliteConnection connection = OpenTable(directory);
        var keys = new KeyTable(connection, new SqliteLogOptions { MaxIdempotencyKeys = 3 });
        DateTimeOffset now = new FakeTimeProvider().GetUtcNow();
        Store(connection, keys, now, 1, 2);

        connection.Execute("BEGIN IMMEDIATE");
        keys.Begin();
        keys.Add(new IdempotencyMark(3, 10), sequence: 3, tag: 1, now);
        keys.Add(new IdempotencyMark(4, 10), sequence: 4, tag: 1, now);
        keys.Rollback();
        connection.Execute("ROLLBACK");
        Store(connection, keys, now, 5);

        // Counted too high, the bound would have taken the first; counted too low, the last would have been one too many.
        Assert.All((int[])[1, 2, 5], key => Assert.NotNull(keys.Find(new IdempotencyMark((UInt128)key, 10), now)));
        Store(connection, keys, now, 6);
        Assert.Null(keys.Find(new IdempotencyMark(1, 10), now));
        Assert.Equal(3, connection.ReadNumber("SELECT count(*) FROM idempotency"));
    }

    [Fact]
    public void The_first_key_is_known_again_after_a_batch_that_removed_it_has_failed()
    {
        using var directory = new TestDirectory();
        using SqliteConnection connection = OpenTable(directory);
        var keys = new KeyTable(connection, new SqliteLogOptions { IdempotencyWindow = Hour });
        DateTimeOffset now = new FakeTimeProvider().GetUtcNow();
        Store(connection, keys, now, 1);

        connection.Execute("BEGIN IMMEDIATE");
        keys.Begin();
        Assert.Null(keys.Find(new IdempotencyMark(1, 10), now + (2 * Hour)));
        keys.Rollback();
        connection.Execute("ROLLBACK");

        Assert.Equal(1L, keys.Find(new IdempotencyMark(1, 10), now)?.Sequence);
    }

    private static SqliteConnection OpenTable(TestDirectory directory)
    {
        File.Create(directory.Database).Dispose();
        SqliteConnection connection = Connections.OpenWriter(directory.Database, Durability.Memory);
        Schema.Migrate(connection, directory.Database);
        return connection;
    }

    private static void Store(SqliteConnection connection, KeyTable keys, DateTimeOffset at, params int[] added)
    {
        connection.Execute("BEGIN IMMEDIATE");
        keys.Begin();
        foreach (int key in added)
        {
            keys.Add(new IdempotencyMark((UInt128)key, 10), sequence: key, tag: 1, at);
        }

        connection.Execute("COMMIT");
    }

    private static Task<AppendResult> PublishAsync(TestLog test, int key) => test.AppendAsync(Event(test, key));

    private static PendingEvent Event(TestLog test, int key, TimeSpan after = default) =>
        TestLog.Event("news", $"{key}", test.Time.GetUtcNow() + after).With(new IdempotencyMark((UInt128)key, (UInt128)key));

    private static long CountKeys(TestLog test)
    {
        using SqliteConnection connection = Connections.OpenReader(test.Database);
        return connection.ReadNumber("SELECT count(*) FROM idempotency");
    }
}
