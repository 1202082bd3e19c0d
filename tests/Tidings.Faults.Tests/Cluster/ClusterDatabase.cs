using Npgsql;
using Tidings.Faults.Tests.Host;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>The PostgreSQL that the tests of several nodes share, one after the other; each has a schema of its own there.</summary>
public sealed class ClusterDatabase : IAsyncLifetime
{
    private static int _lastSchema;

    private PostgresServer? _server;

    /// <summary>The server; runs whenever a test begins.</summary>
    public PostgresServer Server => _server ?? throw new InvalidOperationException("The server has not started.");

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>A node with a log of the test's own in <paramref name="server"/>.</summary>
    public static HostOptions NewLog(PostgresServer server, string? connectionString = null) => new()
    {
        Database = connectionString ?? server.ConnectionString(),
        Settings = new Dictionary<string, string> { [SchemaSetting] = $"faults_{Interlocked.Increment(ref _lastSchema)}", [PatienceSetting] = TortureOptions.IsLong ? "00:00:05" : "00:01:00" },
    };

    /// <summary>A node with a log of the test's own.</summary>
    public HostOptions NewLog() => NewLog(Server);

    /// <summary>Asks a server about the log that <paramref name="host"/> names, or changes it. <c>{schema}</c> stands for the schema.</summary>
    public static async Task<object?> AskAsync(PostgresServer server, HostOptions host, string sql)
    {
        using var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=false;Timeout=120;Command Timeout=120");
        await connection.OpenAsync();
        using var command = new NpgsqlCommand(sql.Replace("{schema}", host.Settings[SchemaSetting], StringComparison.Ordinal), connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>The keys of all events in the log, in order.</summary>
    public static async Task<IReadOnlyList<string>> KeysAsync(PostgresServer server, HostOptions host)
    {
        object? keys = await AskAsync(server, host, "SELECT array_agg(substring(convert_from(body, 'UTF8') FROM 'data: ([^ \n]+)') ORDER BY sequence) FROM {schema}.event");
        return keys as string[] ?? [];
    }

    private const string SchemaSetting = "Tidings:PostgresLog:Schema";

    // A node does not start with a database that does not answer in time. Here that is as long as the machine takes; the default is for the long form, in which it stands still for longer than that.
    private const string PatienceSetting = "Tidings:PostgresLog:CommandTimeout";
}

/// <summary>The tests that share the database.</summary>
[CollectionDefinition(Name)]
public sealed class ClusterCollection : ICollectionFixture<ClusterDatabase>
{
    public const string Name = "Several nodes";
}
