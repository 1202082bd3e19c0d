using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>The connections that read: so many as may read at once, opened when they are needed. Whoever finds all of them taken waits.</summary>
internal sealed class ReaderPool(string path, int size, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _free = new(size);
    private readonly WorkThreads _threads = new("Tidings log reader", size);
    private readonly Stack<PageReader> _idle = []; // Guarded by itself.
    private volatile bool _isClosed;

    /// <summary>Reads with one of the connections.</summary>
    /// <exception cref="EventLogException">The log cannot be read.</exception>
    public async ValueTask<T> ReadAsync<T>(Func<PageReader, T> read, CancellationToken cancellationToken)
    {
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

    /// <summary>Waits until nobody reads, closes every connection, and lets nobody read until <see cref="Resume"/>.</summary>
    public void Pause()
    {
        for (int i = 0; i < size; i++)
        {
            _free.Wait();
        }

        Clear();
    }

    public void Resume() => _free.Release(size);

    /// <summary>Waits until nobody reads; later readers are refused.</summary>
    public void Dispose()
    {
        _isClosed = true;
        Pause();
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

    private void Clear()
    {
        lock (_idle)
        {
            while (_idle.TryPop(out PageReader? idle))
            {
                idle.Dispose();
            }
        }
    }
}
