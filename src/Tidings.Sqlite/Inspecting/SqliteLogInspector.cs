using Microsoft.Data.Sqlite;

namespace Tidings;

/// <summary>
/// Looks into a log on disk without changing it, also while a hub has it open, or after one has crashed: statistics, events, verification, backup.
/// </summary>
/// <remarks>
/// Reads in short transactions, so that a hub's checkpoints need not wait; <see cref="Verify"/> and <see cref="Backup"/> say where they cannot.
/// Used by one thread at a time. Every member throws <see cref="EventLogException"/> when the files cannot be read; the message says what to do.
/// </remarks>
public sealed class SqliteLogInspector : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly StoredEventReader _events;
    private EventIdCodec? _ids;
    private uint _epoch; // Known when _ids is.

    private SqliteLogInspector(string directory, SqliteConnection connection)
    {
        Directory = directory;
        _connection = connection;
        _events = new StoredEventReader(connection);
    }

    /// <summary>The directory of the log, as a full path.</summary>
    public string Directory { get; }

    /// <summary>Whether a process, such as a hub, has the log open for writing.</summary>
    public bool IsInUse => LogFiles.IsInUse(Directory);

    private string Database => Path.Combine(Directory, LogFiles.DatabaseName);

    /// <summary>Opens the log in <paramref name="directory"/> for reading. Makes nothing that is missing.</summary>
    /// <exception cref="EventLogException">There is no log, or it cannot be read, or was written by a newer version; the message says what to do.</exception>
    public static SqliteLogInspector Open(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        directory = Path.GetFullPath(directory);
        string path = Path.Combine(directory, LogFiles.DatabaseName);
        if (!System.IO.Directory.Exists(directory))
        {
            throw new EventLogException($"There is no directory {directory}. Name the directory of the log with --data.");
        }

        if (!File.Exists(path))
        {
            throw new EventLogException($"There is no log in {directory}: it has no file {LogFiles.DatabaseName}. Name the directory of the log with --data.");
        }

        return Explaining(path, () =>
        {
            SqliteConnection connection = Connections.OpenReader(path);
            try
            {
                return Schema.Check(connection, path) > 0
                    ? new SqliteLogInspector(directory, connection)
                    : throw new EventLogException($"The log in {directory} is empty: no hub has used it yet.");
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        });
    }

    /// <summary>Tells what there is to say of the log.</summary>
    public SqliteLogStatistics ReadStatistics() => Explaining(Database, () => StatisticsReader.Read(_connection, Directory, Database));

    /// <summary>
    /// Reads the events after the sequence <paramref name="after"/>, oldest first: at most <paramref name="maxEvents"/>, or fewer when they are large. Damaged
    /// ones are passed over and told.
    /// </summary>
    public SqliteLogPage ReadAfter(long after, int maxEvents)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        return Explaining(Database, () => _events.ReadAfter(after, maxEvents));
    }

    /// <summary>Reads the events before the sequence <paramref name="before"/>, newest first; otherwise as <see cref="ReadAfter"/>.</summary>
    public SqliteLogPage ReadBefore(long before, int maxEvents)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        return Explaining(Database, () => _events.ReadBefore(before, maxEvents));
    }

    /// <summary>The id under which clients see the event.</summary>
    public SseId IdOf(StoredEvent stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        EventIdCodec ids = Ids();
        return stored.Content.Id ?? ids.Encode(new LogPlace(_epoch, stored.Sequence, stored.Tag));
    }

    /// <summary>
    /// Finds the place of an id: one that the log has given, whether or not the event is still there, or one that a publisher chose; the earliest, if it
    /// was used more than once. Null if the id means nothing in this log.
    /// </summary>
    public long? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (Ids().TryDecode(id, out LogPlace place))
        {
            return place.Epoch == _epoch ? place.Sequence : null;
        }

        return Explaining(Database, () =>
        {
            using var find = new EventSelect(_connection, PageReader.IsFirstOfId);
            return PageReader.Find(find, id);
        });
    }

    /// <summary>
    /// Checks the whole log: the structure of the files, each event against its checksum, and what the log says of itself against what it holds.
    /// Checking the structure is one long transaction: a hub goes on meanwhile, but its write-ahead log grows until that is over.
    /// </summary>
    /// <param name="checkedEvents">Told, now and then, how many events were checked.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    public SqliteLogVerification Verify(IProgress<long>? checkedEvents = null, CancellationToken cancellationToken = default) =>
        Explaining(Database, () => new LogVerifier(_connection, _events, Database, cancellationToken).Run(checkedEvents));

    /// <summary>
    /// Writes a copy of the log, as it is at this moment, into <paramref name="directory"/>, from where a hub can be started. The copy has a life of its own:
    /// cursors that were given by this log are told a gap there, because it cannot know what was published after it was made. A hub goes on meanwhile, but its
    /// write-ahead log grows until the copy is done.
    /// </summary>
    /// <returns>How many events the copy has.</returns>
    /// <exception cref="EventLogException">The directory is not empty, the copy cannot be written, or the log is damaged; the message says which.</exception>
    public long Backup(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        return LogBackup.Write(_connection, Database, Path.GetFullPath(directory));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _ids?.Dispose();
        _events.Dispose();
        _connection.Dispose();
    }

    private static T Explaining<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteException failure)
        {
            throw Opening.Explain(path, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new EventLogException($"The log {path} cannot be read: {failure.Message}", failure);
        }
    }

    private EventIdCodec Ids() => _ids ??= Explaining(Database, () =>
    {
        LogState state = Meta.Read(_connection, Database, out byte[] idKey);
        _epoch = state.Epoch;
        return new EventIdCodec(idKey);
    });
}
