using Tidings.Testing;

namespace Tidings.Postgres.Tests;

/// <summary>The clock of a node that is asked to tidy up stands still: what it is about to remove by itself it would not remove when it is asked.</summary>
public sealed class RetainingTests(SharedServer shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_retention_has_taken_cannot_be_read_at_once_and_goes_after_a_moment()
    {
        PostgresLogOptions options = shared.NewLog(maxEvents: 2);
        await using TestNode node = await TestNode.StartAsync(options, new FakeTimeProvider());
        await SharedServer.PutOffAsync(options);
        await node.AppendAsync("a", "b", "c", "d");

        Assert.Equal(["c", "d"], await node.StoredAsync());
        await node.Log.PruneAsync(Cancellation);
        Assert.Equal(4L, await node.ExecuteAsync("SELECT count(*) FROM {schema}.event"));

        await AgeAsync(node, "2 hours");
        await node.Log.PruneAsync(Cancellation);

        Assert.Equal(2L, await node.ExecuteAsync("SELECT count(*) FROM {schema}.event"));
        Assert.Equal(["c", "d"], await node.StoredAsync());
    }

    [Fact]
    public async Task Events_that_are_too_old_by_the_databases_clock_go()
    {
        PostgresLogOptions options = shared.NewLog();
        options.Retention.MaxAge = TimeSpan.FromHours(1);
        await using TestNode node = await TestNode.StartAsync(options, new FakeTimeProvider());
        await node.AppendAsync("a", "b");
        await AgeAsync(node, "2 hours");
        await node.AppendAsync("c");

        await node.Log.PruneAsync(Cancellation);

        Assert.Equal(["c"], await node.StoredAsync());
        Assert.Equal(3, (await node.Log.GetPositionAsync(Cancellation)).Floor);
        Assert.Equal(1L, await node.ExecuteAsync("SELECT events FROM {schema}.log"));
    }

    [Fact]
    public async Task An_append_waits_for_no_more_than_a_step_of_what_is_not_kept_any_more()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        for (int i = 0; i < 6; i++)
        {
            await node.AppendAsync([.. Enumerable.Range(0, 500).Select(number => $"{number}")]);
        }

        await node.ExecuteAsync(
            """
            SELECT {schema}.append(gen_random_uuid(), 1, ARRAY['data: a'::bytea], ARRAY['news'], ARRAY[9::bigint], ARRAY[1::bigint],
                ARRAY[false], ARRAY[false], ARRAY[NULL::text], ARRAY[NULL::uuid], ARRAY[NULL::uuid], 0, 10, NULL)
            """);

        Assert.Equal(1 + 1001, (await node.Log.GetPositionAsync(Cancellation)).Floor);
        Assert.Equal(3001L - 1001, await node.ExecuteAsync("SELECT events FROM {schema}.log"));
    }

    [Fact]
    public async Task More_than_one_step_is_taken_until_all_is_gone()
    {
        PostgresLogOptions options = shared.NewLog();
        await using (TestNode before = await TestNode.StartAsync(options))
        {
            for (int i = 0; i < 6; i++)
            {
                await before.AppendAsync([.. Enumerable.Range(0, 500).Select(number => $"{number}")]);
            }

            await AgeAsync(before, "1 minute");
        }

        options.Retention.MaxEvents = 10;
        await using TestNode node = await TestNode.StartAsync(options, new FakeTimeProvider());
        await node.Log.PruneAsync(Cancellation);

        Assert.Equal(10L, await node.ExecuteAsync("SELECT count(*) FROM {schema}.event"));
        Assert.Equal((2991L, 3000L), ((await node.Log.GetPositionAsync(Cancellation)).Floor, (await node.Log.GetPositionAsync(Cancellation)).Last));
    }

    [Fact]
    public async Task Events_that_are_not_kept_go_after_a_moment()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options, new FakeTimeProvider());
        await SharedServer.PutOffAsync(options);
        await node.Log.AppendAsync([TestNode.Event("x").LiveOnly()], Cancellation);
        await node.ExecuteAsync("UPDATE {schema}.live_event SET stored_at = stored_at - interval '2 hours'");
        await node.Log.AppendAsync([TestNode.Event("y").LiveOnly()], Cancellation);

        await node.Log.PruneAsync(Cancellation);

        Assert.Equal(1L, await node.ExecuteAsync("SELECT count(*) FROM {schema}.live_event"));
    }

    [Fact]
    public async Task Keys_go_by_age_and_by_number()
    {
        PostgresLogOptions options = shared.NewLog();
        options.MaxIdempotencyKeys = 2;
        await using TestNode node = await TestNode.StartAsync(options, new FakeTimeProvider());
        for (uint i = 1; i <= 5; i++)
        {
            await node.Log.AppendAsync([TestNode.Event($"{i}").With(new IdempotencyMark(i, i))], Cancellation);
        }

        await node.Log.PruneAsync(Cancellation);
        Assert.Equal(2L, await node.ExecuteAsync("SELECT count(*) FROM {schema}.idempotency WHERE sequence >= 4"));

        await node.ExecuteAsync("UPDATE {schema}.idempotency SET published_at = published_at - 25 * 36000000000::bigint WHERE sequence = 4");
        await node.Log.PruneAsync(Cancellation);
        Assert.Equal(5L, await node.ExecuteAsync("SELECT sequence FROM {schema}.idempotency"));
    }

    [Fact]
    public async Task A_node_that_was_passed_by_retention_is_told_so_and_goes_on()
    {
        PostgresLogOptions options = shared.NewLog(maxEvents: 2);
        await using TestNode node = await TestNode.StartAsync(options);
        await using IAsyncEnumerator<LogPage> tail = node.Log.TailAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
        await node.AppendAsync("a");
        Assert.True(await tail.MoveNextAsync());

        // In one step, so that the tail cannot look in between.
        await node.ExecuteAsync("SET CONSTRAINTS {schema}.append_outbox IMMEDIATE; SELECT {schema}.publish('news', x::text) FROM generate_series(1, 5) x; UPDATE {schema}.log SET floor = 5, events = 2; DELETE FROM {schema}.event WHERE sequence < 5");
        Assert.True(await tail.MoveNextAsync());

        Assert.Equal((5L, 6L), (tail.Current.Floor, tail.Current.Through));
        Assert.Equal([5L, 6L], tail.Current.Events.Select(logged => logged.Sequence));
    }

    private static async Task AgeAsync(TestNode node, string by) => await node.ExecuteAsync($"UPDATE {{schema}}.event SET stored_at = stored_at - interval '{by}'");
}
