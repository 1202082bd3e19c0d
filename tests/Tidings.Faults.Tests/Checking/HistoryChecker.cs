using Tidings.Faults.Tests.Load;
using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests.Checking;

/// <summary>
/// Holds a history against the promise: what is acknowledged reaches every chain that may see it, once, in one order, and what cannot is told. It knows nothing of
/// the server but the history, and claims only what the history proves: where two things overlap in time, either order is right.
/// </summary>
public sealed class HistoryChecker
{
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, PublishState> _publishes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ChainState> _chains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _keysById = new(StringComparer.Ordinal);
    private readonly List<Fault> _faults = [];
    private int _logLostAt = -1;
    private int _logForkedAt = -1;
    private int _logHoleAt = -1;
    private int _endsAt = PublishState.Never; // When the first of the last events was sent.
    private HashSet<string>? _held; // What the log holds in the end, if it is known.
    private int _logPrunedAt = -1;
    private int _retainedEvents = int.MaxValue;
    private int _received;
    private int _gaps;
    private int _toldMissing;

    private HistoryChecker()
    {
    }

    /// <summary>Reports everything that is wrong with <paramref name="history"/>.</summary>
    public static CheckReport Check(IReadOnlyList<HistoryEntry> history)
    {
        var checker = new HistoryChecker();
        for (int at = 0; at < history.Count; at++)
        {
            checker.Take(history[at], at);
        }

        foreach (ChainState chain in checker._chains.Values)
        {
            checker.CheckMissing(chain);
        }

        checker.CheckOrder(history.Count);
        return new CheckReport(
            checker._faults,
            checker._publishes.Values.Count(publish => publish.IsAcknowledged),
            checker._publishes.Values.Count(publish => publish.IsUnknown),
            checker._publishes.Values.Count(publish => publish.IsUnknown && publish.IsReceived),
            checker._received,
            checker._gaps,
            checker._toldMissing);
    }

    /// <summary>Checks a history that still grows, again and again, until it shows a fault or <paramref name="patience"/> is over; reports what it shows then.</summary>
    public static async Task<CheckReport> CheckUntilFaultAsync(Recorder recorder, TimeSpan patience)
    {
        long begun = TimeProvider.System.GetTimestamp();
        CheckReport report = Check(recorder.Snapshot());
        while (report.Faults.Count == 0 && TimeProvider.System.GetElapsedTime(begun) < patience)
        {
            await Task.Delay(BetweenChecks, TimeProvider.System);
            report = Check(recorder.Snapshot());
        }

        return report;
    }

    private void Take(HistoryEntry entry, int at)
    {
        switch (entry)
        {
            case PublishInvoked publish:
                _publishes.Add(publish.Key, new PublishState(publish, at));
                _endsAt = publish.Key.StartsWith(Publisher.EndKeyPrefix, StringComparison.Ordinal) ? Math.Min(_endsAt, at) : _endsAt;
                break;
            case PublishAcknowledged acknowledged:
                TakeAcknowledged(_publishes[acknowledged.Key], acknowledged.Id, at);
                break;
            case PublishRefused refused:
                TakeRefused(_publishes[refused.Key], at);
                break;
            case PublishUnknown unknown:
                TakeUnknown(_publishes[unknown.Key], unknown.Why, at);
                break;
            case ChainOpened opened:
                _chains.Add(opened.Chain, new ChainState(opened));
                break;
            case Connected connected:
                TakeConnected(_chains[connected.Chain], connected.Cursor);
                break;
            case Received received:
                TakeReceived(_chains[received.Chain], received, at);
                break;
            case GapTold gap:
                TakeGap(_chains[gap.Chain], gap, at);
                break;
            case Drained drained:
                _chains[drained.Chain].IsDrained = true;
                break;
            case LogLost:
                _logLostAt = at;
                break;
            case LogForked:
                _logForkedAt = at;
                break;
            case LogHolds holds:
                _held = [.. holds.Keys];
                break;
            case LogHole:
                _logHoleAt = _logHoleAt < 0 ? PublishState.Never : at; // the first begins it, the second ends it
                break;
            case LogPruned:
                _logPrunedAt = at;
                break;
            case LogRetains retains:
                _retainedEvents = retains.Events;
                break;
        }
    }

