namespace Tidings.Client;

/// <summary>The state of an <see cref="EventSource"/> (WHATWG HTML 9.2.2), with the standard's numbers.</summary>
public enum ReadyState
{
    /// <summary>"The connection has not yet been established, or it was closed and the user agent is reconnecting."</summary>
    Connecting = 0,

    /// <summary>The stream is open; events are dispatched as they are received.</summary>
    Open = 1,

    /// <summary>The connection is closed for good: by <see cref="EventSource.Close"/>, by the server, or by an error that no repetition can mend.</summary>
    Closed = 2,
}
