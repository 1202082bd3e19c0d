using Microsoft.Extensions.Logging;
using Npgsql;
using Tidings.Testing;

namespace Tidings.Postgres.Tests;

/// <summary>The database dies, stands still, and comes back.</summary>
public sealed class DatabaseDownTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_publish_outlives_a_restart_of_the_database_and_subscribers_go_on()
    {
        await using PostgresServer server = await PostgresServer.StartAsync();
        PostgresLogOptions options = SharedServer.OptionsFor(server);
        await using TestNode node = await TestNode.StartAsync(options);
        await using Subscriber subscriber = await node.SubscribeAsync();
        await node.PublishAsync("a");
        Assert.Equal(["a"], await subscriber.ReadTextsAsync(1));

        await server.KillAsync();
        Task<SseId> publishing = node.PublishAsync("b");
        EventLogException failure = await Assert.ThrowsAsync<EventLogException>(() => node.Log.GetPositionAsync(Cancellation).AsTask());
        Assert.False(publishing.IsCompleted);
        await server.StartAgainAsync();

        await publishing;
        Assert.Equal(["b"], await subscriber.ReadTextsAsync(1));
        Assert.Equal(["a", "b"], await node.StoredAsync());
        Assert.StartsWith("PostgreSQL (127.0.0.1/postgres) does not answer: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_comes_back_is_said_to_be_back_before_anything_is_published()
    {
        await using PostgresServer server = await PostgresServer.StartAsync();
        using var lines = new LogLines();
        using var loggers = new LoggerFactory([lines]);
        await using PostgresEventLog log = await PostgresEventLog.OpenAsync(SharedServer.OptionsFor(server), TimeProvider.System, loggers.CreateLogger<PostgresEventLog>(), Cancellation);
        await using var broker = new Broker(new BrokerOptions(), log, TimeProvider.System, loggers.CreateLogger<Broker>());
        await broker.StartAsync(Cancellation);

        await server.KillAsync();
        await lines.WaitForAsync("because the log cannot be followed. ", Cancellation);
        await lines.WaitForAsync("The log cannot be tidied up. ", Cancellation);
        await server.StartAgainAsync();

        await lines.WaitForAsync("because the log cannot be followed: over after ", Cancellation);
        await lines.WaitForAsync("The log cannot be tidied up: over after ", Cancellation);
        Assert.Equal(2, lines.Lines.Count(line => line.Text.Contains(" It is tried again until it works", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Lines.Count(line => line.Text.Contains("\n   at ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_publish_to_a_database_that_stands_still_has_an_unknown_outcome_in_time_and_is_stored_at_most_once()
    {
        await using PostgresServer server = await PostgresServer.StartAsync();
        PostgresLogOptions patient = SharedServer.OptionsFor(server);
        await using TestNode other = await TestNode.StartAsync(patient);
        PostgresLogOptions options = SharedServer.OptionsFor(server);
        options.Schema = patient.Schema;
        options.CommandTimeout = TimeSpan.FromSeconds(5);
        await using TestNode node = await TestNode.StartAsync(options);
        await node.PublishAsync("a");

        // Only what is published now is given up: what comes before and after is tried again where the machine is slower than the one command may be.
        options.AppendTimeout = TimeSpan.Zero;
        server.Pause();
        PublishException unknown = await Assert.ThrowsAsync<PublishException>(() => node.PublishAsync("b"));
        server.GoOn();
        options.AppendTimeout = Hang.Limit;
        await node.PublishAsync("c");

        Assert.Equal(PublishFailure.OutcomeUnknown, unknown.Failure);
        string[] stored = await other.StoredAsync();
        Assert.Equal(["a", "c"], stored.Where(text => text != "b"));
        Assert.InRange(stored.Count(text => text == "b"), 0, 1);
    }

    [Fact]
    public async Task A_replica_that_is_promoted_goes_on_with_the_log_and_loses_nothing_that_it_had()
    {
        await using PostgresServer primary = await PostgresServer.StartAsync("-c wal_level=replica");
        PostgresLogOptions options = SharedServer.OptionsFor(primary);
        await using PostgresServer replica = await primary.StartReplicaAsync();
        options.ConnectionString = options.ConnectionString.Replace($"Host=127.0.0.1;Port={primary.Port}", $"Host=127.0.0.1:{primary.Port},127.0.0.1:{replica.Port}", StringComparison.Ordinal);

        // It takes connections a moment before it receives anything, and whoever made the copy may not have left yet.
        await WaitUntilAsync(primary, "SELECT count(*) = 1 AND bool_and(state = 'streaming') FROM pg_stat_replication");
        await using TestNode node = await TestNode.StartAsync(options);
        Assert.Matches("^PostgreSQL [0-9.]+, synchronous_commit on, 1 replica, which commits do not wait for$", node.Log.Server);
        await using Subscriber subscriber = await node.SubscribeAsync();
        await node.PublishAsync("a");
        await subscriber.ReadAsync(1);
        await WaitUntilAsync(primary, "SELECT bool_and(replay_lsn >= pg_current_wal_lsn()) FROM pg_stat_replication");

        await primary.KillAsync();
        Task<SseId> publishing = node.PublishAsync("b");
        await replica.PromoteAsync();

        await publishing;
        Assert.Equal(["b"], await subscriber.ReadTextsAsync(1));
    }

    private static async Task WaitUntilAsync(PostgresServer server, string question)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString());
        await using NpgsqlCommand command = source.CreateCommand(question);
        while (await command.ExecuteScalarAsync(Cancellation) is not true)
        {
            await Task.Yield();
        }
    }
}
