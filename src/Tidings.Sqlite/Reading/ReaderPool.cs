using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>The connections that read: so many as may read at once, opened when they are needed. Whoever finds all of them taken waits.</summary>
internal sealed class ReaderPool(string path, int size, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _free = new(size);
    private readonly WorkThreads _threads = new("Tidings log reader", size);
    private readonly Stack<PageReader> _idle = []; // Guarded by itself.
    private volatile TaskCompletionSource? _resumed; // While readers are paused; set by the one thread that pauses them.
    private volatile bool _isClosed;

    /// <summary>Reads with one of the connections.</summary>
    /// <exception cref="EventLogException">The log cannot be read.</exception>
    public async ValueTask<T> ReadAsync<T>(Func<PageReader, T> read, CancellationToken cancellationToken)
    {
        if (_resumed is { } resumed)
        {
            // Somebody who reads without end would always be quicker than the one who waits for all readers.
            await resumed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await _threads.RunAsync(() => Read(read)).ConfigureAwait(false);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Waits until nobody reads, and lets nobody read until <see cref="Resume"/>. Called by one thread.</summary>
    public void Pause()
    {
        _resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (int i = 0; i < size; i++)
        {
            _free.Wait();
        }
    }

    /// <summary>Closes every connection, while readers are paused.</summary>
    public void CloseConnections()
    {
        lock (_idle)
        {
            while (_idle.TryPop(out PageReader? idle))
            {
                idle.Dispose();
            }
        }
    }

    public void Resume()
    {
        TaskCompletionSource? resumed = _resumed;
        _resumed = null;
        _free.Release(size);
        resumed?.SetResult();
    }

    /// <summary>Waits until nobody reads; later readers are refused.</summary>
    public void Dispose()
    {
        _isClosed = true;
        Pause();
        CloseConnections();
        _threads.Dispose();
        Resume();
    }

    private T Read<T>(Func<PageReader, T> read)
    {
        ObjectDisposedException.ThrowIf(_isClosed, typeof(SqliteEventLog));
        PageReader? reader = null;
        try
        {
            reader = Take();
            T result = read(reader);
            Return(reader);
            return result;
        }
        catch (SqliteException failure)
        {
            // A connection that has failed may fail for good; the next reader opens another.
            reader?.Dispose();
            throw new EventLogException($"The log {path} cannot be read: {failure.Message} If it is damaged, \"tidings log verify\" tells how badly.", failure);
        }
        catch
        {
            reader?.Dispose();
            throw;
        }
    }

    private PageReader Take()
    {
        lock (_idle)
        {
            if (_idle.TryPop(out PageReader? idle))
            {
                return idle;
            }
        }

        return new PageReader(path, logger);
    }

    private void Return(PageReader reader)
    {
        lock (_idle)
        {
            _idle.Push(reader);
        }
    }
}
