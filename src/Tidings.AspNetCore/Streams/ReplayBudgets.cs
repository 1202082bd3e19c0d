using System.Net;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>The accounts of those who have had past events read for them. Whoever asks for everything again and again would otherwise keep the log and the network busy for all.</summary>
/// <remarks>Safe for use from several threads. Remembers a caller for two minutes after its last replay.</remarks>
internal sealed class ReplayBudgets(IOptions<TidingsOptions> options, TimeProvider time)
{
    // A caller is somebody with a token, or a network: so many within two minutes are no longer one caller's flood. Who comes then is not counted.
    private const int MaxAccounts = 65_536;
    private const int FewAccounts = 1024;
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(1); // each looks at all of them

    private readonly StreamLimitOptions _limits = options.Value.Streams;
    private readonly Lock _gate = new();
    private readonly Dictionary<StreamClient, ReplayAccount> _accounts = []; // Guarded by _gate, like the one below.
    private long _swept = time.GetTimestamp();

    /// <summary>How many callers are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _accounts.Count;
            }
        }
    }

    /// <summary>The account of a caller; null if it has none, because replays are not bounded or nobody knows who it is.</summary>
    /// <param name="address">Where the client is; null if that is not known.</param>
    /// <param name="subject">Who the client is; empty if nobody knows.</param>
    /// <param name="tokenId">Which token it showed; empty for one without an id.</param>
    public ReplayAccount? AccountOf(IPAddress? address, string subject, string tokenId)
    {
        if (_limits.ReplayBytesPerMinute == 0 || StreamClient.Of(subject, tokenId, _limits.MaxPerAddress > 0 ? address : null) is not { } key)
        {
            return null;
        }

        lock (_gate)
        {
            if (_accounts.TryGetValue(key, out ReplayAccount? account))
            {
                return account;
            }

            if (_accounts.Count >= FewAccounts && time.GetElapsedTime(_swept) >= BetweenSweeps)
            {
                ForgetLocked();
            }

            return _accounts.Count < MaxAccounts ? _accounts[key] = new ReplayAccount(_limits.ReplayBytesPerMinute, time) : null;
        }
    }

    // An open stream may still hold what is forgotten here: what it reads from now on is not counted, and the next one of its caller is.
    private void ForgetLocked()
    {
        foreach ((StreamClient key, ReplayAccount account) in _accounts)
        {
            if (account.IsEmpty)
            {
                _accounts.Remove(key);
            }
        }

        _swept = time.GetTimestamp();
    }
}
