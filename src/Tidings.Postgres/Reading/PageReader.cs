using System.Data;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Tidings;

/// <summary>
/// Reads pages. Each is one statement, and so one snapshot of the rows and of where the log begins and ends; no transaction stays open between two. That nothing is missing is proved by
/// the rows: each names the one that was stored before it.
/// </summary>
internal sealed class PageReader(Database database, ILogger logger)
{
    private const string Columns = "sequence, previous, epoch, tag, published_at, is_private, topics, publisher_id, body";

    // The running sum ends the page at its bound before the bodies are sent. $1 after, $2 events, $3 bytes.
    private const string Kept =
        $$"""
        SELECT l.epoch, l.floor, l.last, l.last_stored, e.sequence, e.previous, e.epoch, e.tag, e.published_at, e.is_private, e.topics, e.publisher_id, e.body, e.found
        FROM {schema}.log l LEFT JOIN LATERAL (
            SELECT * FROM (
                SELECT p.*, sum(octet_length(p.body)) OVER (ORDER BY p.sequence) AS running, count(*) OVER () AS found
                FROM (SELECT {{Columns}} FROM {schema}.event WHERE sequence > $1 AND sequence >= l.floor ORDER BY sequence LIMIT $2) p) r
            WHERE r.running <= $3 OR r.running = octet_length(r.body)) e ON true
        ORDER BY e.sequence
        """;

    // Also what is not kept, or, unless $4 says otherwise, not any more, as long as it is there.
    private const string Everything =
        $$"""
        SELECT l.epoch, l.floor, l.last, l.last_stored, e.sequence, e.previous, e.epoch, e.tag, e.published_at, e.is_private, e.topics, e.publisher_id, e.body, e.found
        FROM {schema}.log l LEFT JOIN LATERAL (
            SELECT * FROM (
                SELECT p.*, sum(octet_length(p.body)) OVER (ORDER BY p.sequence) AS running, count(*) OVER () AS found
                FROM (
                    SELECT * FROM (
                        SELECT {{Columns}} FROM {schema}.event WHERE sequence > $1 AND sequence >= CASE WHEN $4 THEN l.floor ELSE 0 END
                        UNION ALL
                        SELECT sequence, NULL, epoch, tag, published_at, is_private, topics, publisher_id, body FROM {schema}.live_event WHERE sequence > $1) u
                    ORDER BY u.sequence LIMIT $2) p) r
            WHERE r.running <= $3 OR r.running = octet_length(r.body)) e ON true
        ORDER BY e.sequence
        """;

    /// <summary>Reads what is kept after <paramref name="after"/>.</summary>
    public async ValueTask<LogPage> ReadAsync(long after, PageLimit limit, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = database.Statement(Kept);
        Add(command, after, limit);
        return (await ReadAsync(command, after, limit, isTail: false, cancellationToken).ConfigureAwait(false)).Page;
    }

    /// <summary>Reads everything that is there after <paramref name="after"/>, also what is not kept; and tells where the log begins and ends.</summary>
    /// <param name="connection">The connection to read with.</param>
    /// <param name="after">The place after which to read.</param>
    /// <param name="limit">How much to read.</param>
    /// <param name="honoursFloor">Whether what retention has taken is left out though it is still there.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async ValueTask<(LogPage Page, Bounds Bounds)> ReadTailAsync(NpgsqlConnection connection, long after, PageLimit limit, bool honoursFloor, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = database.Statement(connection, Everything);
        Add(command, after, limit);
        command.Parameters.Add(new() { Value = honoursFloor, NpgsqlDbType = NpgsqlDbType.Boolean });
        return await ReadAsync(command, after, limit, isTail: !honoursFloor, cancellationToken).ConfigureAwait(false);
    }

    private static void Add(NpgsqlCommand command, long after, PageLimit limit)
    {
        command.Parameters.Add(new() { Value = after, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = (long)limit.Events, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = (long)limit.Bytes, NpgsqlDbType = NpgsqlDbType.Bigint });
    }

    private async ValueTask<(LogPage Page, Bounds Bounds)> ReadAsync(NpgsqlCommand command, long after, PageLimit limit, bool isTail, CancellationToken cancellationToken)
    {
        using NpgsqlDataReader reader = await command.ExecuteReaderAsync(CommandBehavior.SingleResult, cancellationToken).ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            throw database.WithoutBounds();
        }

        var bounds = new Bounds(Epoch: (uint)reader.GetInt64(0), Floor: reader.GetInt64(1), Last: reader.GetInt64(2), LastStored: reader.GetInt64(3));
        var builder = new PageBuilder(after, bounds, isTail);
        var topics = new RowTopics();
        long found = 0;
        long taken = 0;
        if (!reader.IsDBNull(4))
        {
            found = reader.GetInt64(13);
            do
            {
                taken++;
                long sequence = reader.GetInt64(4);
                LoggedEvent? logged = Read(reader, sequence, topics);
                if (logged is null)
                {
                    PostgresLog.Damaged(logger, sequence);
                }

                if (!builder.Add(sequence, reader.IsDBNull(5) ? null : reader.GetInt64(5), logged))
                {
                    break;
                }
            }
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false));
        }

        LogPage page = builder.Build(isEnd: taken == found && found < limit.Events);
        if (builder.Hole is { } hole)
        {
            PostgresLog.Missing(logger, hole.After, hole.Next);
        }

        return (page, bounds);
    }

    /// <returns>Null if the row is not what was written.</returns>
    private static LoggedEvent? Read(NpgsqlDataReader reader, long sequence, RowTopics topics)
    {
        try
        {
            return new LoggedEvent(sequence, (uint)reader.GetInt64(6), new PendingEvent(
                topics.Of(reader.GetString(10)),
                reader.GetFieldValue<byte[]>(12),
                (ulong)reader.GetInt64(7),
                new DateTimeOffset(reader.GetInt64(8), TimeSpan.Zero),
                reader.GetBoolean(9),
                reader.IsDBNull(11) ? null : SseId.Of(reader.GetString(11)))
            {
                IsLiveOnly = reader.IsDBNull(5),
            });
        }
        catch (Exception damage) when (damage is FormatException or ArgumentException)
        {
            // Something that is no topic, no id or no time.
            return null;
        }
    }
}

/// <summary>Where the log begins and ends, in the snapshot of a page.</summary>
internal readonly record struct Bounds(uint Epoch, long Floor, long Last, long LastStored);
