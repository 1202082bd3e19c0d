using Tidings.Testing;

namespace Tidings.Sqlite.Tests.Storing;

public sealed class WalSizeTests : IDisposable
{
    private const long Most = 64 * 1024 * 1024;
    private const int BatchEvents = 512;

    private readonly TestDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Wal => _directory.Database + "-wal";

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(8000, "t", 60)] // 4 MiB, the most that the broker hands over at once
    [InlineData(100, "t", 300)]
    [InlineData(0, "long", 100)]
    public async Task The_write_ahead_log_stays_bounded_while_readers_read_and_is_empty_after_a_while(int bodyBytes, string topic, int batches)
    {
        await using SqliteEventLog log = SqliteEventLog.Open(new SqliteLogOptions { Directory = _directory.Path, Durability = Durability.Os }, _time);
        topic = topic == "long" ? new string('t', 2000) : topic;
        PendingEvent[] batch = [.. Enumerable.Repeat(Logs.Event(new string('x', bodyBytes), topic), BatchEvents)];
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task reading = Task.Run(ReadAllTheTimeAsync, Cancellation);

        long largest = 0;
        for (int i = 0; i < batches; i++)
        {
            await WaitAsync(log.AppendAsync(batch, Cancellation).AsTask());
            largest = Math.Max(largest, new FileInfo(Wal).Length);
        }

        await stopping.CancelAsync();
        await WaitAsync(reading);
        await BeIdleAsync(log);

        Assert.InRange(largest, 1, Most + (2L * BatchEvents * (bodyBytes + topic.Length + 100)));
        Assert.Equal(0, new FileInfo(Wal).Length);
        Assert.Equal((long)batches * BatchEvents, (await log.GetPositionAsync(Cancellation)).Last);

        async Task ReadAllTheTimeAsync()
        {
            long after = 0;
            while (!stopping.IsCancellationRequested)
            {
                LogPage page = await log.ReadAsync(after, new PageLimit(BatchEvents, 256 * 1024), Cancellation);
                after = page.Events.Count == 0 ? 0 : page.Through;
            }
        }
    }

    // Each second the log tidies up. What is asked of its writer afterwards is done after that.
    private async Task BeIdleAsync(SqliteEventLog log)
    {
        await WaitAsync(Task.Run(
            async () =>
            {
                while (new FileInfo(Wal).Length > 0)
                {
                    Cancellation.ThrowIfCancellationRequested();
                    _time.Advance(TimeSpan.FromSeconds(1));
                    await log.PruneAsync(Cancellation);
                }
            },
            Cancellation));
    }

    // Each step alone: how long all of them take depends on the disk.
    private static Task WaitAsync(Task step) => step.WaitAsync(Hang.Limit, TimeProvider.System, Cancellation);
}
