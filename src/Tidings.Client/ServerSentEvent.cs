namespace Tidings.Client;

/// <summary>One event as a listener sees it: the <c>MessageEvent</c> of WHATWG HTML 9.2.6.</summary>
/// <remarks>Immutable; safe for use from several threads. A value type, so that an event costs no more than its strings.</remarks>
public readonly record struct ServerSentEvent
{
    private readonly string? _type;
    private readonly string? _data;
    private readonly string? _lastEventId;
    private readonly string? _origin;

    /// <summary>Makes an event, as tests of a consumer need it.</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public ServerSentEvent(string type, string data, string lastEventId = "", string origin = "")
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(lastEventId);
        ArgumentNullException.ThrowIfNull(origin);
        _type = type;
        _data = data;
        _lastEventId = lastEventId;
        _origin = origin;
    }

    /// <summary>The type that listeners select by; <c>message</c> when the stream names none.</summary>
    public string Type => _type ?? "message";

    /// <summary>The values of all <c>data</c> lines, joined by LF.</summary>
    public string Data => _data ?? "";

    /// <summary>The last event ID after this event: its own, or that of an earlier event; empty when there is none.</summary>
    public string LastEventId => _lastEventId ?? "";

    /// <summary>Scheme, host and port of the final URL, after redirects, such as <c>https://example.org</c>; empty when the event was read from a bare stream.</summary>
    public string Origin => _origin ?? "";
}
