using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>
/// Reads events in pages, each of which is one short transaction: a hub that has the log open can checkpoint in between. What is damaged is passed over and told.
/// </summary>
internal sealed class StoredEventReader : IDisposable
{
    // As much as the hub reads for one subscriber at once.
    private const long MaxPageBytes = 256 * 1024;

    private readonly SqliteCommand _after;
    private readonly SqliteCommand _before;
    private readonly SqliteCommand _one;
    private readonly SqliteCommand _last;

    public StoredEventReader(SqliteConnection connection)
    {
        _after = connection.Prepare($"SELECT {EventRow.Columns} FROM event WHERE sequence > $after ORDER BY sequence LIMIT $limit", "$after", "$limit");
        _before = connection.Prepare($"SELECT {EventRow.Columns} FROM event WHERE sequence < $before ORDER BY sequence DESC LIMIT $limit", "$before", "$limit");
        _one = connection.Prepare($"SELECT {EventRow.Columns} FROM event WHERE sequence = $sequence", "$sequence");
        _last = connection.Prepare("SELECT last FROM meta");
    }

    public SqliteLogPage ReadAfter(long after, int maxEvents)
    {
        try
        {
            return Read(_after, after, maxEvents);
        }
        catch (SqliteException damage) when (damage.SqliteErrorCode == SQLitePCL.raw.SQLITE_CORRUPT)
        {
            return ReadOneByOne(after, maxEvents);
        }
    }

    public SqliteLogPage ReadBefore(long before, int maxEvents) => Read(_before, before, maxEvents);

    public void Dispose()
    {
        _after.Dispose();
        _before.Dispose();
        _one.Dispose();
        _last.Dispose();
    }

    private static SqliteLogPage Read(SqliteCommand command, long from, int maxEvents)
    {
        command.Parameters[0].Value = from;
        command.Parameters[1].Value = (long)maxEvents;
        using SqliteDataReader reader = command.ExecuteReader();
        var events = new List<StoredEvent>();
        var unreadable = new List<long>();
        long bytes = 0;
        long next = from;
        while (bytes < MaxPageBytes)
        {
            if (!reader.Read())
            {
                bool isFull = events.Count + unreadable.Count == maxEvents;
                return new SqliteLogPage(events, unreadable, isFull ? next : null);
            }

            next = Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture);
            bytes += Take(reader, next, events, unreadable);
        }

        return new SqliteLogPage(events, unreadable, next);
    }

    private static long Take(SqliteDataReader reader, long sequence, List<StoredEvent> events, List<long> unreadable)
    {
        if (EventRow.TryRead(reader, epoch: 0, out LoggedEvent? logged) && StoredEvent.TryMake(logged) is { } stored)
        {
            events.Add(stored);
            return logged.Content.Body.Length;
        }

        unreadable.Add(sequence);
        return 0;
    }

    // SQLite stops at a page of the file that makes no sense, and does not say where the next good one is. Asking for one sequence after the other finds it.
    private SqliteLogPage ReadOneByOne(long after, int maxEvents)
    {
        long last = (long)(_last.ExecuteScalar() ?? 0L);
        long end = Math.Min(last, after + maxEvents);
        var events = new List<StoredEvent>();
        var unreadable = new List<long>();
        for (long sequence = after + 1; sequence <= end; sequence++)
        {
            try
            {
                _one.Parameters[0].Value = sequence;
                using SqliteDataReader reader = _one.ExecuteReader();
                if (reader.Read())
                {
                    Take(reader, sequence, events, unreadable);
                }
            }
            catch (SqliteException damage) when (damage.SqliteErrorCode == SQLitePCL.raw.SQLITE_CORRUPT)
            {
                unreadable.Add(sequence);
            }
        }

        return new SqliteLogPage(events, unreadable, end < last ? end : null);
    }
}
