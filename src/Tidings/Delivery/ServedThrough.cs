namespace Tidings;

/// <summary>
/// How far the subscribers that keep up have been served: whoever waited for an event up to here has gone on as far as it could. The log's tail moves it on, and anybody may wait for it.
/// </summary>
/// <remarks>One thread at a time moves it.</remarks>
internal sealed class ServedThrough
{
    private long _through;
    private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Tells whoever waits that everything up to <paramref name="through"/> is served.</summary>
    public void MoveTo(long through)
    {
        Volatile.Write(ref _through, through);
        TaskCompletionSource reached = _next;
        _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        reached.SetResult();
    }

    /// <summary>Lets everybody go: nothing is served any more.</summary>
    public void End() => MoveTo(long.MaxValue);

    /// <summary>Whether everything up to <paramref name="sequence"/> is served, or nothing will be. If not, it may be when <paramref name="next"/> has completed.</summary>
    public bool Reaches(long sequence, out Task next)
    {
        // In this order: what is moved after the look completes this very task.
        next = _next.Task;
        return Volatile.Read(ref _through) >= sequence;
    }
}
