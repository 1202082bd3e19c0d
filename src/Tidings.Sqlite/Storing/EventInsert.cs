using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tidings;

/// <summary>
/// The statement that stores one event, bound by place: a <see cref="SqliteCommand"/> looks each parameter up by its name each time, which costs more than
/// SQLite needs for the row.
/// </summary>
internal sealed class EventInsert : IDisposable
{
    private const string Sql =
        """
        INSERT INTO event (sequence, tag, published_at, is_private, rule, topics, publisher_id, body, checksum)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private byte[] _text = new byte[256];

    public EventInsert(SqliteConnection connection)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is closed.");
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(_database, Sql, out _statement), _database);
    }

    /// <exception cref="SqliteException">The row was not stored.</exception>
    public void Execute(long sequence, PendingEvent pending, long rule, string topics)
    {
        long publishedAt = pending.PublishedAt.UtcTicks;
        string? publisherId = pending.PublisherId?.Value;
        ReadOnlySpan<byte> body = pending.Body.Span;
        uint checksum = Checksum.Of(sequence, pending.Tag, publishedAt, pending.IsPrivate, rule, topics, publisherId, body);
        raw.sqlite3_bind_int64(_statement, 1, sequence);
        raw.sqlite3_bind_int64(_statement, 2, (long)pending.Tag);
        raw.sqlite3_bind_int64(_statement, 3, publishedAt);
        raw.sqlite3_bind_int64(_statement, 4, pending.IsPrivate ? 1 : 0);
        raw.sqlite3_bind_int64(_statement, 5, rule);
        raw.sqlite3_bind_text(_statement, 6, ToUtf8(topics));
        if (publisherId is null)
        {
            raw.sqlite3_bind_null(_statement, 7);
        }
        else
        {
            raw.sqlite3_bind_text(_statement, 7, ToUtf8(publisherId));
        }

        raw.sqlite3_bind_blob(_statement, 8, body);
        raw.sqlite3_bind_int64(_statement, 9, checksum);
        int result = raw.sqlite3_step(_statement);
        raw.sqlite3_reset(_statement);
        if (result != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
    }

    public void Dispose() => _statement.Dispose();

    // SQLite takes a copy, so one buffer serves all.
    private ReadOnlySpan<byte> ToUtf8(string text)
    {
        int most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_text.Length < most)
        {
            _text = new byte[most];
        }

        return _text.AsSpan(0, Encoding.UTF8.GetBytes(text, _text));
    }
}
