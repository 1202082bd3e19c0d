using Npgsql;
using Tidings.Testing;

[assembly: AssemblyFixture(typeof(Tidings.Postgres.Tests.SharedServer))]

namespace Tidings.Postgres.Tests;

/// <summary>One PostgreSQL for all tests that do not hurt it; each has a schema of its own there.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private static int _lastSchema;

    private PostgresServer? _server;

    public PostgresServer Server => _server ?? throw new InvalidOperationException("The server has not started.");

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>Settings of a log of the test's own.</summary>
    public PostgresLogOptions NewLog(long? maxEvents = null, long? maxBytes = null) => OptionsFor(Server, maxEvents, maxBytes);

    /// <summary>Settings of a log of the test's own on another server. The database may take as long as it likes: how slow the machine is decides about no test.</summary>
    public static PostgresLogOptions OptionsFor(PostgresServer server, long? maxEvents = null, long? maxBytes = null) => new()
    {
        ConnectionString = server.ConnectionString(),
        Schema = $"test_{Interlocked.Increment(ref _lastSchema)}",
        CommandTimeout = Hang.Limit,
        AppendTimeout = Hang.Limit,
        Retention = new() { MaxEvents = maxEvents, MaxBytes = maxBytes },
    };

    /// <summary>Puts off for an hour what goes by itself half a minute after it was stored, by the database's clock: a test may take longer.</summary>
    public static async Task PutOffAsync(PostgresLogOptions options)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(options.ConnectionString);
        foreach (string table in (string[])["event", "live_event"])
        {
            await using NpgsqlCommand command = source.CreateCommand($"ALTER TABLE {options.Schema}.{table} ALTER stored_at SET DEFAULT clock_timestamp() + interval '1 hour'");
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }
}
