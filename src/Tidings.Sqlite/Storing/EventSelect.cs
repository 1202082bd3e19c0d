using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tidings;

/// <summary>
/// A statement that reads events, its columns taken by place: a <see cref="SqliteDataReader"/> asks SQLite several times for each column, which costs more than
/// the row. The rows are read between <c>Begin</c> and <see cref="End"/>.
/// </summary>
/// <remarks>Used by one thread at a time.</remarks>
internal sealed class EventSelect : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly TopicsOfRows _topics = new();

    /// <param name="connection">The connection to read with.</param>
    /// <param name="condition">What follows <c>WHERE</c>; its parameters are set by <c>Begin</c>, in their order.</param>
    public EventSelect(SqliteConnection connection, string condition)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is closed.");
        string sql = $"SELECT sequence, tag, published_at, is_private, topics, publisher_id, body, checksum, rule FROM event WHERE {condition}";
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(_database, sql, out _statement), _database);
    }

    /// <summary>The sequence of the row that the statement stands on; the key of the table, so it has no other type.</summary>
    public long Sequence => raw.sqlite3_column_int64(_statement, 0);

    public void Begin(params ReadOnlySpan<long> values)
    {
        raw.sqlite3_reset(_statement);
        for (int i = 0; i < values.Length; i++)
        {
            raw.sqlite3_bind_int64(_statement, i + 1, values[i]);
        }
    }

    public void Begin(string value)
    {
        raw.sqlite3_reset(_statement);
        raw.sqlite3_bind_text(_statement, 1, value);
    }

    /// <summary>Goes to the next row; false after the last one.</summary>
    /// <exception cref="SqliteException">The row cannot be read.</exception>
    public bool Read()
    {
        int result = raw.sqlite3_step(_statement);
        if (result is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }

        return result == raw.SQLITE_ROW;
    }

    /// <summary>Lets go of the rows that were not read.</summary>
    public void End() => raw.sqlite3_reset(_statement);

    /// <summary>Makes the event of the row that the statement stands on; false if it is not what was written.</summary>
    public bool TryRead(uint epoch, [NotNullWhen(true)] out LoggedEvent? logged)
    {
        logged = null;
        if (!IsOfTypes())
        {
            return false;
        }

        try
        {
            long sequence = Sequence;
            ulong tag = (ulong)raw.sqlite3_column_int64(_statement, 1);
            long publishedAt = raw.sqlite3_column_int64(_statement, 2);
            bool isPrivate = raw.sqlite3_column_int64(_statement, 3) != 0;
            (string text, Topic[] topics) = _topics.Of(raw.sqlite3_column_blob(_statement, 4)); // a text's bytes are UTF-8, like the whole database
            string? publisherId = raw.sqlite3_column_type(_statement, 5) == raw.SQLITE_NULL ? null : raw.sqlite3_column_text(_statement, 5).utf8_to_string();
            ReadOnlySpan<byte> body = raw.sqlite3_column_blob(_statement, 6);
            long rule = raw.sqlite3_column_int64(_statement, 8);
            if (Checksum.Of(sequence, tag, publishedAt, isPrivate, rule, text, publisherId, body) != raw.sqlite3_column_int64(_statement, 7))
            {
                return false;
            }

            logged = new LoggedEvent(sequence, epoch, new PendingEvent(
                topics,
                body.ToArray(),
                tag,
                new DateTimeOffset(publishedAt, TimeSpan.Zero),
                isPrivate,
                publisherId is null ? null : SseId.Of(publisherId)));
            return true;
        }
        catch (Exception damage) when (damage is FormatException or ArgumentException)
        {
            // Something that is no topic, no id or no time.
            return false;
        }
    }

    public void Dispose() => _statement.Dispose();

    // SQLite would make a number of any text.
    private bool IsOfTypes() =>
        IsNumber(1) && IsNumber(2) && IsNumber(3) && IsNumber(7) && IsNumber(8)
        && raw.sqlite3_column_type(_statement, 4) == raw.SQLITE_TEXT
        && raw.sqlite3_column_type(_statement, 5) is raw.SQLITE_TEXT or raw.SQLITE_NULL
        && raw.sqlite3_column_type(_statement, 6) == raw.SQLITE_BLOB;

    private bool IsNumber(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_INTEGER;
}