    private void TakeAcknowledged(PublishState publish, string id, int at)
    {
        publish.IsAcknowledged = true;
        publish.SettledAt = at;
        publish.StoredAt = Math.Min(publish.StoredAt, at);
        CheckId(publish, id, at, chain: null);
    }

    private static void TakeUnknown(PublishState publish, string why, int at)
    {
        publish.IsUnknown = true;

        // A server that says so itself may still store it.
        publish.SettledAt = why.StartsWith("status ", StringComparison.Ordinal) ? PublishState.Never : at;
    }

    private void TakeRefused(PublishState publish, int at)
    {
        publish.IsRefused = true;
        publish.SettledAt = at;
        if (publish.IsReceived)
        {
            _faults.Add(new Fault(FaultKind.Phantom, Chain: null, $"{publish.Publish.Key} was received and then refused."));
        }
    }

    private void TakeConnected(ChainState chain, string? cursor)
    {
        // A chain that has received nothing yet is owed what the log holds when it connects: nothing of what was in a log that is lost or pruned. What a log still holds that always removes its oldest
        // events, only the first that comes tells.
        if (string.Equals(cursor, "earliest", StringComparison.Ordinal))
        {
            chain.OwedAfter = _retainedEvents == int.MaxValue ? Math.Max(_logLostAt, _logPrunedAt) : PublishState.Never;
        }
    }

    private void TakeReceived(ChainState chain, Received received, int at)
    {
        _received++;
        if (received.Key is null || !_publishes.TryGetValue(received.Key, out PublishState? publish))
        {
            _faults.Add(new Fault(FaultKind.Phantom, chain.Name, $"\"{received.Data}\" ({received.Type}, id {received.Id}) was never published."));
            return;
        }

        if (received.Data is not null || received.Type != "message")
        {
            _faults.Add(new Fault(FaultKind.Phantom, chain.Name, $"{received.Key} came as {received.Type} with other data: \"{received.Data}\"."));
        }

        if (publish.IsRefused)
        {
            _faults.Add(new Fault(FaultKind.Phantom, chain.Name, $"{received.Key} was refused."));
        }

        if (!chain.Asks(publish.Publish))
        {
            _faults.Add(new Fault(FaultKind.Phantom, chain.Name, $"{received.Key} is on {publish.Publish.Topic}, which the chain did not ask for."));
        }

        if (publish.Publish.IsPrivate && !chain.SeesPrivate)
        {
            _faults.Add(new Fault(FaultKind.Unauthorised, chain.Name, $"{received.Key} is private."));
        }

        publish.IsReceived = true;
        publish.StoredAt = Math.Min(publish.StoredAt, at);
        CheckId(publish, received.Id, at, chain.Name);

        // What a chain that did not ask for the past is owed begins with its first event.
        chain.OwedAfter = Math.Min(chain.OwedAfter, at);
        chain.CursorAt = at;
        chain.CursorSentAt = publish.InvokedAt;
        chain.PassedUntil = Math.Max(chain.PassedUntil, publish.InvokedAt);
        if (chain.Keys.Add(received.Key))
        {
            chain.Received.Add((at, publish));
        }
        else if (!IsExplainedByGap(chain, received.Key))
        {
            _faults.Add(new Fault(FaultKind.Duplicate, chain.Name, $"{received.Key} came twice."));
        }
    }

    private static bool IsExplainedByGap(ChainState chain, string key)
    {
        // After a gap a server may replay all that it has, but not what it has sent since.
        int before = chain.Received.FindIndex(received => received.Publish.Publish.Key == key);
        return chain.Gaps.Count > 0 && chain.Received[before].At < chain.Gaps[^1].At;
    }

