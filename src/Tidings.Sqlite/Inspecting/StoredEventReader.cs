using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>
/// Reads events in pages, each of which is one short transaction: a hub that has the log open can checkpoint in between. What is damaged is passed over and told.
/// </summary>
internal sealed class StoredEventReader : IDisposable
{
    // As much as the hub reads for one subscriber at once.
    private const long MaxPageBytes = 256 * 1024;

    private readonly EventSelect _after;
    private readonly EventSelect _before;
    private readonly EventSelect _one;
    private readonly SqliteCommand _last;

    public StoredEventReader(SqliteConnection connection)
    {
        _after = new EventSelect(connection, "sequence > ? ORDER BY sequence LIMIT ?");
        _before = new EventSelect(connection, "sequence < ? ORDER BY sequence DESC LIMIT ?");
        _one = new EventSelect(connection, "sequence = ?");
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

    private static SqliteLogPage Read(EventSelect select, long from, int maxEvents)
    {
        var events = new List<StoredEvent>();
        var unreadable = new List<long>();
        long bytes = 0;
        long next = from;
        select.Begin(from, maxEvents);
        try
        {
            while (bytes < MaxPageBytes)
            {
                if (!select.Read())
                {
                    bool isFull = events.Count + unreadable.Count == maxEvents;
                    return new SqliteLogPage(events, unreadable, isFull ? next : null);
                }

                next = select.Sequence;
                bytes += Take(select, events, unreadable);
            }
        }
        finally
        {
            select.End();
        }

        return new SqliteLogPage(events, unreadable, next);
    }

    private static long Take(EventSelect select, List<StoredEvent> events, List<long> unreadable)
    {
        if (select.TryRead(epoch: 0, out LoggedEvent? logged) && StoredEvent.TryMake(logged) is { } stored)
        {
            events.Add(stored);
            return logged.Content.Body.Length;
        }

        unreadable.Add(select.Sequence);
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
                _one.Begin(sequence);
                if (_one.Read())
                {
                    Take(_one, events, unreadable);
                }
            }
            catch (SqliteException damage) when (damage.SqliteErrorCode == SQLitePCL.raw.SQLITE_CORRUPT)
            {
                unreadable.Add(sequence);
            }
            finally
            {
                _one.End();
            }
        }

        return new SqliteLogPage(events, unreadable, end < last ? end : null);
    }
}
