using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>Counts the distinct patterns in use at the hub by client, so that nobody takes all that there may be (<see cref="BrokerOptions.MaxPatterns"/>) from the others.</summary>
/// <remarks>Safe for use from several threads. Remembers only those who use patterns at this moment.</remarks>
internal sealed class PatternShares(IOptions<TidingsOptions> options)
{
    private readonly int _maxPerClient = options.Value.Streams.MaxPatternsPerClient;
    private readonly Lock _gate = new();
    private readonly Dictionary<StreamClient, Share> _shares = []; // Guarded by _gate, like what is in it.

    /// <summary>How many clients use patterns.</summary>
    public int Clients
    {
        get
        {
            lock (_gate)
            {
                return _shares.Count;
            }
        }
    }

    /// <summary>Counts the patterns of one stream until the result is disposed; null if that would be too many for its client.</summary>
    /// <param name="client">Whose stream it is; null if nobody knows, and then nothing is counted.</param>
    /// <param name="matchers">What the stream subscribes to.</param>
    public IDisposable? TryTake(StreamClient? client, IEnumerable<TopicMatcher> matchers)
    {
        PatternMatcher[] patterns = _maxPerClient > 0 && client is not null ? [.. matchers.OfType<PatternMatcher>().Distinct()] : [];
        if (patterns.Length == 0)
        {
            return Nothing.Instance;
        }

        StreamClient key = client!.Value; // not null: there are patterns to count
        lock (_gate)
        {
            Share share = _shares.GetValueOrDefault(key) ?? new Share(new PatternBudget(_maxPerClient));
            if (!share.Patterns.TryTake(patterns))
            {
                return null;
            }

            share.Streams++;
            _shares[key] = share;
        }

        return new Lease(this, key, patterns);
    }

    private void Return(StreamClient client, PatternMatcher[] patterns)
    {
        lock (_gate)
        {
            Share share = _shares[client];
            share.Patterns.Return(patterns);
            if (--share.Streams == 0)
            {
                _shares.Remove(client);
            }
        }
    }

    private sealed class Share(PatternBudget patterns)
    {
        public PatternBudget Patterns { get; } = patterns;

        public int Streams { get; set; }
    }

    private sealed class Lease(PatternShares owner, StreamClient client, PatternMatcher[] patterns) : IDisposable
    {
        private bool _isOver;

        public void Dispose()
        {
            if (!_isOver)
            {
                _isOver = true;
                owner.Return(client, patterns);
            }
        }
    }

    /// <summary>What a stream without patterns takes.</summary>
    private sealed class Nothing : IDisposable
    {
        public static Nothing Instance { get; } = new();

        public void Dispose()
        {
            // There is nothing to give back.
        }
    }
}
