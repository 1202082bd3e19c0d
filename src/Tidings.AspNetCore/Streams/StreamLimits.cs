using System.Net;
using System.Net.Sockets;
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
    private readonly Dictionary<Key, int> _counts = []; // Guarded by _gate, like the one below.
    private int _total;

    /// <summary>By what somebody is known.</summary>
    internal enum Kind
    {
        Address,
        Subject,
        Token,
    }

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
        Key[] keys =
        [
            .. _limits.MaxPerAddress > 0 && address is not null ? [new Key(Kind.Address, NetworkOf(address))] : Array.Empty<Key>(),
            .. _limits.MaxPerSubject > 0 && subject.Length > 0 ? [new Key(Kind.Subject, subject)] : Array.Empty<Key>(),
            .. _limits.MaxPerToken > 0 && tokenId.Length > 0 ? [new Key(Kind.Token, tokenId)] : Array.Empty<Key>(),
        ];
        lock (_gate)
        {
            isTotal = _total >= _limits.MaxTotal;
            if (isTotal || Array.Exists(keys, key => _counts.GetValueOrDefault(key) >= LimitOf(key.Kind)))
            {
                return null;
            }

            _total++;
            foreach (Key key in keys)
            {
                _counts[key] = _counts.GetValueOrDefault(key) + 1;
            }
        }

        return new Lease(this, keys);
    }

    // Whoever has an IPv6 address has the 2^64 beside it, too.
    internal static string NetworkOf(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    private int LimitOf(Kind kind) => kind switch
    {
        Kind.Address => _limits.MaxPerAddress,
        Kind.Subject => _limits.MaxPerSubject,
        _ => _limits.MaxPerToken,
    };

    private void Leave(Key[] keys)
    {
        lock (_gate)
        {
            _total--;
            foreach (Key key in keys)
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

    /// <summary>Somebody: never one joined text, which another kind could spell too.</summary>
    internal readonly record struct Key(Kind Kind, string Value);

    private sealed class Lease(StreamLimits owner, Key[] keys) : IDisposable
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
