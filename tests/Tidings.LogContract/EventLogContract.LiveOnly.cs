using System.Text;

namespace Tidings.LogContract;

/// <content>What a log does with events that are live only: it hands them on in their order and keeps none.</content>
public abstract partial class EventLogContract
{
    [Fact]
    public async Task Live_only_events_are_handed_to_followers_in_their_order_and_are_not_read_back()
    {
        await using IEventLog log = await CreateAsync();
        await using IAsyncEnumerator<LogPage> tail = log.TailAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
        ValueTask<bool> next = tail.MoveNextAsync();

        IReadOnlyList<AppendResult> stored = await log.AppendAsync([LiveOnly("a"), Event("b"), LiveOnly("c")], Cancellation);

        Assert.Equal([1L, 2L, 3L], stored.Select(result => result.Sequence));
        Assert.True(await next);
        Assert.Equal(["a", "b", "c"], tail.Current.Events.Select(Text));
        Assert.Equal([1L, 2L, 3L], tail.Current.Events.Select(logged => logged.Sequence));
        LogPage page = await log.ReadAsync(0, Everything, Cancellation);
        Assert.Equal(["b"], page.Events.Select(Text));
        Assert.Equal((1L, 3L), (page.Floor, page.Through));
        Assert.Equal((1L, 3L), ((await log.GetPositionAsync(Cancellation)).Floor, (await log.GetPositionAsync(Cancellation)).Last));
    }

    [Fact]
    public async Task A_live_only_event_waits_for_the_follower_who_begins_a_moment_later()
    {
        await using IEventLog log = await CreateAsync();
        await AppendAsync(log, "a");
        await log.AppendAsync([LiveOnly("b")], Cancellation);
        await AppendAsync(log, "c");

        await using IAsyncEnumerator<LogPage> tail = log.TailAsync(1, Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.True(await tail.MoveNextAsync());
        Assert.Equal(["b", "c"], tail.Current.Events.Select(Text));
    }

    [Fact]
    public async Task Live_only_events_take_no_room_from_what_is_kept_and_raise_no_floor()
    {
        await using IEventLog log = await CreateAsync(maxEvents: 2, maxBytes: 100);
        await AppendAsync(log, "a");
        for (int i = 0; i < 50; i++)
        {
            await log.AppendAsync([LiveOnly(new string('x', 90)), LiveOnly("y")], Cancellation);
        }

        await AppendAsync(log, "b");

        LogPage page = await log.ReadAsync(0, Everything, Cancellation);
        Assert.Equal(["a", "b"], page.Events.Select(Text));
        Assert.Equal((1L, 102L), (page.Floor, page.Through));
        LogPage middle = await log.ReadAsync(50, new PageLimit(1, 1), Cancellation);
        Assert.Equal([102L], middle.Events.Select(logged => logged.Sequence));
    }

    [Fact]
    public async Task A_live_only_event_is_not_found_by_its_publishers_id_and_its_key_is_known()
    {
        await using IEventLog log = await CreateAsync();
        var mark = new IdempotencyMark(1, 10);

        AppendResult first = Assert.Single(await log.AppendAsync([LiveOnly("a", "mine").With(mark)], Cancellation));
        AppendResult again = Assert.Single(await log.AppendAsync([LiveOnly("a", "mine").With(mark)], Cancellation));

        Assert.Equal(first with { Outcome = AppendOutcome.Repeated }, again);
        Assert.Null(await log.FindAsync(SseId.Of("mine"), Cancellation));
        Assert.Empty((await log.ReadAsync(0, Everything, Cancellation)).Events);
    }

    [Fact]
    public async Task Everybody_who_follows_is_handed_all_of_far_more_live_only_events_than_are_kept()
    {
        const int Count = 4000;
        await using IEventLog log = await CreateAsync(maxEvents: 3);
        Task<List<long>>[] followers = [FollowAsync(log, Count, Cancellation), FollowAsync(log, Count, Cancellation)]; // both have begun: what is live-only waits for no other

        for (int i = 0; i < Count / 100; i++)
        {
            await log.AppendAsync([.. Enumerable.Range(0, 100).Select(_ => LiveOnly("l"))], Cancellation);
        }

        foreach (List<long> seen in await Task.WhenAll(followers))
        {
            Assert.Equal(Enumerable.Range(1, Count).Select(number => (long)number), seen);
        }
    }

    private static PendingEvent LiveOnly(string body, string? publisherId = null) => new(
        ["presence"],
        Encoding.UTF8.GetBytes(body),
        tag: 1,
        Noon,
        isPrivate: true,
        publisherId is null ? null : new SseId?(SseId.Of(publisherId)))
    {
        IsLiveOnly = true,
    };
}
