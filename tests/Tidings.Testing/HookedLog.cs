using System.Runtime.CompilerServices;

namespace Tidings.Testing;

/// <summary>
/// A log with hooks at the places where races happen: a test holds, fails or changes what a real log does there. Hooks run on the caller's path.
/// </summary>
public sealed class HookedLog(IEventLog inner) : IEventLog
{
    private int _reads;

    /// <summary>Runs before a batch is handed to the real log; throwing fails the append with nothing stored.</summary>
    public Func<IReadOnlyList<PendingEvent>, Task>? BeforeAppend { get; set; }

    /// <summary>Runs when a batch is stored, before its publishers are told; throwing makes the outcome unknown.</summary>
    public Func<Task>? AfterAppend { get; set; }

    /// <summary>Runs before a page is read for a reader that is behind.</summary>
    public Func<long, Task>? BeforeRead { get; set; }

    /// <summary>Runs before somebody begins to follow the log; throwing is a log that cannot be followed.</summary>
    public Func<Task>? BeforeTail { get; set; }

    /// <summary>Runs between the commit of a page and its dispatch.</summary>
    public Func<LogPage, Task>? BeforeDispatch { get; set; }

    /// <summary>Changes a page that is on its way to the dispatcher.</summary>
    public Func<LogPage, LogPage>? ChangeDispatched { get; set; }

    /// <summary>Changes a page that a reader that is behind has read.</summary>
    public Func<LogPage, LogPage>? ChangeRead { get; set; }

    /// <summary>Changes the position that the log tells.</summary>
    public Func<LogPosition, LogPosition>? Position { get; set; }

    /// <summary>How many pages were read by readers that were behind.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <inheritdoc />
    public ReadOnlyMemory<byte> IdKey => inner.IdKey;

    /// <inheritdoc />
    public Durability Durability => inner.Durability;

    /// <inheritdoc />
    public async ValueTask<LogPosition> GetPositionAsync(CancellationToken cancellationToken)
    {
        LogPosition position = await inner.GetPositionAsync(cancellationToken);
        return Position?.Invoke(position) ?? position;
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<PendingEvent> events, CancellationToken cancellationToken)
    {
        await (BeforeAppend?.Invoke(events) ?? Task.CompletedTask);
        IReadOnlyList<AppendResult> results = await inner.AppendAsync(events, cancellationToken);
        await (AfterAppend?.Invoke() ?? Task.CompletedTask);
        return results;
    }

    /// <inheritdoc />
    public async ValueTask<LogPage> ReadAsync(long after, PageLimit limit, CancellationToken cancellationToken)
    {
        await (BeforeRead?.Invoke(after) ?? Task.CompletedTask);
        Interlocked.Increment(ref _reads);
        LogPage page = await inner.ReadAsync(after, limit, cancellationToken);
        return ChangeRead?.Invoke(page) ?? page;
    }

    /// <inheritdoc />
    public ValueTask<long?> FindAsync(SseId id, CancellationToken cancellationToken) => inner.FindAsync(id, cancellationToken);

    /// <inheritdoc />
    public async IAsyncEnumerable<LogPage> TailAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await (BeforeTail?.Invoke() ?? Task.CompletedTask);
        await foreach (LogPage page in inner.TailAsync(after, cancellationToken))
        {
            await (BeforeDispatch?.Invoke(page) ?? Task.CompletedTask);
            yield return ChangeDispatched?.Invoke(page) ?? page;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
