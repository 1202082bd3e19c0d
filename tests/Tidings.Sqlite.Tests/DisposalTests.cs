using Tidings.Testing;

namespace Tidings.Sqlite.Tests;

public sealed class DisposalTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = Hang.Milliseconds)]
    public async Task A_follower_that_waits_is_told_that_the_log_is_closed()
    {
        SqliteEventLog log = Logs.Open(_directory.Path);
        await using IAsyncEnumerator<LogPage> tail = log.TailAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
        Task<bool> waiting = tail.MoveNextAsync().AsTask();

        await log.DisposeAsync();

        Assert.Equal(typeof(SqliteEventLog).FullName, (await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting)).ObjectName);
        AssertFree();
    }

    [Fact(Timeout = Hang.Milliseconds)]
    public async Task An_append_that_waits_for_followers_is_told_that_the_log_is_closed()
    {
        SqliteEventLog log = Logs.Open(_directory.Path);
        await using IAsyncEnumerator<LogPage> tail = log.TailAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
        await Logs.AppendAsync(log, 1);
        Assert.True(await tail.MoveNextAsync());
        await Logs.AppendAsync(log, [.. Enumerable.Range(2, 10_000)]);
        Task<IReadOnlyList<AppendResult>> waiting = Logs.AppendAsync(log, 10_002);
        Assert.False(waiting.IsCompleted);

        await log.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        AssertFree();
        await using SqliteEventLog reopened = Logs.Open(_directory.Path);
        Assert.Equal(10_001, (await reopened.GetPositionAsync(Cancellation)).Last);
    }

    [Fact(Timeout = Hang.Milliseconds)]
    public async Task Closing_among_readers_and_appends_loses_nothing_that_was_acknowledged()
    {
        SqliteEventLog log = Logs.Open(_directory.Path);
        await Logs.AppendAsync(log, 0);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long acknowledged = 1;
        Task[] others = [Task.Run(AppendAsync, Cancellation), .. Enumerable.Range(0, 8).Select(_ => Task.Run(ReadAsync, Cancellation))];
        await begun.Task;

        await log.DisposeAsync();

        foreach (Task other in others)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => other);
        }

        AssertFree();
        await using SqliteEventLog reopened = Logs.Open(_directory.Path);
        Assert.Equal(acknowledged, (await reopened.GetPositionAsync(Cancellation)).Last);

        async Task AppendAsync()
        {
            while (true)
            {
                acknowledged = (await Logs.AppendAsync(log, 1))[0].Sequence;
                if (acknowledged > 20)
                {
                    begun.TrySetResult();
                }
            }
        }

        async Task ReadAsync()
        {
            while (true)
            {
                await log.ReadAsync(0, Logs.Everything, Cancellation);
            }
        }
    }

    [Fact(Timeout = Hang.Milliseconds)]
    public async Task A_closed_log_refuses_and_can_be_closed_again()
    {
        SqliteEventLog log = Logs.Open(_directory.Path);
        await log.DisposeAsync();
        await log.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => Logs.AppendAsync(log, 1));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.ReadAsync(0, Logs.Everything, Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.FindAsync(SseId.Of("x"), Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => log.PruneAsync(Cancellation));
    }

    private void AssertFree() => Assert.False(LogFiles.IsInUse(_directory.Path));
}