    private void CheckId(PublishState publish, string id, int at, string? chain)
    {
        string key = publish.Publish.Key;
        if (publish.Id is null || (publish.IdAt < _logForkedAt && id != publish.Id))
        {
            // One that was stored, not answered, and then lost is stored again: it has had two places in the order.
            publish.IsStoredAgain |= publish.Id is not null;
            publish.Id = id;
            publish.IdAt = at;
            if (!_keysById.TryAdd(id, key))
            {
                _faults.Add(new Fault(FaultKind.ReusedId, chain, $"{key} has the id of {_keysById[id]}: {id}."));
            }
        }
        else if (!string.Equals(publish.Id, id, StringComparison.Ordinal))
        {
            _faults.Add(new Fault(FaultKind.Duplicate, chain, $"{key} is stored twice, as {publish.Id} and as {id}."));
        }
    }

    private void TakeGap(ChainState chain, GapTold gap, int at)
    {
        _gaps++;
        bool isExpired = string.Equals(gap.Reason, "expired", StringComparison.Ordinal);
        int cause = isExpired ? Math.Max(_logPrunedAt, _logLostAt) : _logLostAt;
        bool isExplained = isExpired ? MayBePassed(chain) || chain.CursorSentAt < _logHoleAt : _logForkedAt >= 0;
        if (chain.CursorAt >= cause && !isExplained)
        {
            _faults.Add(new Fault(FaultKind.FalseGap, chain.Name, $"A gap was told ({gap.Reason}), but the log had kept everything since the chain's cursor."));
        }

        chain.Gaps.Add(new ToldGap(at, chain.PassedUntil, IsOfFork: !isExpired));
        chain.CursorAt = at;
        chain.CursorSentAt = at;
        chain.OwedAfter = Math.Min(chain.OwedAfter, at);
    }

    // Whether so many events may be stored behind the chain's cursor (the event of the cursor is not) that the log need not keep those right behind it.
    private bool MayBePassed(ChainState chain) =>
        _publishes.Values.Count(publish => !publish.IsRefused && publish.SettledAt > chain.CursorSentAt && publish.InvokedAt != chain.CursorSentAt) > _retainedEvents;

    // What the log lost by a fork cannot be received any more; but whoever had received some of it is to be told that its log is not this one.
    private bool IsLostByFork(PublishState publish) => _held is not null && publish.StoredAt < _logForkedAt && !_held.Contains(publish.Publish.Key);

    // What a hub left open may be stored after the last events, and then nobody waits for it.
    private bool IsAfterEnds(PublishState publish) => publish.IsUnknown && publish.StoredAt > _endsAt;

    private void CheckForkTold(ChainState chain)
    {
        if (chain.Received.Find(received => IsLostByFork(received.Publish)) is { Publish: { } lost } && !chain.Gaps.Exists(gap => gap.At > _logForkedAt))
        {
            _faults.Add(new Fault(FaultKind.SilentGap, chain.Name, $"{lost.Publish.Key} was received, and lost by the log, and the chain was not told."));
        }
    }

    private void CheckMissing(ChainState chain)
    {
        CheckForkTold(chain);
        foreach (PublishState publish in _publishes.Values)
        {
            bool isOwed = publish.StoredAt != PublishState.Never
                && !IsLostByFork(publish)
                && publish.InvokedAt > chain.OwedAfter
                && chain.Asks(publish.Publish)
                && (chain.SeesPrivate || !publish.Publish.IsPrivate)
                && !chain.Keys.Contains(publish.Publish.Key)
                && (publish.StoredAt < chain.PassedUntil || (chain.IsDrained && !IsAfterEnds(publish)));
            if (!isOwed)
            {
                continue;
            }

            if (chain.Gaps.Exists(gap => publish.InvokedAt < gap.At && publish.StoredAt > gap.PassedUntil))
            {
                _toldMissing++;
                continue;
            }

            _faults.Add(publish.IsReceived
                ? new Fault(FaultKind.SilentGap, chain.Name, $"{publish.Publish.Key} was received by others, and here it is missing.")
                : new Fault(FaultKind.Lost, chain.Name, $"{publish.Publish.Key} was acknowledged as {publish.Id}, and nobody received it."));
        }
    }

    private void CheckOrder(int historyLength)
    {
        if (OrderGraph.FindContradiction(_publishes.Values, _chains.Values, historyLength) is { } keys)
        {
            _faults.Add(new Fault(FaultKind.Reordered, Chain: null, $"Each of these came, or was acknowledged, before the next, and the last before the first: {string.Join(", ", keys)}."));
        }
    }
}
