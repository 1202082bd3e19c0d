using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Tidings;

/// <summary>
/// The log that several nodes share, in a schema of a PostgreSQL database. Any node appends, and every node follows what all of them have appended, in one order, which is that of the commits. What is
/// acknowledged is as safe as the database's settings make it (<see cref="Server"/>).
/// </summary>
/// <remarks>
/// Safe for use from several threads. While the database does not answer, publishing fails, and followers go on as soon as it answers again. If it comes back without events that this node has shown (a failover
/// to a replica that had not received them, a restore), the log begins a new life, and every subscriber of every node that had shown them is told a gap (<see cref="GapReason.Fork"/>).
/// </remarks>
public sealed class PostgresEventLog : IEventLog
{
    private readonly Database _database;
    private readonly PostgresLogOptions _options;
    private readonly PageReader _pages;
    private readonly Appender _appender;
    private readonly ShownPlace _shown;
    private readonly Maintenance _maintenance;
    private readonly Lock _gate = new();
    private (uint Epoch, IReadOnlyList<EarlierEpoch> Earlier)? _earlier; // Guarded by _gate.
    private long _leftAt = -1; // Where the last follower ended. Changed by Interlocked.
    private long _forksTold; // How many forks it had told. Written before _leftAt, and read after it.
    private int _isDisposed;

    private PostgresEventLog(Database database, PostgresLogOptions options, OpenedLog opened, ServerFacts server, TimeProvider timeProvider, ILogger logger)
    {
        _database = database;
        _options = options;
        IdKey = opened.IdKey;
        Durability = server.Durability;
        Server = server.Description;
        NodeEntries = new PostgresNodeEntries(database);
        _pages = new PageReader(database, logger);
        _shown = new ShownPlace(database, opened.Epoch, logger);
        _appender = new Appender(database, _shown, options, timeProvider, logger);
        _maintenance = new Maintenance(database, options, timeProvider, logger);
        _maintenance.Start();
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> IdKey { get; }

    /// <inheritdoc />
    public Durability Durability { get; }

    /// <summary>What the database said of itself when the log was opened, for people: its version, when it acknowledges, and whether it is replicated.</summary>
    public string Server { get; }

    /// <summary>Where the database is and which of its schemas holds the log, for people; without a password.</summary>
    public string Location => $"{_database.Description}, schema {_database.Schema}";

    /// <summary>What the nodes on this log tell each other, until the log is disposed of.</summary>
    internal INodeEntries NodeEntries { get; }

    /// <summary>Opens the log, and makes it when there is none, if that is allowed.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message says which.</exception>
    /// <exception cref="EventLogException">The database cannot be reached or refuses, or the log in it is of another version; the message says what to do.</exception>
    public static async Task<PostgresEventLog> OpenAsync(
        PostgresLogOptions options, TimeProvider timeProvider, ILogger<PostgresEventLog>? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        if (options.Complaint() is { } complaint)
        {
            throw new ArgumentException(complaint, nameof(options));
        }

        ILogger used = logger ?? NullLogger<PostgresEventLog>.Instance;
        var database = new Database(options);
        try
        {
            using NpgsqlConnection connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
            ServerFacts server = await ServerFacts.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            if (options.MigrateAtStart)
            {
                int version = await Migrations.RunAsync(database, connection, cancellationToken).ConfigureAwait(false);
                if (version != Migrations.Newest)
                {
                    PostgresLog.Migrated(used, options.Schema, version, Migrations.Newest);
                }
            }
            else
            {
                Migrations.ThrowIfNotNewest(database, await Migrations.VersionAsync(database, connection, cancellationToken).ConfigureAwait(false));
            }

            OpenedLog opened = await ReadAsync(database, connection, cancellationToken).ConfigureAwait(false);
            PostgresLog.Opened(used, options.Schema, $"{database.Description} ({server.Description})", opened.Events, server.Durability);
            return new PostgresEventLog(database, options, opened, server, timeProvider, used);
        }
        catch (Exception failure)
        {
            await database.DisposeAsync().ConfigureAwait(false);
            if (Database.IsOfDatabase(failure))
            {
                throw database.Failure(failure);
            }

            throw;
        }
    }

    /// <inheritdoc />
    public ValueTask<LogPosition> GetPositionAsync(CancellationToken cancellationToken) => AskAsync(ReadPositionAsync(cancellationToken), cancellationToken);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<PendingEvent> events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (events.Count == 0)
        {
            return [];
        }

        IReadOnlyList<AppendResult> results = await _appender.AppendAsync(events, cancellationToken).ConfigureAwait(false);
        for (int i = results.Count - 1; i >= 0; i--)
        {
            if (results[i].Outcome == AppendOutcome.Stored && !events[i].IsLiveOnly)
            {
                _shown.NoteAppended(results[i]);
                break;
            }
        }

        return results;
    }

