using System.Text;

namespace Tidings.LogContract;

/// <summary>
/// What every <see cref="IEventLog"/> must do. A log's own tests derive from this class and say how one is made; nothing here may be left out or bent.
/// </summary>
public abstract partial class EventLogContract
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Makes a new, empty log that keeps the newest events within both bounds.</summary>
    protected abstract ValueTask<IEventLog> CreateAsync(int maxEvents = int.MaxValue, long maxBytes = long.MaxValue);

    [Fact]
    public async Task A_new_log_is_empty()
    {
        await using IEventLog log = await CreateAsync();

        LogPosition position = await log.GetPositionAsync(Cancellation);

        Assert.Equal((1L, 0L), (position.Floor, position.Last));
        Assert.Empty((await log.ReadAsync(0, Everything, Cancellation)).Events);
    }

    [Fact]
    public async Task Sequences_begin_at_one_and_have_no_holes_across_batches()
    {
        await using IEventLog log = await CreateAsync();

        IReadOnlyList<AppendResult> first = await AppendAsync(log, "a", "b");
        IReadOnlyList<AppendResult> second = await AppendAsync(log, "c");

        Assert.Equal([1L, 2L, 3L], first.Concat(second).Select(result => result.Sequence));
        Assert.All(first, result => Assert.Equal(AppendOutcome.Stored, result.Outcome));
        LogPage page = await log.ReadAsync(0, Everything, Cancellation);
        Assert.Equal([1L, 2L, 3L], page.Events.Select(logged => logged.Sequence));
    }

    [Fact]
    public async Task What_was_appended_is_read_back_whole()
    {
        await using IEventLog log = await CreateAsync();
        var pending = new PendingEvent(
            ["prices/ACME", "preise/Österreich"],
            Encoding.UTF8.GetBytes("event: price\ndata: 12.3 €\n"),
            tag: 0xFF_1234_5678,
            Noon.AddMilliseconds(7),
            isPrivate: true,
            SseId.Of("publisher-1"));

        IReadOnlyList<AppendResult> stored = await log.AppendAsync([pending], Cancellation);
        LoggedEvent logged = Assert.Single((await log.ReadAsync(0, Everything, Cancellation)).Events);

        Assert.Equal(Assert.Single(stored), new AppendResult(AppendOutcome.Stored, logged.Epoch, logged.Sequence, logged.Content.Tag));
        Assert.Equal(pending.Topics.ToArray(), logged.Content.Topics.ToArray());
        Assert.Equal(pending.Body.ToArray(), logged.Content.Body.ToArray());
        Assert.Equal(pending.Tag, logged.Content.Tag);
        Assert.Equal(pending.PublishedAt, logged.Content.PublishedAt);
        Assert.True(logged.Content.IsPrivate);
        Assert.Equal(pending.PublisherId, logged.Content.PublisherId);
    }

    [Fact]
    public async Task An_event_of_nothing_but_its_id_is_read_back_as_such()
    {
        await using IEventLog log = await CreateAsync();

        await log.AppendAsync([Event("")], Cancellation);

        Assert.Empty(Assert.Single((await log.ReadAsync(0, Everything, Cancellation)).Events).Content.Body.ToArray());
    }

    [Fact]
    public async Task The_epoch_is_the_same_wherever_it_is_told()
    {
        await using IEventLog log = await CreateAsync();
        LogPosition before = await log.GetPositionAsync(Cancellation);

        IReadOnlyList<AppendResult> stored = await AppendAsync(log, "a");

        Assert.Equal(before.Epoch, Assert.Single(stored).Epoch);
        Assert.Equal(before.Epoch, (await log.GetPositionAsync(Cancellation)).Epoch);
    }

    [Fact]
    public async Task The_id_key_has_16_bytes_and_stays_the_same()
    {
        await using IEventLog log = await CreateAsync();
        byte[] key = log.IdKey.ToArray();

        await AppendAsync(log, "a");

        Assert.Equal(16, key.Length);
        Assert.Equal(key, log.IdKey.ToArray());
    }

    [Fact]
    public async Task A_page_holds_no_more_events_than_asked_for_and_tells_how_far_it_goes()
    {
        await using IEventLog log = await CreateAsync();
        await AppendAsync(log, "a", "b", "c");

        LogPage page = await log.ReadAsync(0, new PageLimit(2, int.MaxValue), Cancellation);
        LogPage next = await log.ReadAsync(page.Through, new PageLimit(2, int.MaxValue), Cancellation);

        Assert.Equal([1L, 2L], page.Events.Select(logged => logged.Sequence));
        Assert.Equal(2, page.Through);
        Assert.Equal([3L], next.Events.Select(logged => logged.Sequence));
        Assert.Equal(3, next.Through);
    }

    [Fact]
    public async Task A_page_holds_no_more_bytes_than_asked_for()
    {
        await using IEventLog log = await CreateAsync();
        await AppendAsync(log, new string('a', 40), new string('b', 40), new string('c', 40));

        LogPage page = await log.ReadAsync(0, new PageLimit(int.MaxValue, 100), Cancellation);

        Assert.Equal([1L, 2L], page.Events.Select(logged => logged.Sequence));
        Assert.Equal(2, page.Through);
    }

    [Fact]
    public async Task A_page_holds_one_event_however_large_it_is()
    {
        await using IEventLog log = await CreateAsync();
        await AppendAsync(log, new string('a', 1000), "b");

        LogPage page = await log.ReadAsync(0, new PageLimit(1, 1), Cancellation);

        Assert.Equal([1L], page.Events.Select(logged => logged.Sequence));
    }

    [Fact]
    public async Task A_page_after_the_end_is_empty_and_claims_nothing_that_is_to_come()
    {
        await using IEventLog log = await CreateAsync();
        await AppendAsync(log, "a");

        LogPage page = await log.ReadAsync(1, Everything, Cancellation);

        Assert.Empty(page.Events);
        Assert.Equal(1, page.Through);
    }

    [Fact]
    public async Task Retention_by_count_removes_the_oldest_and_raises_the_floor()
    {
        await using IEventLog log = await CreateAsync(maxEvents: 2);

        await AppendAsync(log, "a", "b");
        await AppendAsync(log, "c");

        LogPosition position = await log.GetPositionAsync(Cancellation);
        Assert.Equal((2L, 3L), (position.Floor, position.Last));
        LogPage page = await log.ReadAsync(0, Everything, Cancellation);
        Assert.Equal([2L, 3L], page.Events.Select(logged => logged.Sequence));
        Assert.Equal(2, page.Floor);
    }

    [Fact]
    public async Task Retention_by_bytes_removes_the_oldest_and_raises_the_floor()
    {
        await using IEventLog log = await CreateAsync(maxBytes: 100);

        await AppendAsync(log, new string('a', 40));
        await AppendAsync(log, new string('b', 40));
        await AppendAsync(log, new string('c', 40));

        LogPage page = await log.ReadAsync(0, Everything, Cancellation);
        Assert.Equal([2L, 3L], page.Events.Select(logged => logged.Sequence));
        Assert.Equal(2, page.Floor);
    }

    [Fact]
    public async Task Sequences_go_on_after_everything_was_removed()
    {
        await using IEventLog log = await CreateAsync(maxEvents: 0);

        await AppendAsync(log, "a", "b");
        IReadOnlyList<AppendResult> stored = await AppendAsync(log, "c");

        Assert.Equal(3, Assert.Single(stored).Sequence);
        LogPosition position = await log.GetPositionAsync(Cancellation);
        Assert.Equal((4L, 3L), (position.Floor, position.Last));
    }

    [Fact]
    public async Task Many_events_are_kept_and_read_in_order()
    {
        await using IEventLog log = await CreateAsync(maxEvents: 1500);
        for (int i = 0; i < 40; i++)
        {
            await AppendAsync(log, [.. Enumerable.Range((i * 50) + 1, 50).Select(number => $"{number}")]);
        }

        LogPage page = await log.ReadAsync(0, Everything, Cancellation);

        Assert.Equal(Enumerable.Range(501, 1500).Select(number => (long)number), page.Events.Select(logged => logged.Sequence));
        Assert.All(page.Events, logged => Assert.Equal($"{logged.Sequence}", Encoding.UTF8.GetString(logged.Content.Body.Span)));
    }

    [Fact]
    public async Task A_publishers_id_is_found()
    {
        await using IEventLog log = await CreateAsync();
        await AppendAsync(log, "a");
        await log.AppendAsync([Event("b", "mine")], Cancellation);

        Assert.Equal(2, await log.FindAsync(SseId.Of("mine"), Cancellation));
        Assert.Null(await log.FindAsync(SseId.Of("MINE"), Cancellation));
    }

    [Fact]
    public async Task A_publishers_id_that_was_used_again_is_found_where_it_was_used_first()
    {
        await using IEventLog log = await CreateAsync();
        await log.AppendAsync([Event("a", "mine"), Event("b"), Event("c", "mine")], Cancellation);

        Assert.Equal(1, await log.FindAsync(SseId.Of("mine"), Cancellation));
    }

    [Fact]
    public async Task A_publishers_id_goes_with_its_event_and_a_later_use_is_found_then()
    {
        await using IEventLog log = await CreateAsync(maxEvents: 2);
        await log.AppendAsync([Event("a", "once"), Event("b", "twice")], Cancellation);
        await log.AppendAsync([Event("c", "twice"), Event("d")], Cancellation);

        Assert.Null(await log.FindAsync(SseId.Of("once"), Cancellation));
        Assert.Equal(3, await log.FindAsync(SseId.Of("twice"), Cancellation));
    }

    [Fact]
    public async Task A_publish_that_is_tried_again_with_its_key_is_stored_once_and_told_its_first_place()
    {
        await using IEventLog log = await CreateAsync();
        PendingEvent first = Event("a", tag: 7).With(new IdempotencyMark(1, 10));
        PendingEvent again = Event("a", tag: 8).With(new IdempotencyMark(1, 10));

        AppendResult stored = Assert.Single(await log.AppendAsync([first], Cancellation));
        IReadOnlyList<AppendResult> results = await log.AppendAsync([Event("b"), again, Event("c")], Cancellation);

        Assert.Equal(stored with { Outcome = AppendOutcome.Repeated }, results[1]);
        Assert.Equal([2L, 3L], new[] { results[0].Sequence, results[2].Sequence });
        Assert.Equal(["a", "b", "c"], (await log.ReadAsync(0, Everything, Cancellation)).Events.Select(Text));
    }

    [Fact]
    public async Task Two_tries_of_one_publish_in_one_batch_are_stored_once()
    {
        await using IEventLog log = await CreateAsync();
        var mark = new IdempotencyMark(UInt128.MaxValue, 10);

        IReadOnlyList<AppendResult> results = await log.AppendAsync([Event("a", tag: 7).With(mark), Event("a", tag: 8).With(mark)], Cancellation);

        Assert.Equal(results[0] with { Outcome = AppendOutcome.Repeated }, results[1]);
        Assert.Equal(7UL, results[1].Tag);
        Assert.Single((await log.ReadAsync(0, Everything, Cancellation)).Events);
    }

    [Fact]
    public async Task A_key_that_was_used_for_another_event_is_told_and_nothing_is_stored_under_it()
    {
        await using IEventLog log = await CreateAsync();
        await log.AppendAsync([Event("a").With(new IdempotencyMark(1, 10))], Cancellation);

        IReadOnlyList<AppendResult> results = await log.AppendAsync([Event("b").With(new IdempotencyMark(1, 11)), Event("c")], Cancellation);

        Assert.Equal([AppendOutcome.KeyReused, AppendOutcome.Stored], results.Select(result => result.Outcome));
        Assert.Equal(["a", "c"], (await log.ReadAsync(0, Everything, Cancellation)).Events.Select(Text));
    }

    [Fact]
    public async Task A_key_outlives_its_event_and_is_forgotten_after_its_window()
    {
        await using IEventLog log = await CreateAsync(maxEvents: 0);
        var mark = new IdempotencyMark(1, 10);
        AppendResult stored = Assert.Single(await log.AppendAsync([Event("a").With(mark)], Cancellation));

        AppendResult within = Assert.Single(await log.AppendAsync([Event("a", at: Noon.AddHours(23)).With(mark)], Cancellation));
        AppendResult after = Assert.Single(await log.AppendAsync([Event("a", at: Noon.AddHours(25)).With(mark)], Cancellation));

        Assert.Equal(stored with { Outcome = AppendOutcome.Repeated }, within);
        Assert.Equal(AppendOutcome.Stored, after.Outcome);
    }

    [Fact]
    public async Task Following_begins_with_what_is_there_and_goes_on_with_what_comes()
    {
        await using IEventLog log = await CreateAsync();
        await AppendAsync(log, "a", "b");
        await using IAsyncEnumerator<LogPage> tail = log.TailAsync(1, Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.True(await tail.MoveNextAsync());
        Assert.Equal([2L], tail.Current.Events.Select(logged => logged.Sequence));
        ValueTask<bool> next = tail.MoveNextAsync();
        Assert.False(next.IsCompleted);

        await AppendAsync(log, "c");
        Assert.True(await next);
        Assert.Equal([3L], tail.Current.Events.Select(logged => logged.Sequence));
    }

    [Fact]
    public async Task Following_tells_by_the_floor_that_retention_has_passed()
    {
        await using IEventLog log = await CreateAsync(maxEvents: 1);
        await AppendAsync(log, "a", "b", "c");
        await using IAsyncEnumerator<LogPage> tail = log.TailAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.True(await tail.MoveNextAsync());

        Assert.Equal(3, tail.Current.Floor);
        Assert.Equal([3L], tail.Current.Events.Select(logged => logged.Sequence));
    }

    [Fact]
    public async Task Whoever_follows_is_handed_everything_that_is_appended_however_little_is_kept()
    {
        await using IEventLog log = await CreateAsync(maxEvents: 0);
        await using IAsyncEnumerator<LogPage> tail = log.TailAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);

        // What is live-only waits for whoever begins a moment later. Once it is handed over, following has begun.
        ValueTask<bool> first = tail.MoveNextAsync();
        await log.AppendAsync([LiveOnly("first")], Cancellation);
        Assert.True(await first);
        Assert.Equal([1L], tail.Current.Events.Select(logged => logged.Sequence));
        long expected = 2;
        for (int round = 0; round < 10; round++)
        {
            ValueTask<bool> next = tail.MoveNextAsync();
            await AppendAsync(log, "a", "b", "c");
            Assert.True(await next);
            Assert.InRange(tail.Current.Floor, 1, expected);
            Assert.Equal([expected, expected + 1, expected + 2], tail.Current.Events.Select(logged => logged.Sequence));
            expected += 3;
        }
    }

    [Fact]
    public async Task Following_ends_when_it_is_cancelled()
    {
        await using IEventLog log = await CreateAsync();
        using var stopping = new CancellationTokenSource();
        await using IAsyncEnumerator<LogPage> tail = log.TailAsync(0, stopping.Token).GetAsyncEnumerator(Cancellation);
        ValueTask<bool> next = tail.MoveNextAsync();

        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.AsTask());
    }

    [Fact]
    public async Task Whoever_follows_or_reads_while_events_are_appended_sees_all_of_them_in_order()
    {
        const int Count = 2000;
        await using IEventLog log = await CreateAsync();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task<List<long>>[] followers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => FollowAsync(log, Count, done.Token), Cancellation))];

        for (int i = 0; i < Count / 4; i++)
        {
            await AppendAsync(log, "a", "b", "c", "d");
            LogPage page = await log.ReadAsync(i * 4, Everything, Cancellation);
            Assert.Equal(4, page.Events.Count);
        }

        foreach (List<long> seen in await Task.WhenAll(followers))
        {
            Assert.Equal(Enumerable.Range(1, Count).Select(number => (long)number), seen);
        }
    }

    private static async Task<List<long>> FollowAsync(IEventLog log, int count, CancellationToken cancellationToken)
    {
        var seen = new List<long>();
        await foreach (LogPage page in log.TailAsync(0, cancellationToken))
        {
            seen.AddRange(page.Events.Select(logged => logged.Sequence));
            if (seen.Count >= count)
            {
                break;
            }
        }

        return seen;
    }

    private static ValueTask<IReadOnlyList<AppendResult>> AppendAsync(IEventLog log, params string[] bodies) =>
        log.AppendAsync([.. bodies.Select(body => Event(body))], Cancellation);

    private static PendingEvent Event(string body, string? publisherId = null, ulong tag = 1, DateTimeOffset? at = null) => new(
        ["news"],
        Encoding.UTF8.GetBytes(body),
        tag,
        at ?? Noon,
        isPrivate: false,
        publisherId is null ? null : new SseId?(SseId.Of(publisherId)));

    private static string Text(LoggedEvent logged) => Encoding.UTF8.GetString(logged.Content.Body.Span);
}
