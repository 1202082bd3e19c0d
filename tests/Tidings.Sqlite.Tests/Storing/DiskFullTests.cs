using System.Globalization;

namespace Tidings.Sqlite.Tests.Storing;

public sealed class DiskFullTests : IAsyncDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly SqliteEventLog _log;

    public DiskFullTests() => _log = Logs.Open(_directory.Path);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Without_space_nothing_is_stored_and_what_was_stored_can_be_read()
    {
        await Logs.AppendAsync(_log, 1, 2);
        LogPosition before = await _log.GetPositionAsync(Cancellation);
        TakeSpace();

        EventLogFullException full = await Assert.ThrowsAsync<EventLogFullException>(AppendLargeAsync);

        Assert.Equal($"There is no space for the log in {_directory.Path}. Make space, or let retention keep less.", full.Message);
        LogPosition after = await _log.GetPositionAsync(Cancellation);
        Assert.Equal((before.Epoch, before.Floor, before.Last), (after.Epoch, after.Floor, after.Last));
        Assert.Equal([1, 2], await Logs.NumbersAsync(_log));
    }

    [Fact]
    public async Task However_often_there_is_no_space_storing_goes_on_as_soon_as_there_is()
    {
        await Logs.AppendAsync(_log, 1);
        TakeSpace();
        for (int i = 0; i < 10; i++)
        {
            await Assert.ThrowsAsync<EventLogFullException>(AppendLargeAsync);
        }

        GiveSpace();

        Assert.Equal([2L, 3L], (await Logs.AppendAsync(_log, 2, 3)).Select(result => result.Sequence));
        Assert.Equal([1, 2, 3], await Logs.NumbersAsync(_log));
    }

    [Fact]
    public async Task Followers_see_nothing_of_what_found_no_space()
    {
        await using IAsyncEnumerator<LogPage> tail = _log.TailAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
        await Logs.AppendAsync(_log, 1);
        Assert.True(await tail.MoveNextAsync());
        Assert.Equal([1], Logs.Numbers(tail.Current.Events));
        ValueTask<bool> next = tail.MoveNextAsync();
        TakeSpace();
        await Assert.ThrowsAsync<EventLogFullException>(AppendLargeAsync);
        GiveSpace();
        Assert.False(next.IsCompleted);

        await Logs.AppendAsync(_log, 2);

        Assert.True(await next);
        Assert.Equal([2], Logs.Numbers(tail.Current.Events));
        Assert.Equal(2, tail.Current.Through);
    }

    [Fact]
    public async Task A_key_that_found_no_space_with_its_event_is_not_known_afterwards()
    {
        PendingEvent marked = Logs.Event("7").With(new IdempotencyMark(1, 2));
        TakeSpace();
        await Assert.ThrowsAsync<EventLogFullException>(
            async () => await _log.AppendAsync([marked, Logs.Event(new string('x', 100_000))], Cancellation));
        GiveSpace();

        AppendOutcome first = (await _log.AppendAsync([marked], Cancellation))[0].Outcome;
        AppendOutcome second = (await _log.AppendAsync([marked], Cancellation))[0].Outcome;

        Assert.Equal((AppendOutcome.Stored, AppendOutcome.Repeated), (first, second));
        Assert.Equal([7], await Logs.NumbersAsync(_log));
    }

    // No more pages than there are: what SQLite says then is what it says when the disk is full.
    private void TakeSpace()
    {
        long pages = _log.WriterConnection!.ReadNumber("PRAGMA page_count"); // open: it has not failed
        _log.WriterConnection!.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}"));
    }

    private void GiveSpace() => _log.WriterConnection!.Execute("PRAGMA max_page_count = 1000000"); // still open: there was space to say so

    private async Task AppendLargeAsync() => await _log.AppendAsync([Logs.Event("3"), Logs.Event(new string('x', 100_000))], Cancellation);
}
