namespace Tidings;

/// <summary>The token of one open stream.</summary>
internal sealed class WatchedToken(TokenWatch owner, string trust) : IDisposable
{
    private readonly CancellationTokenSource _ended = new();

    /// <summary>Cancelled when the rights must no longer be used, because their key or issuer is not trusted any more.</summary>
    public CancellationToken Ended => _ended.Token;

    public void Dispose() => owner.Forget(this, trust);

    // Whoever waits for it goes on elsewhere: thousands of streams may end at once.
    internal void End() => ThreadPool.UnsafeQueueUserWorkItem(static ended => ended.Cancel(), _ended, preferLocal: false);
}
