namespace Tidings;

/// <summary>A stream of the hub that may open, and what it holds as long as it is open: given back in the opposite order.</summary>
internal sealed class AdmittedStream(LastEventId asked, SubscribeOptions options, bool tellsPlaces, IDisposable lease) : IDisposable
{
    private readonly Stack<IDisposable> _held = new([lease]);

    /// <summary>What the client came with.</summary>
    public LastEventId Asked => asked;

    /// <summary>What the subscriber asks for.</summary>
    public SubscribeOptions Options => options;

    /// <summary>Whether the client asked for cursor heartbeats.</summary>
    public bool TellsPlaces => tellsPlaces;

    /// <summary>How long it may last.</summary>
    public StreamTerm? Term { get; set; }

    /// <summary>Adds what is given back with the stream's end.</summary>
    public void Hold(IDisposable? held)
    {
        if (held is not null)
        {
            _held.Push(held);
        }
    }

    public void Dispose()
    {
        while (_held.TryPop(out IDisposable? held))
        {
            held.Dispose();
        }
    }
}
