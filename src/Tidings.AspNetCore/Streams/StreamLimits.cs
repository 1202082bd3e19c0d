using System.Net;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>
/// Counts the open streams, in total and by who opened them, and refuses one too many. Streams, not connections: over HTTP/2 a hundred streams share one connection.
/// </summary>
/// <remarks>Safe for use from several threads. Remembers only those who have a stream open.</remarks>
internal sealed class StreamLimits(IOptions<TidingsOptions> options)
{
    private readonly StreamLimitOptions _limits = options.Value.Streams;
    private readonly Lock _gate = new();
    private readonly Dictionary<StreamClient, int> _counts = []; // Guarded by _gate, like the one below.
    private int _total;

    /// <summary>How many streams are counted.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _total;
            }
        }
    }

    /// <summary>Counts one more stream until the result is disposed; null if that would be one too many, and then <paramref name="isTotal"/> says of which kind.</summary>
    /// <param name="address">Where the client is; null if that is not known.</param>
    /// <param name="subject">Who the client is; empty if nobody knows.</param>
    /// <param name="tokenId">Which token it showed; empty for one without an id.</param>
    /// <param name="isTotal">Whether the app as a whole has too many.</param>
    public IDisposable? TryEnter(IPAddress? address, string subject, string tokenId, out bool isTotal)
    {
        StreamClient[] keys =
        [
            .. _limits.MaxPerAddress > 0 && address is not null ? [StreamClient.AtAddress(address)] : Array.Empty<StreamClient>(),
            .. _limits.MaxPerSubject > 0 && subject.Length > 0 ? [new StreamClient(StreamClientKind.Subject, subject)] : Array.Empty<StreamClient>(),
            .. _limits.MaxPerToken > 0 && tokenId.Length > 0 ? [new StreamClient(StreamClientKind.Token, tokenId)] : Array.Empty<StreamClient>(),
        ];
        lock (_gate)
        {
            isTotal = _total >= _limits.MaxTotal;
            if (isTotal || Array.Exists(keys, key => _counts.GetValueOrDefault(key) >= LimitOf(key.Kind)))
            {
                return null;
            }

            _total++;
            foreach (StreamClient key in keys)
            {
                _counts[key] = _counts.GetValueOrDefault(key) + 1;
            }
        }

        return new Lease(this, keys);
    }

    private int LimitOf(StreamClientKind kind) => kind switch
    {
        StreamClientKind.Address => _limits.MaxPerAddress,
        StreamClientKind.Subject => _limits.MaxPerSubject,
        _ => _limits.MaxPerToken,
    };

    private void Leave(StreamClient[] keys)
    {
        lock (_gate)
        {
            _total--;
            foreach (StreamClient key in keys)
            {
                int left = _counts[key] - 1;
                if (left == 0)
                {
                    _counts.Remove(key);
                }
                else
                {
                    _counts[key] = left;
                }
            }
        }
    }

    private sealed class Lease(StreamLimits owner, StreamClient[] keys) : IDisposable
    {
        private bool _isOver;

        public void Dispose()
        {
            if (!_isOver)
            {
                _isOver = true;
                owner.Leave(keys);
            }
        }
    }
}
