using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>The table <c>idempotency</c>, inside the writer's transactions. Bounded by age and by count; ages are told by the events.</summary>
internal sealed class KeyTable
{
    private readonly SqliteLogOptions _options;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _add;
    private readonly SqliteCommand _oldest;
    private readonly SqliteCommand _drop;
    private readonly SqliteCommand _dropOldest;
    private long _count;
    private long _countBefore;
    private long _oldestAt; // In ticks, as it was when somebody looked: the real one is as old or newer. Before that it is the year 1.

    public KeyTable(SqliteConnection connection, SqliteLogOptions options)
    {
        _options = options;
        _find = connection.Prepare("SELECT content, sequence, tag, published_at FROM idempotency WHERE key = $key", "$key");
        _add = connection.Prepare(
            "INSERT INTO idempotency (key, content, sequence, tag, published_at) VALUES ($key, $content, $sequence, $tag, $published_at)",
            "$key", "$content", "$sequence", "$tag", "$published_at");
        _oldest = connection.Prepare("SELECT published_at FROM idempotency ORDER BY sequence LIMIT 1");
        _drop = connection.Prepare("DELETE FROM idempotency WHERE key = $key", "$key");
        _dropOldest = connection.Prepare(
            "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency ORDER BY sequence LIMIT $count)", "$count");
        _count = connection.ReadNumber("SELECT count(*) FROM idempotency");
    }

    /// <summary>Notes where a transaction begins.</summary>
    public void Begin() => _countBefore = _count;

    /// <summary>Goes back to where the transaction began.</summary>
    public void Rollback() => _count = _countBefore;

    /// <summary>
    /// Finds what was stored under the key of <paramref name="mark"/> within the window before <paramref name="now"/>. A key past its window is removed.
    /// </summary>
    public (UInt128 Content, long Sequence, ulong Tag)? Find(IdempotencyMark mark, DateTimeOffset now)
    {
        if (_count == 0)
        {
            return null;
        }

        byte[] key = ToBytes(mark.Key);
        _find.Parameters[0].Value = key;
        using (SqliteDataReader reader = _find.ExecuteReader())
        {
            if (!reader.Read())
            {
                return null;
            }

            if (now.UtcTicks - reader.GetInt64(3) <= _options.IdempotencyWindow.Ticks)
            {
                return (BinaryPrimitives.ReadUInt128LittleEndian(reader.GetFieldValue<byte[]>(0)), reader.GetInt64(1), (ulong)reader.GetInt64(2));
            }
        }

        _drop.Parameters[0].Value = key;
        _count -= _drop.ExecuteNonQuery();
        return null;
    }

    /// <summary>Adds a key that <see cref="Find"/> has not found.</summary>
    public void Add(IdempotencyMark mark, long sequence, ulong tag, DateTimeOffset at)
    {
        _add.Parameters[0].Value = ToBytes(mark.Key);
        _add.Parameters[1].Value = ToBytes(mark.Content);
        _add.Parameters[2].Value = sequence;
        _add.Parameters[3].Value = (long)tag;
        _add.Parameters[4].Value = at.UtcTicks;
        _add.ExecuteNonQuery();
        _count++;
        if (_count > _options.MaxIdempotencyKeys)
        {
            DropOldest(_count - _options.MaxIdempotencyKeys);
        }
    }

    /// <summary>Says whether keys may have passed their window.</summary>
    public bool IsDue(DateTimeOffset now) => _count > 0 && now.UtcTicks - _oldestAt > _options.IdempotencyWindow.Ticks && IsOldestPassed(now);

    /// <summary>Removes some of the keys that have passed their window; false if there were none. Inside a transaction.</summary>
    public bool Prune(DateTimeOffset now, int max)
    {
        long before = _count;
        for (int i = 0; i < max && _count > 0 && IsOldestPassed(now); i++)
        {
            DropOldest(1);
        }

        return _count < before;
    }

    private bool IsOldestPassed(DateTimeOffset now)
    {
        _oldestAt = _oldest.ExecuteScalar() is long at ? at : long.MaxValue;
        return _oldestAt != long.MaxValue && now.UtcTicks - _oldestAt > _options.IdempotencyWindow.Ticks;
    }

    private void DropOldest(long count)
    {
        _dropOldest.Parameters[0].Value = count;
        _count -= _dropOldest.ExecuteNonQuery();
    }

    private static byte[] ToBytes(UInt128 digest)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, digest);
        return bytes;
    }
}
