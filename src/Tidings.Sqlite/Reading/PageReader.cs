using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>One connection that reads pages. Each page is one short transaction, so that checkpoints never wait long for a reader.</summary>
/// <remarks>Used by one thread at a time.</remarks>
internal sealed class PageReader : IDisposable
{
    /// <summary>The condition that <see cref="Find(EventSelect, string)"/> needs: the earliest event that is kept of those to which publishers gave an id.</summary>
    public const string IsFirstOfId = "sequence = (SELECT sequence FROM event WHERE publisher_id = ? ORDER BY sequence LIMIT 1)";

    private readonly SqliteConnection _connection;
    private readonly ILogger _logger;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _meta;
    private readonly SqliteCommand _floors;
    private readonly EventSelect _page;
    private readonly EventSelect _find;

    public PageReader(string path, ILogger logger)
    {
        _logger = logger;
        _connection = Connections.OpenReader(path);
        _begin = _connection.Prepare("BEGIN");
        _commit = _connection.Prepare("COMMIT");
        _meta = _connection.Prepare("SELECT epoch, floor, last FROM meta");
        _floors = _connection.Prepare("SELECT matcher, floor FROM rule WHERE floor > 0");
        _page = new EventSelect(_connection, "sequence > ? ORDER BY sequence LIMIT ?");
        _find = new EventSelect(_connection, IsFirstOfId);
    }

    public LogPage Read(long after, PageLimit limit)
    {
        _begin.ExecuteNonQuery();
        try
        {
            LogPosition position = ReadPosition();
            LogPage page = ReadPage(after, limit, position);
            _page.End();
            _commit.ExecuteNonQuery();
            return page;
        }
        catch
        {
            _page.End();
            _connection.TryExecute("ROLLBACK");
            throw;
        }
    }

    public long? Find(SseId id) => Find(_find, id.Value);

    /// <summary>Finds the earliest event of an id by <see cref="IsFirstOfId"/>; null also if the row is not what was written.</summary>
    public static long? Find(EventSelect find, string id)
    {
        find.Begin(id);
        try
        {
            // SQLite does not notice when an index says what the table does not.
            return find.Read() && find.TryRead(epoch: 0, out LoggedEvent? logged) && logged.Content.PublisherId?.Value == id ? logged.Sequence : null;
        }
        finally
        {
            find.End();
        }
    }

    public void Dispose()
    {
        _page.Dispose();
        _find.Dispose();
        _connection.Dispose();
    }

    private LogPosition ReadPosition()
    {
        using SqliteDataReader reader = _meta.ExecuteReader();
        return reader.Read()
            ? new LogPosition(unchecked((uint)reader.GetInt64(0)), reader.GetInt64(1), reader.GetInt64(2)) { TopicFloors = ReadFloors() }
            : throw new EventLogException("The log does not say where it ends. See what is left with \"tidings log verify\".");
    }

    private List<TopicFloor> ReadFloors()
    {
        using SqliteDataReader reader = _floors.ExecuteReader();
        var floors = new List<TopicFloor>();
        while (reader.Read())
        {
            if (TopicMatcher.TryParse(reader.GetString(0), out TopicMatcher? matcher, out _))
            {
                floors.Add(new TopicFloor(matcher, reader.GetInt64(1)));
            }
        }

        return floors;
    }

    private LogPage ReadPage(long after, PageLimit limit, LogPosition position)
    {
        _page.Begin(after, limit.Events);
        var events = new List<LoggedEvent>();
        long bytes = 0;
        long floor = position.Floor;
        for (int rows = 1; _page.Read(); rows++)
        {
            long through;
            if (_page.TryRead(position.Epoch, out LoggedEvent? logged))
            {
                bytes += logged.Content.Body.Length;
                if (bytes > limit.Bytes && events.Count > 0)
                {
                    return Page(events[^1].Sequence);
                }

                events.Add(logged);
                through = logged.Sequence;
            }
            else if (events.Count > 0)
            {
                // The next page begins with what is damaged.
                return Page(events[^1].Sequence);
            }
            else
            {
                // An event that is not what was published is lost, and lost events are told: as if retention had taken everything up to it.
                through = _page.Sequence;
                SqliteLog.Damaged(_logger, through);
                floor = Math.Max(floor, through + 1);
            }

            // Damaged or not: what comes after so many rows was not asked for.
            if (rows == limit.Events)
            {
                return Page(through);
            }
        }

        return Page(Math.Max(after, position.Last));

        LogPage Page(long through) => new(events, through, floor) { TopicFloors = position.TopicFloors };
    }
}
