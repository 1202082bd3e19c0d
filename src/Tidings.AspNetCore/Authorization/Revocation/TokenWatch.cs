namespace Tidings;

/// <summary>
/// Tells open streams that the trust their rights rest on is gone: a key was removed from the settings or from an issuer's set, or the issuer itself. When a key goes, its streams are told at once.
/// Safe for use from several threads.
/// </summary>
internal sealed class TokenWatch : IDisposable
{
    private readonly TokenKeys _keys;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<WatchedToken>> _watched = new(StringComparer.Ordinal); // Guarded by _gate.

    public TokenWatch(TokenKeys keys)
    {
        _keys = keys;
        _keys.Changed += EndUntrusted;
    }

    /// <summary>How many streams are watched.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _watched.Values.Sum(set => set.Count);
            }
        }
    }

    /// <summary>
    /// Watches the trust behind <paramref name="grants"/> until the result is disposed. Null for rights whose trust is not tracked, such as those of an app's own authentication or of nobody.
    /// </summary>
    public WatchedToken? Watch(HubGrants grants)
    {
        if (grants.Trust is not { } trust)
        {
            return null;
        }

        var token = new WatchedToken(this, trust);
        lock (_gate)
        {
            if (!_watched.TryGetValue(trust, out HashSet<WatchedToken>? set))
            {
                _watched.Add(trust, set = []);
            }

            set.Add(token);
        }

        // The key may have gone between the check of the token and now; whoever removes it later finds the stream in the list.
        if (!_keys.Current.Trusts().Contains(trust, StringComparer.Ordinal))
        {
            token.End();
        }

        return token;
    }

    public void Dispose() => _keys.Changed -= EndUntrusted;

    internal void Forget(WatchedToken token, string trust)
    {
        lock (_gate)
        {
            if (_watched.TryGetValue(trust, out HashSet<WatchedToken>? set) && set.Remove(token) && set.Count == 0)
            {
                _watched.Remove(trust);
            }
        }
    }

    private void EndUntrusted(object? sender, EventArgs e)
    {
        HashSet<string> trusted = _keys.Current.Trusts().ToHashSet(StringComparer.Ordinal);
        WatchedToken[] ended;
        lock (_gate)
        {
            ended = [.. _watched.Where(entry => !trusted.Contains(entry.Key)).SelectMany(entry => entry.Value)];
        }

        foreach (WatchedToken token in ended)
        {
            token.End();
        }
    }
}
