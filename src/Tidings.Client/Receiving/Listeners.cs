namespace Tidings.Client.Receiving;

/// <summary>Listeners by event type, called in the order in which they were added. Safe for use from several threads.</summary>
internal sealed class Listeners
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Action<ServerSentEvent>[]> _byType = new(StringComparer.Ordinal); // Guarded by _gate; the arrays never change.

    public void Add(string type, Action<ServerSentEvent> listener)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(listener);
        lock (_gate)
        {
            Action<ServerSentEvent>[] present = _byType.GetValueOrDefault(type, []);
            if (!present.Contains(listener))
            {
                _byType[type] = [.. present, listener];
            }
        }
    }

    public void Remove(string type, Action<ServerSentEvent> listener)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(listener);
        lock (_gate)
        {
            if (_byType.TryGetValue(type, out Action<ServerSentEvent>[]? present))
            {
                _byType[type] = [.. present.Where(other => other != listener)];
            }
        }
    }

    public void Call(ServerSentEvent received)
    {
        Action<ServerSentEvent>[] listeners;
        lock (_gate)
        {
            listeners = _byType.GetValueOrDefault(received.Type, []);
        }

        foreach (Action<ServerSentEvent> listener in listeners)
        {
            listener(received);
        }
    }
}
