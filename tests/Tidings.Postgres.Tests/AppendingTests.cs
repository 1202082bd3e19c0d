using Npgsql;
using Tidings.Testing;

namespace Tidings.Postgres.Tests;

/// <summary>Batches whose outcome is in doubt, and nodes that append at once.</summary>
public sealed class AppendingTests(SharedServer shared)
{
    // Its answer does not fit into PostgreSQL's buffer, so it is sent before the commit.
    private const int LargeBatch = 1000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_whose_connection_breaks_while_it_waits_is_stored_once()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await using NpgsqlConnection other = await node.ConnectAsync();
        await using NpgsqlTransaction holding = await other.BeginTransactionAsync(Cancellation);
        await node.ExecuteAsync(other, "SELECT 1 FROM {schema}.log FOR UPDATE", holding);

        Task<IReadOnlyList<AppendResult>> appending = node.AppendAsync("a", "b");
        while (await node.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%{schema}.append(%' AND wait_event_type = 'Lock'") is not true)
        {
            await Task.Yield();
        }

        await holding.CommitAsync(Cancellation);
        IReadOnlyList<AppendResult> results = await appending;

        Assert.Equal([1L, 2L], results.Select(result => result.Sequence));
        Assert.Equal(["a", "b"], await node.StoredAsync());
    }

    [Fact]
    public async Task A_batch_that_was_committed_though_nobody_was_told_is_told_its_places_and_not_stored_again()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        const string Append =
            """
            SELECT sequences[1] FROM {schema}.append('7a1b9c00-0000-0000-0000-000000000001', 5, ARRAY['data: a'::bytea], ARRAY['news'], ARRAY[9::bigint], ARRAY[1::bigint],
                ARRAY[false], ARRAY[false], ARRAY[NULL::text], ARRAY[NULL::uuid], ARRAY[NULL::uuid], 0, NULL, NULL)
            """;

        Assert.Equal(1L, await node.ExecuteAsync(Append));
        await node.AppendAsync("b");
        Assert.Equal(1L, await node.ExecuteAsync(Append));

        Assert.Equal(2, (await node.Log.ReadAsync(0, TestNode.Everything, Cancellation)).Events.Count);
        Assert.Equal(3L, await node.ExecuteAsync(Append.Replace(", 5,", ", 6,", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(LargeBatch)]
    public async Task A_batch_whose_answer_comes_before_its_commit_fails_is_not_acknowledged(int events)
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await FailAtCommitAsync(node, "RAISE EXCEPTION 'not this one'");

        await Assert.ThrowsAsync<EventLogException>(() => node.AppendAsync([.. Enumerable.Range(0, events).Select(i => $"{i}")]));

        Assert.Empty(await node.StoredAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(LargeBatch)]
    public async Task A_batch_whose_answer_comes_before_the_connection_breaks_in_its_commit_is_stored_once(int events)
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await FailAtCommitAsync(node, "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(0.1)");
        string[] data = [.. Enumerable.Range(0, events).Select(i => $"{i}")];

        IReadOnlyList<AppendResult> results = await node.AppendAsync(data);

        Assert.Equal(data, await node.StoredAsync());
        Assert.Equal(events, results[^1].Sequence);
    }

    [Fact]
    public async Task A_key_is_known_to_every_node()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode one = await TestNode.StartAsync(options);
        await using TestNode two = await TestNode.StartAsync(options);
        PendingEvent pending = TestNode.Event("a").With(new IdempotencyMark(UInt128.MaxValue - 5, 7));

        AppendResult[][] results = await Task.WhenAll(Enumerable.Range(0, 10).Select(async attempt =>
        {
            PostgresEventLog log = await PostgresEventLog.OpenAsync(options, TimeProvider.System, cancellationToken: Cancellation);
            await using (log)
            {
                return (await log.AppendAsync([pending], Cancellation)).ToArray();
            }
        }));

        Assert.Equal(9, results.Count(result => result[0].Outcome == AppendOutcome.Repeated));
        Assert.All(results, result => Assert.Equal(1, result[0].Sequence));
        Assert.Equal(["a"], await two.StoredAsync());
    }

    [Fact]
    public async Task What_the_database_refuses_is_told_at_once_and_the_next_batch_is_stored()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await node.ExecuteAsync("ALTER TABLE {schema}.event ADD CONSTRAINT no_x CHECK (body <> 'data: x\n'::bytea)");

        EventLogException refused = await Assert.ThrowsAsync<EventLogException>(() => node.AppendAsync("a", "x"));
        await node.AppendAsync("b");

        Assert.Contains("refuses", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsFinal);
        Assert.Equal(["b"], await node.StoredAsync());
        Assert.Equal(1, (await node.Log.GetPositionAsync(Cancellation)).Last);
    }

    [Fact]
    public async Task An_event_is_noticed_though_its_notification_is_lost()
    {
        PostgresLogOptions options = shared.NewLog();
        options.PollInterval = TimeSpan.FromMilliseconds(10);
        await using TestNode node = await TestNode.StartAsync(options);
        string definition = (string)(await node.ExecuteAsync("SELECT pg_get_functiondef('{schema}.append'::regproc)"))!;
        await node.ExecuteAsync(definition.Replace($"PERFORM pg_notify('{options.Schema}_log', '');", "", StringComparison.Ordinal));
        Assert.DoesNotContain("pg_notify", (string)(await node.ExecuteAsync("SELECT pg_get_functiondef('{schema}.append'::regproc)"))!, StringComparison.Ordinal);
        await using Subscriber subscriber = await node.SubscribeAsync();

        await node.PublishAsync("a");

        Assert.Equal(["a"], await subscriber.ReadTextsAsync(1));
    }

    [Fact]
    public async Task An_event_is_noticed_by_its_notification_however_seldom_is_looked()
    {
        PostgresLogOptions options = shared.NewLog();
        options.PollInterval = TimeSpan.FromMinutes(1);
        await using TestNode one = await TestNode.StartAsync(options);
        await using TestNode two = await TestNode.StartAsync(options);
        await using Subscriber subscriber = await two.SubscribeAsync();

        // Whoever only looked would take half a minute for each.
        await PublishAndReadAsync().WaitAsync(Hang.Limit, TimeProvider.System, Cancellation);

        async Task PublishAndReadAsync()
        {
            for (int i = 0; i < 20; i++)
            {
                await one.PublishAsync($"{i}");
                Assert.Equal([$"{i}"], await subscriber.ReadTextsAsync(1));
            }
        }
    }

    // Once, when everything is done but the commit itself.
    private static async Task FailAtCommitAsync(TestNode node, string how)
    {
        await node.ExecuteAsync("CREATE SEQUENCE {schema}.commits");
        await node.ExecuteAsync(
            $$"""
            CREATE FUNCTION {schema}.fail() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('{schema}.commits') = 1 THEN
                    {{how}};
                END IF;
                RETURN NULL;
            END $$
            """);
        await node.ExecuteAsync("CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON {schema}.event DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.fail()");
    }
}
