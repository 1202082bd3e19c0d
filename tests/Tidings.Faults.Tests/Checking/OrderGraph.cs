namespace Tidings.Faults.Tests.Checking;

/// <summary>
/// Looks for one order of all events that agrees with every chain and with real time. Events are nodes of a graph with an edge from each to the next on a chain; real
/// time is a line of nodes beside them, which an event enters when it is known to be stored and leaves when it is sent. So "A was stored before B was sent" is a
/// path, without an edge for each such pair. An order exists if and only if there is no circle.
/// </summary>
internal sealed class OrderGraph
{
    private readonly List<string?> _names = []; // Null for a moment in time.
    private readonly List<List<int>> _next = [];

    private OrderGraph()
    {
    }

    /// <summary>The keys of events that contradict each other, or null if all agree.</summary>
    public static List<string>? FindContradiction(IEnumerable<PublishState> publishes, IEnumerable<ChainState> chains, int historyLength)
    {
        var graph = new OrderGraph();
        var nodes = new Dictionary<PublishState, int>();
        int[] moments = new int[historyLength]; // The time node in front of which something is stored, or after which something is sent; 0 for none.
        graph.Add(name: null);
        foreach (PublishState publish in publishes)
        {
            if (publish.StoredAt == PublishState.Never || publish.IsStoredAgain)
            {
                continue;
            }

            nodes.Add(publish, graph.Add(publish.Publish.Key));
            moments[publish.InvokedAt] = -1;
            moments[publish.StoredAt] = -1;
        }

        int last = 0;
        for (int at = 0; at < historyLength; at++)
        {
            if (moments[at] != 0)
            {
                moments[at] = graph.Add(name: null);
                graph._next[last].Add(moments[at]);
                last = moments[at];
            }
        }

        foreach ((PublishState publish, int node) in nodes)
        {
            graph._next[node].Add(moments[publish.StoredAt]);
            graph._next[moments[publish.InvokedAt]].Add(node);
        }

        foreach (ChainState chain in chains)
        {
            (int At, int Node)? before = null;
            foreach ((int at, PublishState publish) in chain.Received)
            {
                if (nodes.TryGetValue(publish, out int node))
                {
                    if (before is { } previous && chain.IsInOrder(previous.At, at))
                    {
                        graph._next[previous.Node].Add(node);
                    }

                    before = (at, node);
                }
            }
        }

        return graph.FindCircle();
    }

    private int Add(string? name)
    {
        _names.Add(name);
        _next.Add([]);
        return _names.Count - 1;
    }

    private List<string>? FindCircle()
    {
        int[] waitsFor = new int[_next.Count];
        foreach (List<int> targets in _next)
        {
            foreach (int target in targets)
            {
                waitsFor[target]++;
            }
        }

        var free = new Stack<int>(Enumerable.Range(0, _next.Count).Where(node => waitsFor[node] == 0));
        int placed = 0;
        while (free.TryPop(out int node))
        {
            placed++;
            foreach (int target in _next[node])
            {
                if (--waitsFor[target] == 0)
                {
                    free.Push(target);
                }
            }
        }

        return placed == _next.Count ? null : NameCircle(waitsFor);
    }

    // Every node that could not be placed waits for another such node: walking backwards must come to a node a second time.
    private List<string> NameCircle(int[] waitsFor)
    {
        int[] before = new int[_next.Count];
        for (int node = 0; node < _next.Count; node++)
        {
            if (waitsFor[node] > 0)
            {
                foreach (int target in _next[node])
                {
                    before[target] = node;
                }
            }
        }

        var steps = new Dictionary<int, int>();
        var path = new List<int>();
        int current = Array.FindIndex(waitsFor, count => count > 0);
        while (steps.TryAdd(current, path.Count))
        {
            path.Add(current);
            current = before[current];
        }

        List<int> circle = path[steps[current]..];
        circle.Reverse();
        return [.. circle.Select(node => _names[node]).OfType<string>()];
    }
}