    /// <inheritdoc />
    public ValueTask<LogPage> ReadAsync(long after, PageLimit limit, CancellationToken cancellationToken) => AskAsync(_pages.ReadAsync(after, limit, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public ValueTask<long?> FindAsync(SseId id, CancellationToken cancellationToken) => AskAsync(FindRowAsync(id, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public async IAsyncEnumerable<LogPage> TailAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isGoingOn = Interlocked.Exchange(ref _leftAt, -1) == after;
        var follower = new Follower(_database, _pages, _shown, _options.PollInterval, isGoingOn, isGoingOn ? Volatile.Read(ref _forksTold) : _shown.Forks);
        try
        {
            await foreach (LogPage page in follower.RunAsync(after, cancellationToken).ConfigureAwait(false))
            {
                yield return page;
            }
        }
        finally
        {
            Volatile.Write(ref _forksTold, follower.ForksTold);
            Volatile.Write(ref _leftAt, follower.Through);
        }
    }

    /// <summary>Removes everything that retention no longer keeps and no node can still be about to read. Happens by itself, too; tells how many rows went.</summary>
    /// <exception cref="EventLogException">The database does not answer.</exception>
    public ValueTask<long> PruneAsync(CancellationToken cancellationToken = default) => AskAsync(new ValueTask<long>(_maintenance.TidyAsync(isThorough: true, cancellationToken)), cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _maintenance.DisposeAsync().ConfigureAwait(false);
        await _appender.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _shown.Dispose();
    }

    private static async Task<OpenedLog> ReadAsync(Database database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = database.Statement(connection, "SELECT epoch, id_key, events FROM {schema}.log");
        using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new OpenedLog((uint)reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2))
            : throw database.WithoutBounds();
    }

    private async ValueTask<LogPosition> ReadPositionAsync(CancellationToken cancellationToken)
    {
        LogPosition position;
        using (NpgsqlCommand command = _database.Statement("SELECT epoch, floor, last FROM {schema}.log"))
        using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            position = new LogPosition((uint)reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
        }

        return position with { EarlierEpochs = await EarlierOfAsync(position.Epoch, cancellationToken).ConfigureAwait(false) };
    }

    // They change with the epoch only.
    private async ValueTask<IReadOnlyList<EarlierEpoch>> EarlierOfAsync(uint epoch, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_earlier is { } known && known.Epoch == epoch)
            {
                return known.Earlier;
            }
        }

        var earlier = new List<EarlierEpoch>();
        using NpgsqlCommand command = _database.Statement("SELECT epoch, through FROM {schema}.epoch");
        using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            earlier.Add(new EarlierEpoch((uint)reader.GetInt64(0), reader.GetInt64(1)));
        }

        lock (_gate)
        {
            _earlier = (epoch, earlier);
        }

        return earlier;
    }

    private async ValueTask<long?> FindRowAsync(SseId id, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = _database.Statement(
            "SELECT e.sequence FROM {schema}.event e WHERE e.publisher_id = $1 AND e.sequence >= (SELECT floor FROM {schema}.log) ORDER BY e.sequence LIMIT 1");
        command.Parameters.Add(new() { Value = id.Value });
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as long?;
    }

    private async ValueTask<T> AskAsync<T>(ValueTask<T> asked, CancellationToken cancellationToken)
    {
        try
        {
            return await asked.ConfigureAwait(false);
        }
        catch (Exception failure) when (Database.IsOfDatabase(failure))
        {
            // Whoever went away while a connection was being made comes as a failure to connect.
            cancellationToken.ThrowIfCancellationRequested();
            throw _database.Failure(failure);
        }
    }

    /// <summary>What is read when the log is opened.</summary>
    private sealed record OpenedLog(uint Epoch, byte[] IdKey, long Events);
}
