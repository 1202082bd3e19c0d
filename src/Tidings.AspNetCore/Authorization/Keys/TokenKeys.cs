using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>
/// Holds the keys that are trusted now: reads them when the app starts, fetches what is published, and follows the settings when they change. Wrong settings stop the
/// start; later they change nothing and are logged.
/// </summary>
internal sealed partial class TokenKeys : IHostedService, IDisposable
{
    private readonly IOptionsMonitor<HubAuthorizationOptions> _options;
    private readonly SecretRule _rule;
    private readonly TimeProvider _time;
    private readonly ILogger<TokenKeys> _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<PublishedKeys, CancellationTokenSource> _refreshing = []; // Guarded by _gate.
    private readonly List<JwksDownload> _downloads = []; // Guarded by _gate.
    private readonly Lazy<IDisposable?> _subscription;
    private volatile HubKeys? _current;

    public TokenKeys(IOptionsMonitor<HubAuthorizationOptions> options, IOptions<TidingsOptions> tidings, TimeProvider time, ILogger<TokenKeys> logger)
    {
        _options = options;
        _rule = tidings.Value.Dev ? SecretRule.Any : SecretRule.Strong;
        _time = time;
        _logger = logger;
        _subscription = new(() => _options.OnChange(Follow));
    }

    /// <summary>Raised when keys may have gone: the settings or a published set have changed.</summary>
    public event EventHandler? Changed;

    /// <summary>The keys that are trusted now.</summary>
    /// <exception cref="OptionsValidationException">The settings name keys that cannot be used.</exception>
    public HubKeys Current => _current ?? Begin();

    /// <exception cref="OptionsValidationException">The settings name keys that cannot be used.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        HubKeys keys = Current;

        // So that the first request finds them. An issuer that cannot be reached must not keep the hub from starting: the download gives up by itself.
        return Task.WhenAll(keys.Published.Values.Select(published => published.LookAgainAsync(cancellationToken).AsTask()));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        lock (_gate)
        {
            if (_subscription.IsValueCreated)
            {
                _subscription.Value?.Dispose();
            }

            foreach (CancellationTokenSource stopping in _refreshing.Values)
            {
                stopping.Cancel();
                stopping.Dispose();
            }

            _refreshing.Clear();
            _downloads.ForEach(download => download.Dispose());
            _downloads.Clear();
        }
    }

    private HubKeys Begin()
    {
        lock (_gate)
        {
            if (_current is { } begun)
            {
                return begun;
            }

            HubKeys keys = Read(_options.CurrentValue, out IReadOnlyList<string> complaints);
            if (complaints.Count > 0)
            {
                throw new OptionsValidationException(Options.DefaultName, typeof(HubAuthorizationOptions), complaints);
            }

            UseLocked(keys);
            _ = _subscription.Value;
            return keys;
        }
    }

    private void Follow(HubAuthorizationOptions options)
    {
        lock (_gate)
        {
            HubKeys keys = Read(options, out IReadOnlyList<string> complaints);
            if (complaints.Count > 0)
            {
                LogRefusedChange(_logger, string.Join(' ', complaints));
                return;
            }

            UseLocked(keys);
        }

        Changed?.Invoke(this, EventArgs.Empty);
    }

    // What is fetched already, by the same settings, stays: a change elsewhere must not leave the hub without keys for a moment.
    private HubKeys Read(HubAuthorizationOptions options, out IReadOnlyList<string> complaints)
    {
        IReadOnlyDictionary<string, PublishedKeys>? before = _current?.Published;
        (TimeSpan, TimeSpan) intervals = (options.JwksRefreshInterval, options.JwksMinimumInterval);
        bool allowPrivate = options.AllowPrivateJwksAddresses || _rule == SecretRule.Any;
        return HubKeys.Read(options, _rule, Publish, out complaints);

        PublishedKeys Publish(string settings, Uri url, IReadOnlyList<SignatureAlgorithm> algorithms)
        {
            if (before?.GetValueOrDefault(settings) is { } known)
            {
                return known;
            }

            var download = new JwksDownload(allowPrivate, _time);
            _downloads.Add(download);
            return new PublishedKeys(url, algorithms, download, intervals, _time, _logger);
        }
    }

    private void UseLocked(HubKeys keys)
    {
        _current = keys;
        foreach (PublishedKeys gone in _refreshing.Keys.Except(keys.Published.Values).ToArray())
        {
            gone.Changed -= TellChange;
            _refreshing[gone].Cancel();
            _refreshing[gone].Dispose();
            _refreshing.Remove(gone);
        }

        foreach (PublishedKeys added in keys.Published.Values.Except(_refreshing.Keys).ToArray())
        {
            var stopping = new CancellationTokenSource();
            _refreshing.Add(added, stopping);
            added.Changed += TellChange;
            _ = added.RunAsync(stopping.Token);
        }
    }

    private void TellChange(object? sender, EventArgs e) => Changed?.Invoke(this, e);

    [LoggerMessage(203, LogLevel.Error, "The changed settings are not used, and the keys from before stay: {Complaints}")]
    private static partial void LogRefusedChange(ILogger logger, string complaints);
}
