using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>
/// The keys at an issuer's address: fetched now and then, and once more when a token names an unknown one, but never more often than the shortest interval allows.
/// A failure keeps the last good keys.
/// </summary>
internal sealed partial class PublishedKeys : KeySource
{
    // After a failure the next attempt does not wait for the usual interval.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(30);

    private readonly Uri _url;
    private readonly IReadOnlyList<SignatureAlgorithm> _asked;
    private readonly JwksDownload _download;
    private readonly (TimeSpan Usual, TimeSpan Shortest) _intervals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private volatile KeySet _current = KeySet.Empty;
    private long? _lastStart; // Guarded by _gate.
    private Task<bool>? _running; // Guarded by _gate.

    public PublishedKeys(
        Uri url, IReadOnlyList<SignatureAlgorithm> asked, JwksDownload download, (TimeSpan Usual, TimeSpan Shortest) intervals, TimeProvider time, ILogger logger)
    {
        _url = url;
        _asked = asked;
        _download = download;
        _intervals = intervals;
        _time = time;
        _logger = logger;
    }

    /// <summary>Raised when the keys have changed; never while a lock is held.</summary>
    public event EventHandler? Changed;

    public override KeySet Current => _current;

    public override async ValueTask LookAgainAsync(CancellationToken cancellationToken)
    {
        Task<bool> fetch;
        lock (_gate)
        {
            if (_running is { IsCompleted: false } running)
            {
                fetch = running;
            }
            else if (_lastStart is { } last && _time.GetElapsedTime(last) < _intervals.Shortest)
            {
                return;
            }
            else
            {
                fetch = StartLocked();
            }
        }

        await fetch.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fetches the keys now, unless that is being done already.</summary>
    /// <returns>Whether they could be read.</returns>
    public Task<bool> RefreshAsync()
    {
        lock (_gate)
        {
            return _running is { IsCompleted: false } running ? running : StartLocked();
        }
    }

    /// <summary>Keeps the keys fresh until told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                bool succeeded = await RefreshAsync().WaitAsync(stopping).ConfigureAwait(false);
                TimeSpan pause = succeeded || _intervals.Usual < RetryInterval ? _intervals.Usual : RetryInterval;
                await Task.Delay(pause, _time, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The app stops, or the settings name this address no longer.
        }
    }

    private Task<bool> StartLocked()
    {
        _lastStart = _time.GetTimestamp();
        return _running = Task.Run(FetchAsync);
    }

    private async Task<bool> FetchAsync()
    {
        KeySet keys;
        try
        {
            string json = await _download.FetchAsync(_url, CancellationToken.None).ConfigureAwait(false);
            keys = new KeySet(JwkReader.Read(json, _asked, JwkOrigin.Published, SecretRule.Strong));
        }
        catch (KeyException failure)
        {
            LogFailure(_logger, _url, failure.Message, _current.Keys.Count);
            return false;
        }

        KeySet before = _current;
        _current = keys;
        if (!keys.Keys.Select(key => key.Fingerprint).SequenceEqual(before.Keys.Select(key => key.Fingerprint), StringComparer.Ordinal))
        {
            LogChange(_logger, _url, keys.Keys.Count);
            Changed?.Invoke(this, EventArgs.Empty);
        }

        return true;
    }

    [LoggerMessage(201, LogLevel.Warning, "The key set {Url} {Reason} The {Count} keys from before stay in use.")]
    private static partial void LogFailure(ILogger logger, Uri url, string reason, int count);

    [LoggerMessage(202, LogLevel.Information, "The key set {Url} has changed; {Count} keys are in use.")]
    private static partial void LogChange(ILogger logger, Uri url, int count);
}
