using Tidings.LogContract;

namespace Tidings.Tests.Log;

public sealed class InMemoryEventLogTests : EventLogContract
{
    [Theory]
    [InlineData(-1, 1)]
    [InlineData(1, -1)]
    public void Options_below_zero_are_refused(int maxEvents, long maxBytes)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryEventLog(new InMemoryLogOptions { MaxEvents = maxEvents, MaxBytes = maxBytes }));
    }

    [Fact]
    public async Task Another_log_has_another_key_so_that_ids_from_before_a_restart_are_not_mistaken_for_its_own()
    {
        await using var one = new InMemoryEventLog();
        await using var other = new InMemoryEventLog();

        Assert.NotEqual(one.IdKey.ToArray(), other.IdKey.ToArray());
    }

    [Fact]
    public async Task Appending_waits_for_a_follower_that_is_far_behind_and_for_no_other()
    {
        await using var log = new InMemoryEventLog(new InMemoryLogOptions { MaxEvents = 0 });
        PendingEvent[] batch = [.. Enumerable.Range(0, 512).Select(_ => new PendingEvent(["t"], default, tag: 1, DateTimeOffset.UnixEpoch))];
        await using IAsyncEnumerator<LogPage> tail = log.TailAsync(0, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> next = tail.MoveNextAsync();
        ValueTask<IReadOnlyList<AppendResult>> append = log.AppendAsync(batch, TestContext.Current.CancellationToken);
        Assert.True(await next); // it has the first batch, and takes another one only when it is asked for it
        for (int i = 0; i < 100 && append.IsCompleted; i++)
        {
            append = log.AppendAsync(batch, TestContext.Current.CancellationToken);
        }

        Assert.False(append.IsCompleted);
        Assert.Equal(1, tail.Current.Events[0].Sequence);
        Assert.True(await tail.MoveNextAsync()); // one page less: there is room
        Assert.Equal(513, tail.Current.Events[0].Sequence);
        Assert.Equal(1, (await append)[0].Sequence % 512);
        Task<IReadOnlyList<AppendResult>> another = log.AppendAsync(batch, TestContext.Current.CancellationToken).AsTask(); // there may be no room left after the one that waited
        Assert.True(await tail.MoveNextAsync());
        await another;
    }

    protected override ValueTask<IEventLog> CreateAsync(int maxEvents = int.MaxValue, long maxBytes = long.MaxValue) =>
        ValueTask.FromResult<IEventLog>(new InMemoryEventLog(new InMemoryLogOptions { MaxEvents = maxEvents, MaxBytes = maxBytes }));
}
