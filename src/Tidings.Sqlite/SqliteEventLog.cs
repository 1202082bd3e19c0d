using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tidings;

/// <summary>
/// The log on disk, for one process: an SQLite database in a directory of its own. What is acknowledged survives, at the durability that was chosen, and every
/// reader finds its place again, however long ago it left.
/// </summary>
/// <remarks>Safe for use from several threads. Only one process at a time can have it open.</remarks>
public sealed class SqliteEventLog : IEventLog
{
    private static readonly TimeSpan MaintenanceInterval = TimeSpan.FromSeconds(1);

    private readonly LogFiles _files;
    private readonly WorkThreads _thread;
    private readonly LogKeeper _keeper;
    private readonly Followers _followers;
    private readonly ReaderPool _readers;
    private readonly ITimer _timer;
    private int _isMaintaining; // Changed by Interlocked.
    private bool _isDisposed;

    private SqliteEventLog(LogFiles files, SqliteLogOptions options, LogStore store, TimeProvider timeProvider, ILogger logger)
    {
        _files = files;
        _followers = new Followers(store.State.Position) { HoldsUnfollowed = options.TopicRetention.Any(topics => topics.Keep == Keep.None) };
        _readers = new ReaderPool(files.Database, options.MaxReaders, logger);
        _keeper = new LogKeeper(files, options, store, _followers, _readers, timeProvider, logger);
        _thread = new WorkThreads("Tidings log writer", count: 1);
        IdKey = store.IdKey;
        Durability = options.Durability;
        _timer = timeProvider.CreateTimer(static log => ((SqliteEventLog)log!).StartMaintenance(), this, MaintenanceInterval, MaintenanceInterval);
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> IdKey { get; }

    /// <inheritdoc />
    public Durability Durability { get; }

    /// <summary>The connection that stores; null from a failure until the store is open again. For tests that make it fail while nothing is being stored.</summary>
    internal SqliteConnection? WriterConnection => _keeper.Connection;

    /// <summary>Opens the log, and makes it when there is none. Reads where it ends, and checks what can be checked quickly.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message says which.</exception>
    /// <exception cref="EventLogException">
    /// The log is in use by another process, cannot be read or written, is damaged, or was written by a newer version; the message says what to do.
    /// </exception>
    public static SqliteEventLog Open(SqliteLogOptions options, TimeProvider timeProvider, ILogger<SqliteEventLog>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        if (options.Complaint() is { } complaint)
        {
            throw new ArgumentException(complaint, nameof(options));
        }

        LogFiles files = LogFiles.Open(options.Directory);
        try
        {
            LogStore store = Opening.OpenStore(files, options);
            ILogger used = logger ?? NullLogger<SqliteEventLog>.Instance;
            Opening.Report(used, files, options, store);
            return new SqliteEventLog(files, options, store, timeProvider, used);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public ValueTask<LogPosition> GetPositionAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(_followers.Position);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<PendingEvent> events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        cancellationToken.ThrowIfCancellationRequested();
        await _followers.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
        return await _thread.RunAsync(() => _keeper.Append(events)).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public ValueTask<LogPage> ReadAsync(long after, PageLimit limit, CancellationToken cancellationToken) =>
        _readers.ReadAsync(reader => reader.Read(after, limit), cancellationToken);

    /// <inheritdoc />
    public ValueTask<long?> FindAsync(SseId id, CancellationToken cancellationToken) =>
        _readers.ReadAsync(reader => reader.Find(id), cancellationToken);

    /// <inheritdoc />
    public async IAsyncEnumerable<LogPage> TailAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Followers.Follower follower = _followers.Join(after);
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                LogPage? page = _followers.Take(follower, out long? readThrough, out Task committed);
                if (readThrough is { } through)
                {
                    page = await ReadUpToAsync(follower, through, cancellationToken).ConfigureAwait(false);
                }

                if (page is not null)
                {
                    yield return page;
                }
                else
                {
                    await committed.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _followers.Leave(follower);
        }
    }

    /// <summary>
    /// Removes everything that retention no longer keeps, in small steps between which events are stored. Happens by itself, too; tells when it is done.
    /// </summary>
    public async Task PruneAsync(CancellationToken cancellationToken = default)
    {
        while (await _thread.RunAsync(_keeper.Prune).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _timer.DisposeAsync().ConfigureAwait(false);
        _followers.Close();
        Task closed = _thread.RunAsync(() =>
        {
            _readers.Dispose();
            _keeper.Dispose();
            return true;
        });
        await closed.ConfigureAwait(false);
        _thread.Dispose();
        _files.Dispose();
    }

    private async ValueTask<LogPage> ReadUpToAsync(Followers.Follower follower, long through, CancellationToken cancellationToken)
    {
        LogPage page = await ReadAsync(follower.Position, new PageLimit(512, 1024 * 1024), cancellationToken).ConfigureAwait(false);
        if (page.Through > through)
        {
            // What lies beyond is held for this follower, also what is not stored.
            page = page with { Events = [.. page.Events.TakeWhile(logged => logged.Sequence <= through)], Through = through };
        }

        follower.Position = page.Through;
        return page;
    }

    private void StartMaintenance()
    {
        if (Interlocked.Exchange(ref _isMaintaining, 1) == 0)
        {
            _ = MaintainAsync();
        }
    }

    private async Task MaintainAsync()
    {
        try
        {
            // One step at a time: what was handed in to be stored comes in between.
            while (await _thread.RunAsync(_keeper.Maintain).ConfigureAwait(false))
            {
            }
        }
        catch (ObjectDisposedException)
        {
            // The log is closed.
        }
        finally
        {
            Volatile.Write(ref _isMaintaining, 0);
        }
    }
}
