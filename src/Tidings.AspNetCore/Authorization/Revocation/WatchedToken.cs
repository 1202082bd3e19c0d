namespace Tidings;

/// <summary>The token of one open stream.</summary>
internal sealed class WatchedToken(TokenWatch owner, HubGrants grants) : IDisposable
{
    private readonly CancellationTokenSource _ended = new();

    /// <summary>Cancelled when the rights must no longer be used, because their key or issuer is not trusted any more.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>When the rights end by themselves; null for never. Nothing may be written from then on.</summary>
    public DateTimeOffset? Deadline => grants.Expires;

    public void Dispose()
    {
        if (grants.Trust is { } trust)
        {
            owner.Forget(this, trust);
        }
    }

    // Whoever waits for it goes on elsewhere: thousands of streams may end at once.
    internal void End() => ThreadPool.UnsafeQueueUserWorkItem(static ended => ended.Cancel(), _ended, preferLocal: false);
}
