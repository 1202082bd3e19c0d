namespace Tidings.Postgres.Tests;

/// <summary>Rows that somebody or something has taken: never a word too few.</summary>
public sealed class HoleTests(SharedServer shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_is_told_a_missing_event_where_it_is_missing_and_receives_the_others()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        SseId first = await node.PublishAsync("a");
        await node.AppendAsync("b", "c", "d");
        await node.ExecuteAsync("DELETE FROM {schema}.event WHERE sequence = 3");

        await using Subscriber subscriber = await node.SubscribeAsync(StartAt.After(first.Value), AfterGap.ReplayRetained);

        Assert.Equal(["b", "gap: expired", "d"], await subscriber.ReadTextsAsync(3));
    }

    [Fact]
    public async Task A_follower_is_told_a_missing_event_before_the_next_one()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await node.AppendAsync("a", "b", "c");
        await node.ExecuteAsync("DELETE FROM {schema}.event WHERE sequence = 2");
        await using IAsyncEnumerator<LogPage> tail = node.Log.TailAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.True(await tail.MoveNextAsync());
        Assert.Equal([1L], tail.Current.Events.Select(logged => logged.Sequence));
        Assert.True(await tail.MoveNextAsync());

        Assert.Equal([3L], tail.Current.Events.Select(logged => logged.Sequence));
        Assert.Equal(3, tail.Current.Floor);
    }

    [Fact]
    public async Task That_the_newest_events_are_missing_is_told_too()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await node.AppendAsync("a", "b", "c");
        await node.ExecuteAsync("DELETE FROM {schema}.event WHERE sequence >= 2");

        LogPage first = await node.Log.ReadAsync(0, TestNode.Everything, Cancellation);
        LogPage second = await node.Log.ReadAsync(first.Through, TestNode.Everything, Cancellation);

        Assert.Equal((1L, 1L), (first.Through, first.Floor));
        Assert.Empty(second.Events);
        Assert.Equal((3L, 4L), (second.Through, second.Floor));
    }

    [Theory]
    [InlineData("topics = ''")]
    [InlineData("topics = E'news\\n'")]
    [InlineData("publisher_id = E'a\\nb'")]
    [InlineData("published_at = -1")]
    public async Task A_row_that_is_not_what_was_written_is_a_missing_event(string damage)
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await node.AppendAsync("a", "b", "c");
        await node.ExecuteAsync($"UPDATE {{schema}}.event SET {damage} WHERE sequence = 2");

        LogPage first = await node.Log.ReadAsync(0, TestNode.Everything, Cancellation);
        LogPage second = await node.Log.ReadAsync(first.Through, TestNode.Everything, Cancellation);

        Assert.Equal([1L], first.Events.Select(logged => logged.Sequence));
        Assert.Equal([3L], second.Events.Select(logged => logged.Sequence));
        Assert.Equal(3, second.Floor);
    }

    [Fact]
    public async Task Events_that_are_not_kept_leave_no_hole()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await node.AppendAsync("a");
        await node.Log.AppendAsync([TestNode.Event("x").LiveOnly()], Cancellation);
        await node.AppendAsync("b");

        LogPage page = await node.Log.ReadAsync(0, TestNode.Everything, Cancellation);

        Assert.Equal([1L, 3L], page.Events.Select(logged => logged.Sequence));
        Assert.Equal((3L, 1L), (page.Through, page.Floor));
    }

    [Fact]
    public async Task A_crash_that_takes_what_is_not_kept_is_told_to_those_who_see_it_alone()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await node.AppendAsync("a");
        await node.Log.AppendAsync([TestNode.Event("x").LiveOnly()], Cancellation);
        await node.ExecuteAsync("TRUNCATE {schema}.live_event");
        await using IAsyncEnumerator<LogPage> tail = node.Log.TailAsync(1, Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.True(await tail.MoveNextAsync());

        Assert.Empty(tail.Current.Events);
        Assert.Equal((2L, 1L), (tail.Current.Through, tail.Current.Floor));
    }
}
