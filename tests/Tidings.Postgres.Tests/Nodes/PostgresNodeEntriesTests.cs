using System.Text;
using Npgsql;
using Tidings.LogContract;
using Tidings.Testing;

namespace Tidings.Postgres.Tests.Nodes;

/// <summary>What nodes tell each other by way of PostgreSQL.</summary>
public sealed class PostgresNodeEntriesTests(SharedServer shared) : NodeEntriesContract, IAsyncDisposable
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(shared.Server.ConnectionString());
    private readonly PostgresLogOptions _options = shared.NewLog();
    private PostgresEventLog? _log;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_that_change_renew_and_take_at_the_same_time_leave_each_entry_to_one_taker()
    {
        INodeEntries store = await CreateAsync();
        Guid[] dying = [.. Enumerable.Range(0, 8).Select(_ => Guid.NewGuid())];
        Guid[] taking = [.. Enumerable.Range(0, 4).Select(_ => Guid.NewGuid())];
        foreach (Guid node in (Guid[])[.. dying, .. taking])
        {
            await store.JoinAsync(node, Cancellation);
        }

        // Each writes until it is told that its lease has run out.
        Task<int>[] writing = [.. dying.Select(node => Task.Run(async () =>
        {
            int written = 0;
            while (await store.ChangeAsync(node, [new NodeEntry(node, written + 1, Encoding.UTF8.GetBytes("x"))], [], Cancellation))
            {
                written++;
                await store.RenewAsync(node, Cancellation);
            }

            return written;
        }))];
        var taken = new List<(Guid, long)>();
        Task[] takers = [.. taking.Select(node => Task.Run(async () =>
        {
            while (!writing.All(one => one.IsCompleted) || await LeftAsync() > 0)
            {
                IReadOnlyList<NodeEntry> found = await store.TakeEndedAsync(node, 7, Cancellation);
                lock (taken)
                {
                    taken.AddRange(found.Select(entry => (entry.Node, entry.Key)));
                }

                await store.RemoveAsync(found, Cancellation);
            }
        }))];
        foreach (Guid node in dying)
        {
            await store.LeaveAsync(node, Cancellation);
        }

        await Task.WhenAll([.. writing, .. takers]);

        int all = 0;
        foreach (Task<int> written in writing)
        {
            all += await written;
        }

        Assert.Equal(all, taken.Count);
        Assert.Equal(all, taken.Distinct().Count());
    }

    [Fact]
    public async Task A_crash_of_the_database_takes_everything_and_each_node_notices()
    {
        await using PostgresServer server = await PostgresServer.StartAsync();
        await using PostgresEventLog log = await PostgresEventLog.OpenAsync(SharedServer.OptionsFor(server), TimeProvider.System, cancellationToken: Cancellation);
        INodeEntries store = log.NodeEntries;
        var node = Guid.NewGuid();
        await store.JoinAsync(node, Cancellation);
        await store.ChangeAsync(node, [new NodeEntry(node, 1, Encoding.UTF8.GetBytes("x"))], [], Cancellation);

        await server.KillAsync();
        await Assert.ThrowsAsync<EventLogException>(async () => await store.RenewAsync(node, Cancellation));
        await Assert.ThrowsAsync<EventLogException>(async () => await store.ListAfterAsync(0, 10, Cancellation));
        await server.StartAgainAsync();

        Assert.False(await AgainAsync(() => store.RenewAsync(node, Cancellation)));
        Assert.False(await AgainAsync(() => store.ChangeAsync(node, [new NodeEntry(node, 2, default)], [], Cancellation)));
        Assert.Empty(await AgainAsync(() => store.ListAfterAsync(0, 10, Cancellation)));
    }

    [Fact]
    public async Task What_nodes_tell_each_other_survives_that_the_database_stops_in_order()
    {
        await using PostgresServer server = await PostgresServer.StartAsync();
        await using PostgresEventLog log = await PostgresEventLog.OpenAsync(SharedServer.OptionsFor(server), TimeProvider.System, cancellationToken: Cancellation);
        INodeEntries store = log.NodeEntries;
        var node = Guid.NewGuid();
        await store.JoinAsync(node, Cancellation);
        await store.ChangeAsync(node, [new NodeEntry(node, 1, Encoding.UTF8.GetBytes("x"))], [], Cancellation);

        await server.StopAsync();
        await server.StartAgainAsync();

        Assert.Single(await AgainAsync(() => store.ListAfterAsync(0, 10, Cancellation)));
    }

    public async ValueTask DisposeAsync()
    {
        if (_log is not null)
        {
            await _log.DisposeAsync();
        }

        await _source.DisposeAsync();
    }

    protected override async ValueTask<INodeEntries> CreateAsync()
    {
        _log = await PostgresEventLog.OpenAsync(_options, TimeProvider.System, cancellationToken: Cancellation);

        // A lease is longer by an hour than the twenty seconds that a machine may stand still for: it runs out when a test says so.
        await ExecuteAsync(
            $$"""
            CREATE FUNCTION {{_options.Schema}}.lengthen() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.lease_until := NEW.lease_until + CASE WHEN NEW.lease_until > clock_timestamp() THEN interval '1 hour' ELSE interval '0' END;
                NEW.taken_until := NEW.taken_until + CASE WHEN NEW.taken_until > clock_timestamp() THEN interval '1 hour' ELSE interval '0' END;
                RETURN NEW;
            END $$;
            CREATE TRIGGER lengthen BEFORE INSERT OR UPDATE ON {{_options.Schema}}.node FOR EACH ROW EXECUTE FUNCTION {{_options.Schema}}.lengthen()
            """);
        return _log.NodeEntries;
    }

    protected override async ValueTask RunOutAsync(Guid node) => await ExecuteAsync($"UPDATE {_options.Schema}.node SET lease_until = clock_timestamp() WHERE node = '{node}'");

    protected override async ValueTask ForgetTakersAsync() => await ExecuteAsync($"UPDATE {_options.Schema}.node SET taken_until = clock_timestamp()");

    // Connections that were cut are found out one by one, and a host that was down is asked again only after a while.
    private static async Task<T> AgainAsync<T>(Func<ValueTask<T>> ask)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (EventLogException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
            }
        }
    }

    private async Task<long> LeftAsync() => await ExecuteAsync($"SELECT count(*) FROM {_options.Schema}.node_entry") as long? ?? 0;

    private async Task<object?> ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = _source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
