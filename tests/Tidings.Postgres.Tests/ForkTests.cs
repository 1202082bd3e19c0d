using Npgsql;

namespace Tidings.Postgres.Tests;

/// <summary>The database comes back without events that a node has shown.</summary>
public sealed class ForkTests(SharedServer shared)
{
    [Fact]
    public async Task Every_subscriber_is_told_a_fork_when_shown_events_are_lost_and_receives_what_comes_then()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await using Subscriber subscriber = await node.SubscribeAsync();
        await ShowTwoAsync(node, subscriber);

        await LoseAsync(node, through: 1);
        Assert.Equal(["gap: fork"], await subscriber.ReadTextsAsync(1));

        await node.PublishAsync("c");
        Assert.Equal(["c"], await subscriber.ReadTextsAsync(1));
        Assert.Equal(3, (await node.Log.GetPositionAsync(TestContext.Current.CancellationToken)).Last); // 2 was shown, and is not given again
    }

    [Fact]
    public async Task A_fork_is_noticed_when_others_have_appended_on_the_new_branch_already()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await using Subscriber subscriber = await node.SubscribeAsync();
        await ShowTwoAsync(node, subscriber);

        await LoseAsync(node, through: 1, "SELECT {schema}.publish('news', 'x'), {schema}.publish('news', 'y')");

        Assert.Equal(["gap: fork"], await subscriber.ReadTextsAsync(1));
        await node.PublishAsync("c");
        Assert.Equal(["y", "c"], await subscriber.ReadTextsAsync(2));
    }

    [Fact]
    public async Task A_node_that_appends_on_the_new_branch_before_it_reads_there_notices_the_fork()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await using Subscriber subscriber = await node.SubscribeAsync();
        await ShowTwoAsync(node, subscriber);
        await LoseAsync(node, through: 1);

        // The tail comes back after a pause; the writer at once, and soon past what was shown.
        await node.PublishAsync("c");
        await node.PublishAsync("d");

        Assert.Equal(["gap: fork"], await subscriber.ReadTextsAsync(1));
        Assert.Equal(1L, await node.ExecuteAsync("SELECT count(*) FROM {schema}.epoch"));
        Assert.Equal(4, (await node.Log.GetPositionAsync(TestContext.Current.CancellationToken)).Last);
    }

    [Fact]
    public async Task Two_nodes_that_have_shown_what_is_lost_begin_one_new_life_of_the_log()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode one = await TestNode.StartAsync(options);
        await using TestNode two = await TestNode.StartAsync(options);
        await using Subscriber first = await one.SubscribeAsync();
        await using Subscriber second = await two.SubscribeAsync();
        await one.PublishAsync("a");
        await two.PublishAsync("b");
        await first.ReadAsync(2);
        await second.ReadAsync(2);

        await LoseAsync(one, through: 0);

        Assert.Equal(["gap: fork"], await first.ReadTextsAsync(1));
        Assert.Equal(["gap: fork"], await second.ReadTextsAsync(1));
        Assert.Equal(1L, await one.ExecuteAsync("SELECT count(*) FROM {schema}.epoch"));
        await two.PublishAsync("c");
        Assert.Equal(["c"], await first.ReadTextsAsync(1));
        Assert.Equal(["c"], await second.ReadTextsAsync(1));
    }

    [Fact]
    public async Task A_node_whose_events_are_all_there_tells_a_fork_that_another_one_has_noticed_and_goes_on_where_it_was()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode one = await TestNode.StartAsync(options);
        await using TestNode two = await TestNode.StartAsync(options);
        await using Subscriber second = await two.SubscribeAsync();
        await one.PublishAsync("a");
        Assert.Equal(["a"], await second.ReadTextsAsync(1));
        LogPosition before = await one.Log.GetPositionAsync(TestContext.Current.CancellationToken);

        // As if a third node had shown one more.
        await one.ExecuteAsync($"SELECT epoch FROM {{schema}}.fork({before.Epoch}, 7, 2)");
        await one.PublishAsync("b");

        // It may have come to nobody but the third node's publisher, and to none of these subscribers.
        Assert.Equal(["gap: fork", "b"], await second.ReadTextsAsync(2));
    }

    [Fact]
    public async Task A_cursor_from_before_the_fork_is_told_it_and_honoured_and_one_from_the_lost_branch_is_told_it()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options);
        await using Subscriber subscriber = await node.SubscribeAsync();
        (SseId kept, SseId lost) = await ShowTwoAsync(node, subscriber);
        await LoseAsync(node, through: 1);
        await subscriber.ReadAsync(1);
        await node.PublishAsync("c");

        await using TestNode other = await TestNode.StartAsync(options);
        await using Subscriber resumed = await other.SubscribeAsync(StartAt.After(kept.Value));
        await using Subscriber forked = await other.SubscribeAsync(StartAt.After(lost.Value), AfterGap.ReplayRetained);

        // What was acknowledged after "a" and lost: whoever had not come to it must know, too.
        Assert.Equal(["gap: fork", "c"], await resumed.ReadTextsAsync(2));
        Assert.Equal(["gap: fork", "a", "c"], await forked.ReadTextsAsync(3));
    }

    [Fact]
    public async Task A_fork_that_was_told_is_not_told_again_to_whoever_comes_back_with_the_place_it_was_given()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options);
        await using Subscriber subscriber = await node.SubscribeAsync();
        (SseId kept, _) = await ShowTwoAsync(node, subscriber);
        await LoseAsync(node, through: 1);
        await subscriber.ReadAsync(1);

        await using TestNode other = await TestNode.StartAsync(options);
        await using Subscriber told = await other.SubscribeAsync(StartAt.After(kept.Value));
        await using Subscriber again = await other.SubscribeAsync(StartAt.After(told.StartGap!.ResumesAfter.Value));

        Assert.Equal(GapReason.Fork, told.StartGap.Reason);
        Assert.Null(again.StartGap);
    }

    [Fact]
    public async Task A_cursor_of_another_log_is_told_another_epoch()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await using TestNode other = await TestNode.StartAsync(shared.NewLog());
        SseId id = await node.PublishAsync("a");
        await other.PublishAsync("a");

        await using Subscriber subscriber = await other.SubscribeAsync(StartAt.After(id.Value));

        Assert.Equal(GapReason.Epoch, subscriber.StartGap?.Reason);
    }

    [Fact]
    public async Task An_acknowledged_event_that_nobody_was_handed_counts_as_shown()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await using Subscriber subscriber = await node.SubscribeAsync();
        await node.AppendAsync("a");
        await LoseAsync(node, through: 0);

        string told = (await subscriber.ReadTextsAsync(1))[0];

        Assert.True(told is "a" or "gap: fork", told);
        if (told == "a")
        {
            Assert.Equal(["gap: fork"], await subscriber.ReadTextsAsync(1));
        }
    }

    private static async Task<(SseId First, SseId Second)> ShowTwoAsync(TestNode node, Subscriber subscriber)
    {
        SseId first = await node.PublishAsync("a");
        SseId second = await node.PublishAsync("b");
        Assert.Equal(["a", "b"], await subscriber.ReadTextsAsync(2));
        return (first, second);
    }

    // What a replica that had not received the last events looks like when it is promoted.
    private static async Task LoseAsync(TestNode node, long through, string then = "SELECT 1")
    {
        await using NpgsqlConnection connection = await node.ConnectAsync();
        await using NpgsqlTransaction failover = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);

        // Whoever is back before all of it has happened waits for it: what a database has lost it has lost before anybody reaches it again.
        await node.ExecuteAsync(connection, "LOCK TABLE {schema}.log", failover);
        await node.ExecuteAsync(
            connection,
            $"""
            {TestNode.BreakConnections};
            DELETE FROM {"{schema}"}.event WHERE sequence > {through};
            DELETE FROM {"{schema}"}.writer;
            UPDATE {"{schema}"}.log SET last = {through}, last_stored = {through},
                events = (SELECT count(*) FROM {"{schema}"}.event), bytes = (SELECT coalesce(sum(octet_length(body)), 0) FROM {"{schema}"}.event);
            {then}
            """,
            failover);
        await failover.CommitAsync(TestContext.Current.CancellationToken);
    }
}
