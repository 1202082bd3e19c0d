using Npgsql;

namespace Tidings;

/// <summary>The database as the log uses it: where it is, the statements' schema, and the state that each connection begins with.</summary>
internal sealed class Database : IAsyncDisposable
{
    // Every page is read by its index, also while PostgreSQL believes that a table which has just grown is small; that makes plans look costly, but none is worth compiling. A higher isolation level would not see what others append.
    private const string Setup =
        "SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off; SET default_transaction_isolation = 'read committed'; SET timezone = 'UTC'";

    private readonly NpgsqlDataSource _source;

    public Database(PostgresLogOptions options)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            CommandTimeout = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds),
            Timeout = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds),
            CancellationTimeout = 500, // ms; a database that does not even take the cancelling is given up
            HostRecheckSeconds = 0, // a host that was away a moment ago may be back
            MaxPoolSize = options.MaxConnections,
            NoResetOnClose = true, // it would undo the setup
            MaxAutoPrepare = 32,
            AutoPrepareMinUsages = 2,
            IncludeErrorDetail = false, // details hold values of rows
        };
        settings.ApplicationName ??= "tidings";
        Schema = options.Schema;
        Description = string.IsNullOrEmpty(settings.Database) ? $"{settings.Host}" : $"{settings.Host}/{settings.Database}";
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.UsePhysicalConnectionInitializer(
            static connection =>
            {
                using NpgsqlCommand command = connection.CreateCommand();
                command.CommandText = Setup;
                command.ExecuteNonQuery();
            },
            static async connection =>
            {
                using NpgsqlCommand command = connection.CreateCommand();
                command.CommandText = Setup;
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            });
        _source = builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary);
    }

    /// <summary>The schema's name; needs no quotes.</summary>
    public string Schema { get; }

    /// <summary>The channel of the notifications.</summary>
    public string Channel => $"{Schema}_log";

    /// <summary>Where the database is, for people; without a password.</summary>
    public string Description { get; }

    /// <exception cref="EventLogException">The database cannot be reached.</exception>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (IsOfDatabase(failure))
        {
            // Several hosts are tried, and the end of the attempt comes as a failure of them all.
            cancellationToken.ThrowIfCancellationRequested();
            throw Failure(failure);
        }
    }

    /// <summary>A statement of a connection of its own, in which <c>{schema}</c> stands for the schema.</summary>
    public NpgsqlCommand Statement(string sql) => _source.CreateCommand(Complete(sql));

    /// <summary>A statement of a connection, in which <c>{schema}</c> stands for the schema.</summary>
    public NpgsqlCommand Statement(NpgsqlConnection connection, string sql) => new(Complete(sql), connection);

    /// <summary>What is thrown when the database fails.</summary>
    public static bool IsOfDatabase(Exception failure) => failure is NpgsqlException or TimeoutException or IOException or System.Net.Sockets.SocketException;

    /// <summary>Says what the database complains of.</summary>
    public EventLogException Failure(Exception failure) => new(
        failure is PostgresException refused
            ? $"PostgreSQL ({Description}) refuses: {refused.MessageText} ({refused.SqlState})."
            : $"PostgreSQL ({Description}) does not answer: {(failure.InnerException ?? failure).Message}",
        failure);

    /// <summary>Says that the table which holds where the log begins and ends is empty.</summary>
    public EventLogException WithoutBounds() => new($"The log in the schema \"{Schema}\" of {Description} is damaged: it does not say where it begins and ends. Restore it from a backup.");

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private string Complete(string sql) => sql.Replace("{schema}", Schema, StringComparison.Ordinal);
}
