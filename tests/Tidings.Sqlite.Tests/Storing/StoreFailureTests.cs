using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Tidings.Testing;

namespace Tidings.Sqlite.Tests.Storing;

public sealed class StoreFailureTests : IAsyncDisposable
{
    private const int IoError = 10; // SQLITE_IOERR

    private static readonly WalHook FailingHook = static (_, _, _, _) => IoError; // held for as long as SQLite may call it

    private readonly TestDirectory _directory = new();
    private readonly SqliteEventLog _log;

    public StoreFailureTests() => _log = Logs.Open(_directory.Path);

    private delegate int WalHook(IntPtr argument, IntPtr connection, IntPtr name, int pages);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_store_that_fails_is_opened_again_by_the_next_append()
    {
        await Logs.AppendAsync(_log, 1);
        TakeConnection();

        EventLogException failed = await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2));
        AppendResult next = (await Logs.AppendAsync(_log, 3))[0];

        Assert.Equal("The log failed while events were being stored, so they may be stored or not.", failed.Message);
        Assert.False(failed.IsFinal);
        Assert.Equal(2, next.Sequence);
        Assert.Equal([1, 3], await Logs.NumbersAsync(_log));
    }

    [Fact]
    public async Task What_was_committed_though_it_seemed_to_fail_is_told_to_followers_once()
    {
        await using IAsyncEnumerator<LogPage> tail = _log.TailAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
        await Logs.AppendAsync(_log, 1);
        FailAfterCommit();
        await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2, 3));
        Assert.Equal(1, (await _log.GetPositionAsync(Cancellation)).Last);

        AppendResult next = (await Logs.AppendAsync(_log, 4))[0];

        Assert.Equal(4, next.Sequence);
        Assert.Equal([1, 2, 3, 4], await Logs.NumbersAsync(_log));
        await Logs.AppendAsync(_log, 5);
        var followed = new List<int>();
        while (followed.Count < 5)
        {
            Assert.True(await tail.MoveNextAsync());
            followed.AddRange(Logs.Numbers(tail.Current.Events));
        }

        Assert.Equal([1, 2, 3, 4, 5], followed);
    }

    [Fact]
    public async Task A_publish_that_is_tried_again_with_its_key_after_an_unknown_outcome_is_stored_once()
    {
        PendingEvent marked = Logs.Event("1").With(new IdempotencyMark(1, 2));
        FailAfterCommit();
        await Assert.ThrowsAsync<EventLogException>(async () => await _log.AppendAsync([marked], Cancellation));

        AppendResult again = (await _log.AppendAsync([marked], Cancellation))[0];

        Assert.Equal((AppendOutcome.Repeated, 1L), (again.Outcome, again.Sequence));
        Assert.Equal([1], await Logs.NumbersAsync(_log));
    }

    [Fact]
    public async Task Failures_with_a_success_between_them_never_add_up()
    {
        for (int i = 0; i < 5; i++)
        {
            TakeConnection();
            Assert.False((await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 0))).IsFinal);
            await Logs.AppendAsync(_log, i);
        }

        Assert.Equal([0, 1, 2, 3, 4], await Logs.NumbersAsync(_log));
    }

    [Fact]
    public async Task After_three_failures_in_a_row_the_log_gives_up()
    {
        await Logs.AppendAsync(_log, 1);
        await BreakAsync();

        EventLogException second = await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2));
        EventLogException third = await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2));
        EventLogException later = await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2));

        Assert.False(second.IsFinal);
        Assert.True(third.IsFinal);
        Assert.Contains("it failed 3 times in a row", third.Message, StringComparison.Ordinal);
        Assert.Equal((third.Message, true), (later.Message, later.IsFinal));
    }

    [Fact]
    public async Task A_broker_tells_that_its_log_has_given_up()
    {
        var broker = new Broker(new BrokerOptions(), _log, new FakeTimeProvider());
        await using (broker)
        {
            await broker.PublishAsync("t", "1", Cancellation);
            await BreakAsync();
            await Assert.ThrowsAsync<PublishException>(async () => await broker.PublishAsync("t", "2", Cancellation));
            Assert.False(broker.LogFailed.IsCompleted);
            PublishException failed = await Assert.ThrowsAsync<PublishException>(async () => await broker.PublishAsync("t", "2", Cancellation));

            Exception reason = await broker.LogFailed.WaitAsync(Cancellation);

            Assert.Equal(PublishFailure.OutcomeUnknown, failed.Failure);
            Assert.True(Assert.IsType<EventLogException>(reason).IsFinal);
        }
    }

    [Fact]
    public async Task A_log_that_has_become_shorter_is_given_up_at_once()
    {
        await Logs.AppendAsync(_log, 1);
        _log.WriterConnection!.Execute("PRAGMA wal_checkpoint(TRUNCATE)"); // open: it has not failed
        byte[] earlier = File.ReadAllBytes(_directory.Database);
        await Logs.AppendAsync(_log, 2);
        TakeConnection();
        await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 3));
        Replace(earlier);

        EventLogException final = await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 3));

        Assert.True(final.IsFinal);
        Assert.Contains("it ended at sequence 2 and now ends at 1.", final.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_log_in_the_place_of_this_one_is_given_up_at_once()
    {
        using var other = new TestDirectory();
        await using (SqliteEventLog log = Logs.Open(other.Path))
        {
            await Logs.AppendAsync(log, 1, 2, 3);
        }

        await Logs.AppendAsync(_log, 1);
        TakeConnection();
        await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2));
        Replace(File.ReadAllBytes(other.Database));

        Assert.True((await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2))).IsFinal);
    }

    [Fact]
    public async Task Readers_go_on_while_the_store_is_opened_again()
    {
        await Logs.AppendAsync(_log, [.. Enumerable.Range(1, 100)]);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task[] readers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(ReadAsync, Cancellation))];

        for (int i = 0; i < 20; i++)
        {
            TakeConnection();
            await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 0));
            await Logs.AppendAsync(_log, 101 + i);
        }

        await stopping.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(Enumerable.Range(1, 120), await Logs.NumbersAsync(_log));

        async Task ReadAsync()
        {
            do
            {
                LogPage page = await _log.ReadAsync(10, new PageLimit(20, int.MaxValue), Cancellation);
                Assert.Equal(Enumerable.Range(11, 20), Logs.Numbers(page.Events));
            }
            while (!stopping.IsCancellationRequested);
        }
    }

    [Fact]
    public async Task A_lock_of_another_program_is_no_failure_of_the_disk()
    {
        await Logs.AppendAsync(_log, 1);
        SqliteConnection open = _log.WriterConnection!; // open: it has not failed
        using (SqliteConnection other = Connections.OpenWriter(_directory.Database, Durability.Memory))
        {
            other.Execute("BEGIN IMMEDIATE");
            EventLogException failed = await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2));
            Assert.Equal($"Another program has locked the log in {_directory.Path}.", failed.Message);
            Assert.False(failed.IsFinal);
            other.Execute("ROLLBACK");
        }

        await Logs.AppendAsync(_log, 3);

        // What is counted as a failure closes the store.
        Assert.Same(open, _log.WriterConnection);
        Assert.Equal([1, 3], await Logs.NumbersAsync(_log));
    }

    [Fact]
    public async Task Another_program_that_reads_delays_the_opening_anew_and_is_no_failure_of_the_disk()
    {
        await Logs.AppendAsync(_log, 1);
        using (SqliteConnection other = Connections.OpenReader(_directory.Database))
        {
            other.Execute("BEGIN");
            Assert.Equal(1, other.ReadNumber("SELECT count(*) FROM event"));
            TakeConnection();
            await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2));
            for (int i = 0; i < 4; i++)
            {
                EventLogException failed = await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2));
                Assert.Equal($"Another program reads the log in {_directory.Path}, which has to be opened anew.", failed.Message);
                Assert.False(failed.IsFinal);
            }
        }

        Assert.Equal(2, (await Logs.AppendAsync(_log, 3))[0].Sequence);
        Assert.Equal([1, 3], await Logs.NumbersAsync(_log));
    }

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_wal_hook")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern IntPtr SetWalHook(IntPtr connection, WalHook hook, IntPtr argument);

    private void TakeConnection() => _log.WriterConnection!.Close(); // open: it has not failed, or was opened again

    // SQLite calls the hook when a transaction is in the write-ahead log; what the hook returns is what the commit seems to have come to.
    private void FailAfterCommit() =>
        _ = SetWalHook(_log.WriterConnection!.Handle!.DangerousGetHandle(), FailingHook, IntPtr.Zero); // open: it has not failed

    // The first failure, and something in the place of the database that cannot be opened.
    private async Task BreakAsync()
    {
        TakeConnection();
        await Assert.ThrowsAsync<EventLogException>(() => Logs.AppendAsync(_log, 2));
        Replace([.. Enumerable.Repeat((byte)'x', 8192)]);
    }

    private void Replace(byte[] database)
    {
        File.Delete(_directory.Database + "-wal");
        File.Delete(_directory.Database + "-shm");
        File.WriteAllBytes(_directory.Database, database);
    }
}
