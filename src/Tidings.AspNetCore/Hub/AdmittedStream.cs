namespace Tidings;

/// <summary>A stream of the hub that may open, and what it holds as long as it is open: given back in the opposite order.</summary>
internal sealed class AdmittedStream(LastEventId asked, SubscribeOptions options, bool tellsPlaces, IDisposable lease) : IDisposable
{
    /// <summary>What the client came with.</summary>
    public LastEventId Asked => asked;

    /// <summary>What the subscriber asks for.</summary>
    public SubscribeOptions Options => options;

    /// <summary>Whether the client asked for cursor heartbeats.</summary>
    public bool TellsPlaces => tellsPlaces;

    /// <summary>How long it may last.</summary>
    public StreamTerm? Term { get; set; }

    /// <summary>Its part of the patterns that its client may use.</summary>
    public IDisposable? Patterns { get; set; }

    /// <summary>Its place among the active subscriptions; null if they are not told.</summary>
    public IDisposable? Subscription { get; set; }

    /// <summary>The watch over the key behind its rights; null if there is none.</summary>
    public IDisposable? Token { get; set; }

    public void Dispose()
    {
        Token?.Dispose();
        Subscription?.Dispose();
        Patterns?.Dispose();
        lease.Dispose();
    }
}
