using System.Collections.Concurrent;

namespace Tidings;

/// <summary>The one thread that uses the writer's connection. A write waits for the disk, and none of the threads that serve streams shall wait with it.</summary>
internal sealed class WriterThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public WriterThread()
    {
        _thread = new Thread(Run) { Name = "Tidings log writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> after everything that was handed in before.</summary>
    /// <exception cref="ObjectDisposedException">The thread was ended.</exception>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _work.Add(() =>
            {
                try
                {
                    done.SetResult(work());
                }
                catch (Exception failure)
                {
                    done.SetException(failure);
                }
            });
        }
        catch (InvalidOperationException)
        {
            return Task.FromException<T>(new ObjectDisposedException(nameof(SqliteEventLog)));
        }

        return done.Task;
    }

    /// <summary>Accepts nothing more and waits until what was handed in is done.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        foreach (Action work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
