namespace Tidings.Testing;

/// <summary>What nodes tell each other, in the memory of a test: with a clock of its own, and a hook to fail or to hold whoever asks.</summary>
/// <remarks>Safe for use from several threads; the hooks run on the caller's path.</remarks>
public sealed class MemoryNodeEntries(TimeProvider clock) : INodeEntries
{
    private readonly Lock _gate = new();

    // All below are guarded by _gate.
    private readonly Dictionary<Guid, Life> _nodes = [];
    private readonly SortedDictionary<long, Kept> _entries = [];
    private long _lastPlace;

    /// <summary>Runs before anything is done, with the name of the member; throwing is a store that does not answer.</summary>
    public Func<string, Task>? Before { get; set; }

    /// <summary>Runs when it was done, with the name of the member; throwing makes the outcome unknown.</summary>
    public Func<string, Task>? After { get; set; }

    /// <inheritdoc />
    public TimeSpan Lease => TimeSpan.FromSeconds(20);

    /// <summary>How many entries are kept, whether they have ended or not.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>How many nodes are known, whether they have ended or not.</summary>
    public int NodeCount
    {
        get
        {
            lock (_gate)
            {
                return _nodes.Count;
            }
        }
    }

    /// <summary>Loses everything.</summary>
    public void Lose()
    {
        lock (_gate)
        {
            _nodes.Clear();
            _entries.Clear();
        }
    }

    /// <summary>Lets the lease of a node run out at once.</summary>
    public void RunOut(Guid node)
    {
        lock (_gate)
        {
            _nodes[node].Until = clock.GetUtcNow();
        }
    }

    /// <summary>Lets the time pass for which what a node has taken is nobody else's.</summary>
    public void ForgetTakers()
    {
        lock (_gate)
        {
            foreach (Life life in _nodes.Values)
            {
                life.TakenUntil = clock.GetUtcNow();
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask JoinAsync(Guid node, CancellationToken cancellationToken) => await DoAsync(nameof(JoinAsync), () => _nodes.TryAdd(node, new Life { Until = clock.GetUtcNow() + Lease }));

    /// <inheritdoc />
    public async ValueTask<bool> RenewAsync(Guid node, CancellationToken cancellationToken) => await DoAsync(nameof(RenewAsync), () =>
    {
        bool isAlive = IsAliveLocked(node);
        if (isAlive)
        {
            _nodes[node].Until = clock.GetUtcNow() + Lease;
        }

        return isAlive;
    });

    /// <inheritdoc />
    public async ValueTask<bool> ChangeAsync(Guid node, IReadOnlyList<NodeEntry> added, IReadOnlyList<long> ended, CancellationToken cancellationToken) => await DoAsync(nameof(ChangeAsync), () =>
    {
        if (!IsAliveLocked(node))
        {
            return false;
        }

        foreach (NodeEntry entry in added)
        {
            if (FindLocked(node, entry.Key) is null)
            {
                _entries.Add(++_lastPlace, new Kept(new NodeEntry(node, entry.Key, entry.Value, _lastPlace)));
            }
        }

        foreach (long key in ended)
        {
            if (FindLocked(node, key) is { } kept)
            {
                kept.HasEnded = true;
            }
        }

        return true;
    });

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<NodeEntry>> ListAfterAsync(long place, int max, CancellationToken cancellationToken) => await DoAsync(nameof(ListAfterAsync), () =>
        (IReadOnlyList<NodeEntry>)[.. _entries.Values
            .Where(kept => kept.Entry.Place > place && !kept.HasEnded && _nodes[kept.Entry.Node].Taker is null)
            .Select(kept => kept.Entry)
            .Take(max)]);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<NodeEntry>> TakeEndedAsync(Guid node, int max, CancellationToken cancellationToken) => await DoAsync(nameof(TakeEndedAsync), () =>
    {
        DateTimeOffset now = clock.GetUtcNow();
        foreach ((Guid id, Life life) in _nodes.ToArray())
        {
            if (life.Until <= now && (life.Taker is null || life.Taker == node || life.TakenUntil <= now))
            {
                life.Taker = node;
                life.TakenUntil = now + Lease;
                if (_entries.Values.All(kept => kept.Entry.Node != id))
                {
                    _nodes.Remove(id);
                }
            }
        }

        return (IReadOnlyList<NodeEntry>)[.. _entries.Values.Select(kept => kept.Entry).Where(entry => _nodes[entry.Node].Taker == node).Take(max)];
    });

    /// <inheritdoc />
    public async ValueTask RemoveAsync(IReadOnlyList<NodeEntry> entries, CancellationToken cancellationToken) => await DoAsync(nameof(RemoveAsync), () =>
    {
        foreach (NodeEntry entry in entries)
        {
            if (FindLocked(entry.Node, entry.Key) is { } kept)
            {
                _entries.Remove(kept.Entry.Place);
            }
        }

        return true;
    });

    /// <inheritdoc />
    public async ValueTask LeaveAsync(Guid node, CancellationToken cancellationToken) => await DoAsync(nameof(LeaveAsync), () =>
    {
        if (_nodes.TryGetValue(node, out Life? life))
        {
            life.Until = clock.GetUtcNow();
        }

        return true;
    });

    private async Task<T> DoAsync<T>(string member, Func<T> work)
    {
        await (Before?.Invoke(member) ?? Task.CompletedTask);
        T result;
        lock (_gate)
        {
            result = work();
        }

        await (After?.Invoke(member) ?? Task.CompletedTask);
        return result;
    }

    private bool IsAliveLocked(Guid node) => _nodes.TryGetValue(node, out Life? life) && life.Until > clock.GetUtcNow() && life.Taker is null;

    private Kept? FindLocked(Guid node, long key) => _entries.Values.FirstOrDefault(kept => kept.Entry.Node == node && kept.Entry.Key == key);

    private sealed class Life
    {
        public DateTimeOffset Until { get; set; }

        public Guid? Taker { get; set; }

        public DateTimeOffset TakenUntil { get; set; }
    }

    private sealed class Kept(NodeEntry entry)
    {
        public NodeEntry Entry { get; } = entry;

        public bool HasEnded { get; set; }
    }
}
