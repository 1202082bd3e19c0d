using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>
/// Keeps the store going: stores batches, and when that fails goes back to what can be proved, or gives up. Tells followers what was committed and nothing else.
/// </summary>
/// <remarks>Used by the writer's thread alone.</remarks>
internal sealed class LogKeeper(
    LogFiles files, SqliteLogOptions options, LogStore opened, Followers followers, ReaderPool readers, TimeProvider timeProvider, ILogger logger) : IDisposable
{
    private const int MaxFailures = 3;
    private const int PruneStep = 1000;
    private const long FullBelowBytes = 1024 * 1024;

    private readonly WalSize _wal = new(files.Wal);
    private LogStore? _store = opened; // null from a failure until the store is open again
    private LogState _committed = opened.State;
    private int _failures;
    private bool _isBusy; // Whether anything was stored since the last maintenance.
    private EventLogException? _gaveUp;
    private bool _isDisposed;

    /// <summary>The connection that stores; null from a failure until the store is open again. For tests.</summary>
    public SqliteConnection? Connection => _store?.Connection;

    /// <exception cref="EventLogException">The outcome is unknown, or the log has given up.</exception>
    /// <exception cref="EventLogFullException">There is no space; nothing was stored.</exception>
    public IReadOnlyList<AppendResult> Append(IReadOnlyList<PendingEvent> events)
    {
        LogStore store = OpenStore();
        CommittedBatch batch;
        try
        {
            batch = store.Append(events, timeProvider.GetUtcNow());
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode == SQLitePCL.raw.SQLITE_FULL)
        {
            throw Full(failure);
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode == SQLitePCL.raw.SQLITE_BUSY)
        {
            // No fault of the disk: somebody else's program writes to the database, and the batch could not begin.
            throw new EventLogException($"Another program has locked the log in {files.Directory}.", failure);
        }
        catch (Exception failure)
        {
            throw Fail(failure);
        }

        _failures = 0;
        _isBusy = true;
        _committed = store.State;
        followers.Publish(batch.Events, _committed.Position);
        Grow(events);
        return batch.Results;
    }

    /// <summary>Takes one step of tidying up; true if there is more to do.</summary>
    public bool Maintain()
    {
        if (Prune())
        {
            return true;
        }

        if (!_isBusy && _store is not null && !_wal.IsEmpty)
        {
            // Nothing was stored for a while: a good time to give the file's space back.
            Checkpoint(truncate: true);
        }

        _isBusy = false;
        return false;
    }

    /// <summary>Removes some of what retention no longer keeps; true if there may be more.</summary>
    public bool Prune()
    {
        if (_store is null)
        {
            return false;
        }

        try
        {
            if (!_store.Prune(timeProvider.GetUtcNow(), PruneStep))
            {
                return false;
            }
        }
        catch (Exception failure) when (failure is SqliteException or InvalidOperationException)
        {
            SqliteLog.MaintenanceFailed(logger, failure);
            return false;
        }

        _committed = _store.State;
        followers.Publish([], _committed.Position);
        _wal.Add(PruneStep, bytes: 0);
        MoveIfDue();
        return true;
    }

    public void Dispose()
    {
        if (_store is not null)
        {
            Checkpoint(truncate: true);
            _store.Dispose();
            _store = null;
        }

        _isDisposed = true;
    }

    private void Grow(IReadOnlyList<PendingEvent> events)
    {
        long bytes = 0;
        for (int i = 0; i < events.Count; i++)
        {
            PendingEvent pending = events[i];
            bytes += pending.Body.Length;
            foreach (Topic topic in pending.Topics)
            {
                bytes += topic.Value.Length;
            }
        }

        _wal.Add(events.Count, bytes);
        MoveIfDue();
    }

    private void MoveIfDue()
    {
        if (_wal.IsDue(out bool truncate))
        {
            Checkpoint(truncate);
        }
    }

    private void Checkpoint(bool truncate)
    {
        if (!truncate)
        {
            TryCheckpoint(truncate: false);
            return;
        }

        // SQLite would wait for a moment without readers, and the writer with it; those who read page after page leave none.
        readers.Pause();
        try
        {
            TryCheckpoint(truncate: true);
        }
        finally
        {
            readers.Resume();
        }
    }

    private void TryCheckpoint(bool truncate)
    {
        try
        {
            bool isWhole = _store!.Checkpoint(truncate); // only called while it is open
            _wal.Moved();
            if (truncate)
            {
                _wal.Truncated(isWhole);
            }
        }
        catch (Exception failure) when (failure is SqliteException or InvalidOperationException)
        {
            // What is committed is safe in the write-ahead log.
            _wal.Moved();
            SqliteLog.MaintenanceFailed(logger, failure);
        }
    }

    private LogStore OpenStore()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(SqliteEventLog));
        if (_gaveUp is not null)
        {
            throw _gaveUp;
        }

        if (_store is not null)
        {
            return _store;
        }

        try
        {
            return Reopen();
        }
        catch (Exception failure) when (IsDiskFull())
        {
            throw Full(failure);
        }
        catch (TimeoutException held)
        {
            // No fault of the disk either: with the next batch it is tried again.
            throw new EventLogException($"Another program reads the log in {files.Directory}, which has to be opened anew.", held);
        }
        catch (Exception failure) when (failure is SqliteException or EventLogException)
        {
            throw Fail(failure);
        }
    }

    private EventLogFullException Full(Exception failure) =>
        new($"There is no space for the log in {files.Directory}. Make space, or let retention keep less.", failure);

    /// <summary>Closes the store after a failure that leaves the outcome unknown: what the database holds is read anew before anything else is stored.</summary>
    private EventLogException Fail(Exception failure)
    {
        if (_gaveUp is not null)
        {
            return _gaveUp;
        }

        CloseStore();
        bool isFull = IsDiskFull();
        if (!isFull)
        {
            _failures++;
        }

        SqliteLog.StoreFailed(logger, failure, _failures);
        return _failures >= MaxFailures
            ? GiveUp($"it failed {MaxFailures} times in a row. See the errors before this one, mend the disk, and start the hub again.", failure)
            : new EventLogException("The log failed while events were being stored, so they may be stored or not.", failure);
    }

    private EventLogException GiveUp(string reason, Exception cause)
    {
        SqliteLog.GaveUp(logger, reason);
        _gaveUp = new EventLogException($"The log stores nothing more in this process: {reason}", cause) { IsFinal = true };
        return _gaveUp;
    }

    /// <summary>
    /// Opens the store again. Everything in the write-ahead log is written to the database first: after a failed sync the system may have dropped what it was
    /// to write, and would call a second sync a success.
    /// </summary>
    private LogStore Reopen()
    {
        readers.Pause();
        try
        {
            readers.CloseConnections();
            LogStore store = LogStore.Open(files.Database, options);
            try
            {
                if (!store.Checkpoint(truncate: true))
                {
                    throw new TimeoutException("The write-ahead log could not be moved into the database while somebody reads from it.");
                }

                Compare(store);
            }
            catch
            {
                store.Dispose();
                throw;
            }

            _store = store;
            return store;
        }
        finally
        {
            readers.Resume();
        }
    }

    private void Compare(LogStore store)
    {
        LogState state = store.State;
        if (state.Epoch != _committed.Epoch || state.Last < _committed.Last)
        {
            throw GiveUp(
                $"it ended at sequence {_committed.Last} and now ends at {state.Last}. The disk has lost what it said it had; the next start tells readers so.",
                new EventLogException("The log was rolled back."));
        }

        List<LoggedEvent> recovered = store.ReadAfter(_committed.Last);
        _wal.Moved();
        _committed = state;
        SqliteLog.Reopened(logger, state.Last, recovered.Count);
        followers.Publish(recovered, state.Position);
    }

    private void CloseStore()
    {
        // Readers first: whoever closes last leaves a database without a write-ahead log, and so without the frames of the commit that has failed.
        readers.Pause();
        try
        {
            readers.CloseConnections();
            _store?.Dispose();
            _store = null;
        }
        finally
        {
            readers.Resume();
        }
    }

    private bool IsDiskFull()
    {
        try
        {
            return new DriveInfo(files.Directory).AvailableFreeSpace < FullBelowBytes;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
