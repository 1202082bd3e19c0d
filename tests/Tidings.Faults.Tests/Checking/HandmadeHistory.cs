using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests.Checking;

/// <summary>A history that a test makes by hand, and what is checked of it. An event's id is its key after a #.</summary>
public abstract class HandmadeHistory
{
    private readonly List<HistoryEntry> _history = [];

    private protected void Write(params HistoryEntry[] entries) => _history.AddRange(entries);

    private protected CheckReport Check() => HistoryChecker.Check(_history);

    private protected void AssertFault(FaultKind kind, string? chain, string named)
    {
        Fault fault = Assert.Single(Check().Faults);
        Assert.Equal((kind, chain), (fault.Kind, fault.Chain));
        Assert.Contains(named, fault.Detail, StringComparison.Ordinal);
    }

    private protected void Open(string chain, IReadOnlyList<string>? topics = null, bool seesPrivate = false)
    {
        _history.Add(new ChainOpened(chain, topics, seesPrivate));
        _history.Add(new Connected(chain, "earliest"));
    }

    private protected void Reconnect(string chain, string cursor)
    {
        _history.Add(new Disconnected(chain, "hung up"));
        _history.Add(new Connected(chain, cursor));
    }

    private protected void Store(params string[] keys)
    {
        foreach (string key in keys)
        {
            Invoke(key);
            Acknowledge(key);
        }
    }

    private protected void Invoke(string key, bool isPrivate = false) => _history.Add(new PublishInvoked(key, "news", isPrivate, key));

    private protected void Acknowledge(string key) => _history.Add(new PublishAcknowledged(key, $"#{key}"));

    private protected void Receive(string chain, params string[] keys) =>
        _history.AddRange(keys.Select(key => new Received(chain, key, "message", $"#{key}", Data: null)));

    private protected void TellGap(string chain, string reason) => _history.Add(new GapTold(chain, reason, "#gap"));

    private protected void Drain(params string[] chains) => _history.AddRange(chains.Select(chain => new Drained(chain)));
}
