using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Tidings;

/// <summary>
/// The newest stored event that this node has handed out or acknowledged. After a failover to a replica that had not received it, or a restore, the log holds another event there, or none: then it has forked.
/// </summary>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed class ShownPlace(Database database, uint epoch, ILogger logger) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _checking = new(1); // One at a time: a fork that two notice is one.

    // All below are guarded by _gate.
    private uint _epoch = epoch;
    private long _sequence;
    private ulong _tag;
    private long _forks;

    /// <summary>How many forks were noticed.</summary>
    public long Forks
    {
        get
        {
            lock (_gate)
            {
                return _forks;
            }
        }
    }

    /// <summary>Whether a page of <paramref name="epoch"/> is of the life of the log that was checked last.</summary>
    public bool IsOf(uint epoch)
    {
        lock (_gate)
        {
            return _epoch == epoch;
        }
    }

    /// <summary>Notes a stored event that was handed out or acknowledged.</summary>
    public void Note(long sequence, ulong tag)
    {
        lock (_gate)
        {
            if (sequence > _sequence)
            {
                (_sequence, _tag) = (sequence, tag);
            }
        }
    }

    /// <summary>Notes a stored event that was acknowledged; one of another life of the log than that which was checked last is noted when it is handed out.</summary>
    public void NoteAppended(AppendResult stored)
    {
        if (IsOf(stored.Epoch))
        {
            Note(stored.Sequence, stored.Tag);
        }
    }

    /// <summary>Looks whether the log still holds what was shown. If it does not, the log begins a new life, unless another node has seen to that.</summary>
    public async ValueTask CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await _checking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await CheckAloneAsync(connection, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _checking.Release();
        }
    }

    public void Dispose() => _checking.Dispose();

    private async ValueTask CheckAloneAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        uint known;
        long sequence;
        ulong tag;
        lock (_gate)
        {
            (known, sequence, tag) = (_epoch, _sequence, _tag);
        }

        (uint now, long last, bool isIntact) = await CompareAsync(connection, known, sequence, tag, cancellationToken).ConfigureAwait(false);
        if (isIntact)
        {
            if (now != known)
            {
                // Another node has seen it. Events that this one had not come to may be lost, too.
                PostgresLog.ForkedElsewhere(logger);
            }

            lock (_gate)
            {
                _forks += now == known ? 0 : 1;
                _epoch = now;
            }

            return;
        }

        PostgresLog.Forked(logger, sequence, last);
        using NpgsqlCommand fork = database.Statement(connection, "SELECT epoch FROM {schema}.fork($1, $2, $3)");
        fork.Parameters.Add(new() { Value = (long)known, NpgsqlDbType = NpgsqlDbType.Bigint });
        fork.Parameters.Add(new() { Value = (long)Epochs.New(), NpgsqlDbType = NpgsqlDbType.Bigint });
        fork.Parameters.Add(new() { Value = sequence, NpgsqlDbType = NpgsqlDbType.Bigint });
        long begun = (long)(await fork.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!; // the function always returns a row
        lock (_gate)
        {
            _epoch = (uint)begun;
            _forks++;

            // What was noted meanwhile is of the new life.
            if (_sequence == sequence)
            {
                (_sequence, _tag) = (0, 0);
            }
        }
    }

    private async ValueTask<(uint Epoch, long Last, bool IsIntact)> CompareAsync(NpgsqlConnection connection, uint known, long sequence, ulong tag, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = database.Statement(
            connection,
            """
            SELECT l.epoch, l.last, l.floor, e.tag, (SELECT through FROM {schema}.epoch WHERE epoch = $2)
            FROM {schema}.log l LEFT JOIN {schema}.event e ON e.sequence = $1
            """);
        command.Parameters.Add(new() { Value = sequence, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = (long)known, NpgsqlDbType = NpgsqlDbType.Bigint });
        using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        uint current = (uint)reader.GetInt64(0);
        long last = reader.GetInt64(1);
        bool isOther = reader.IsDBNull(3) ? sequence >= reader.GetInt64(2) : (ulong)reader.GetInt64(3) != tag;
        bool isLost = current != known && (reader.IsDBNull(4) || reader.GetInt64(4) < sequence);
        return (current, last, sequence == 0 || (last >= sequence && !isOther && !isLost));
    }
}
