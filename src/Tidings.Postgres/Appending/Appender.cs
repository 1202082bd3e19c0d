using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Tidings;

/// <summary>
/// Appends batches over a connection of its own, each by one call of a function, which is one transaction. A batch whose connection broke is handed in again under its number: the database knows what became of
/// the last batch of each writer, so it is never stored twice.
/// </summary>
/// <remarks>Used by one caller at a time.</remarks>
internal sealed class Appender(Database database, ShownPlace shown, PostgresLogOptions options, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Guid _writer = Guid.NewGuid();
    private readonly Outage _outage = new("The database takes no events", timeProvider, logger);
    private NpgsqlConnection? _connection;
    private long _batch;

    /// <exception cref="EventLogException">The database did not answer in time, or refuses.</exception>
    /// <exception cref="EventLogFullException">It has no space.</exception>
    public async ValueTask<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<PendingEvent> events, CancellationToken cancellationToken)
    {
        _batch++;
        long begun = timeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                IReadOnlyList<AppendResult> results = await TryAppendAsync(events, cancellationToken).ConfigureAwait(false);
                _outage.Ended();
                return results;
            }
            catch (PostgresException full) when (full.SqlState == PostgresErrorCodes.DiskFull)
            {
                throw new EventLogFullException($"PostgreSQL ({database.Description}) has no space left for the log. Nothing was stored. Make room there, or keep less.", full);
            }
            catch (Exception failure) when (Database.IsOfDatabase(failure) || failure is EventLogException { IsFinal: false })
            {
                await DropConnectionAsync().ConfigureAwait(false);
                EventLogException told = failure as EventLogException ?? database.Failure(failure);
                if (!MayPass(failure) || timeProvider.GetElapsedTime(begun) >= options.AppendTimeout)
                {
                    throw told;
                }

                _outage.Failed(told);
            }

            await Task.Delay(Pause, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => DropConnectionAsync();

    // A restart, a failover, or a moment without room for connections; what PostgreSQL refuses for another reason it will refuse again.
    private static bool MayPass(Exception failure) =>
        failure is not PostgresException refused
        || refused.IsTransient
        || refused.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction
        || refused.SqlState.StartsWith("57", StringComparison.Ordinal);

    private static NpgsqlParameter<T[]> Array<T>(IReadOnlyList<PendingEvent> events, NpgsqlDbType type, Func<PendingEvent, T> select)
    {
        var values = new T[events.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = select(events[i]);
        }

        return new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }

    private static NpgsqlParameter Bound(long? value) => new() { Value = value is { } bound ? bound : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };

    private static Guid? ToGuid(UInt128? digest) => digest is { } bits ? new Guid(BitConverter.GetBytes(bits)) : null;

    private async ValueTask<IReadOnlyList<AppendResult>> TryAppendAsync(IReadOnlyList<PendingEvent> events, CancellationToken cancellationToken)
    {
        if (_connection is null)
        {
            _connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);

            // It may lead to another server than the last one. What is appended there would hide that this node has shown what is not there.
            await shown.CheckAsync(_connection, cancellationToken).ConfigureAwait(false);
        }

        using NpgsqlCommand command = database.Statement(
            _connection, "SELECT epoch, outcomes, sequences, result_tags FROM {schema}.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = _writer });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _batch });
        command.Parameters.Add(Array(events, NpgsqlDbType.Bytea, static pending => pending.Body));
        command.Parameters.Add(Array(events, NpgsqlDbType.Text, static pending => TopicLines.Join(pending.Topics)));
        command.Parameters.Add(Array(events, NpgsqlDbType.Bigint, static pending => (long)pending.Tag));
        command.Parameters.Add(Array(events, NpgsqlDbType.Bigint, static pending => pending.PublishedAt.UtcTicks));
        command.Parameters.Add(Array(events, NpgsqlDbType.Boolean, static pending => pending.IsPrivate));
        command.Parameters.Add(Array(events, NpgsqlDbType.Boolean, static pending => pending.IsLiveOnly));
        command.Parameters.Add(Array(events, NpgsqlDbType.Text, static pending => pending.PublisherId?.Value));
        command.Parameters.Add(Array(events, NpgsqlDbType.Uuid, static pending => ToGuid(pending.Idempotency?.Key)));
        command.Parameters.Add(Array(events, NpgsqlDbType.Uuid, static pending => ToGuid(pending.Idempotency?.Content)));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = options.IdempotencyWindow.Ticks });
        command.Parameters.Add(Bound(options.Retention.MaxEvents));
        command.Parameters.Add(Bound(options.Retention.MaxBytes));
        using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        uint epoch = (uint)reader.GetInt64(0);
        short[] outcomes = reader.GetFieldValue<short[]>(1);
        long[] sequences = reader.GetFieldValue<long[]>(2);
        long[] tags = reader.GetFieldValue<long[]>(3);
        var results = new AppendResult[events.Count];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = new AppendResult((AppendOutcome)outcomes[i], epoch, sequences[i], (ulong)tags[i]);
        }

        return results;
    }

    private async ValueTask DropConnectionAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
