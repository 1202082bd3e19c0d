using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Tidings;

/// <summary>
/// Removes what is no longer kept, in small steps, each a transaction of its own. Every node does it; nodes that meet share the work. What retention has taken stays for a moment, for nodes whose tail has not
/// read it yet.
/// </summary>
internal sealed class Maintenance(Database database, PostgresLogOptions options, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    /// <summary>So long rows stay below the floor, and events that are not kept stay at all: a node that was paused for less misses nothing.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    // So many events that are not kept stay at most.
    private const long MaxLiveEvents = 100_000;

    private const int StepRows = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeysInterval = TimeSpan.FromMinutes(1);

    private static readonly string[] Steps =
    [
        // Only asks for the lock of the log when there is something to do.
        """
        SELECT {schema}.retain($1, $2, $3, $4) FROM {schema}.log l
        WHERE l.events > coalesce($2, l.events) OR l.bytes > coalesce($3, l.bytes)
            OR (SELECT e.stored_at FROM {schema}.event e WHERE e.sequence >= l.floor ORDER BY e.sequence LIMIT 1) < clock_timestamp() - $1
        """,
        """
        WITH gone AS (
            DELETE FROM {schema}.event WHERE sequence = ANY (ARRAY(
                SELECT e.sequence FROM {schema}.event e
                WHERE e.sequence < (SELECT floor FROM {schema}.log) AND e.stored_at < clock_timestamp() - $5
                ORDER BY e.sequence LIMIT $4 FOR UPDATE SKIP LOCKED))
            RETURNING 1)
        SELECT count(*)::int FROM gone
        """,
        """
        WITH gone AS (
            DELETE FROM {schema}.live_event WHERE sequence = ANY (ARRAY(
                SELECT e.sequence FROM {schema}.live_event e
                WHERE e.stored_at < clock_timestamp() - $5 OR e.sequence <= (SELECT last FROM {schema}.log) - $6
                ORDER BY e.sequence LIMIT $4 FOR UPDATE SKIP LOCKED))
            RETURNING 1)
        SELECT count(*)::int FROM gone
        """,
        """
        WITH gone AS (
            DELETE FROM {schema}.idempotency WHERE key = ANY (ARRAY(
                SELECT k.key FROM {schema}.idempotency k
                WHERE k.published_at < (extract(epoch FROM clock_timestamp()) * 10000000)::bigint + 621355968000000000 - $7
                ORDER BY k.published_at LIMIT $4 FOR UPDATE SKIP LOCKED))
            RETURNING 1)
        SELECT count(*)::int FROM gone
        """,
    ];

    // Counting a million keys takes a while: once in a while.
    private static readonly string[] RareSteps =
    [
        """
        WITH gone AS (
            DELETE FROM {schema}.idempotency WHERE key = ANY (ARRAY(
                SELECT k.key FROM {schema}.idempotency k
                WHERE k.sequence <= (SELECT o.sequence FROM {schema}.idempotency o ORDER BY o.sequence DESC OFFSET $8 LIMIT 1)
                ORDER BY k.sequence LIMIT $4 FOR UPDATE SKIP LOCKED))
            RETURNING 1)
        SELECT count(*)::int FROM gone
        """,

        // Who has not written for so long does not ask what became of a batch.
        "WITH gone AS (DELETE FROM {schema}.writer WHERE at < clock_timestamp() - interval '1 day' RETURNING 1) SELECT count(*)::int FROM gone",
    ];

    private readonly CancellationTokenSource _stopping = new();
    private readonly Outage _outage = new("The log cannot be tidied up", timeProvider, logger); // Only the loop touches it.
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Removes everything that may go, and tells how many rows went.</summary>
    public async Task<long> TidyAsync(bool isThorough, CancellationToken cancellationToken)
    {
        long gone = 0;
        foreach (string step in isThorough ? [.. Steps, .. RareSteps] : Steps)
        {
            int taken;
            do
            {
                taken = await StepAsync(step, cancellationToken).ConfigureAwait(false);
                gone += taken;
            }
            while (taken == StepRows);
        }

        return gone;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        long thoroughAt = timeProvider.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                bool isThorough = timeProvider.GetElapsedTime(thoroughAt) >= KeysInterval;
                try
                {
                    await TidyAsync(isThorough, _stopping.Token).ConfigureAwait(false);
                    _outage.Ended();
                    thoroughAt = isThorough ? timeProvider.GetTimestamp() : thoroughAt;
                }
                catch (Exception failure) when (Database.IsOfDatabase(failure))
                {
                    _outage.Failed(database.Failure(failure));
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The log is closed.
        }
    }

    private async Task<int> StepAsync(string step, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = database.Statement(step);
        command.Parameters.Add(new() { Value = options.Retention.MaxAge is { } age ? age : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new() { Value = options.Retention.MaxEvents is { } events ? events : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = options.Retention.MaxBytes is { } bytes ? bytes : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = StepRows, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = Grace, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new() { Value = MaxLiveEvents, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = options.IdempotencyWindow.Ticks, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = options.MaxIdempotencyKeys, NpgsqlDbType = NpgsqlDbType.Bigint });
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as int? ?? 0;
    }
}
