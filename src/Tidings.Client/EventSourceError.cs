using System.Net;

namespace Tidings.Client;

/// <summary>Why a connection was lost, or never came to be. The reasons from <see cref="NoContent"/> on are final.</summary>
public enum EventSourceErrorReason
{
    /// <summary>The server ended the stream in order. Reconnects.</summary>
    StreamEnded,

    /// <summary>The connection broke while the stream was open. Reconnects.</summary>
    StreamLost,

    /// <summary>No connection, or it broke before the response's headers were complete. Reconnects.</summary>
    ConnectionFailed,

    /// <summary>The response's headers took longer than <see cref="EventSourceOptions.ResponseTimeout"/>. Reconnects.</summary>
    ResponseTimeout,

    /// <summary>No byte came for <see cref="EventSourceOptions.IdleTimeout"/>. Reconnects.</summary>
    IdleTimeout,

    /// <summary>The stream went beyond a limit of <see cref="EventStreamOptions"/>. Reconnects.</summary>
    LimitExceeded,

    /// <summary>A 5xx or 429 while <see cref="EventSourceOptions.RetryOnServerError"/> is set. Reconnects.</summary>
    ServerUnavailable,

    /// <summary>204: the server tells the client to stop. Final, and the normal end for a reader.</summary>
    NoContent,

    /// <summary>Any other status than 200. Final.</summary>
    Status,

    /// <summary>The response's type is not <c>text/event-stream</c>. Final.</summary>
    ContentType,

    /// <summary>The response is compressed although none was asked for. Final.</summary>
    ContentEncoding,

    /// <summary>More than 20 redirects in a row, or one to a place that cannot be followed. Final.</summary>
    Redirect,

    /// <summary>The caller's handler refuses to send a last event ID that is not ASCII; see <see cref="EventSource.CreateHandler"/>. Final.</summary>
    LastEventId,
}

/// <summary>What an error notification tells: the reason, in words and as far as they are known the status and the exception.</summary>
/// <remarks>Immutable; safe for use from several threads.</remarks>
public sealed record EventSourceError
{
    internal EventSourceError(EventSourceErrorReason reason, string message, HttpStatusCode? statusCode = null, Exception? exception = null)
    {
        Reason = reason;
        Message = message;
        StatusCode = statusCode;
        Exception = exception;
    }

    /// <summary>Why.</summary>
    public EventSourceErrorReason Reason { get; }

    /// <summary>A sentence for people; holds no header and no token.</summary>
    public string Message { get; }

    /// <summary>The response's status, if there was a response.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>What the HTTP stack or the decoder threw, if it did.</summary>
    public Exception? Exception { get; }

    /// <summary>Whether the connection is closed for good. Otherwise it is tried again after the reconnection time.</summary>
    public bool IsFinal => Reason >= EventSourceErrorReason.NoContent;
}

/// <summary>The connection is closed for good by an error: what reading throws then. Not thrown for 204, which is the server's way to say that all is told.</summary>
public sealed class EventSourceException : Exception
{
    internal EventSourceException(EventSourceError error)
        : base(error.Message, error.Exception) => Error = error;

    /// <summary>The error, as the notification before told it.</summary>
    public EventSourceError Error { get; }
}
