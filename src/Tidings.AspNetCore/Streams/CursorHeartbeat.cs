using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// Tells a client that asked for it the place where its stream is, as an id without an event: the client keeps the id and dispatches nothing (WHATWG HTML 9.2.6). So a client
/// that is cut before its first event has a cursor, and one that listens to a quiet topic does not fall out of the log's retention through what is published elsewhere.
/// </summary>
/// <remarks>Ids reveal nothing of what they stand for, so it does not matter whose event is at the place. The timer asks <see cref="IsDue"/>, the response the rest.</remarks>
internal sealed class CursorHeartbeat(Subscriber subscriber, OpenStreams streams)
{
    private const string Parameter = "cursor";
    private const string Value = "heartbeat";

    private long _lastLook = streams.Time.GetTimestamp(); // Read by the timer.
    private long? _told;

    /// <summary>Whether the client asks for cursor heartbeats: some clients take any blank line for an event, so nobody is sent them unasked.</summary>
    public static bool IsAskedFor(List<UrlEncoded.Field> parameters) => parameters.Contains(new UrlEncoded.Field(Parameter, Value));

    /// <summary>The same for a request whose parameters are all in its URL.</summary>
    public static bool IsAskedFor(HttpRequest request) => IsAskedFor(UrlEncoded.ParseQuery(request.QueryString.Value));

    /// <summary>Whether the time has come to look at the place again. From any thread.</summary>
    public bool IsDue(long now) =>
        streams.Time.GetElapsedTime(Volatile.Read(ref _lastLook), now) >= streams.Options.CursorHeartbeatInterval;

    /// <summary>The gap that is told before the first place, if there is one: its id would be behind otherwise.</summary>
    public bool TryReadGap(out ReadOnlyMemory<byte> frame) => subscriber.TryReadGap(out frame);

    /// <summary>The frame that tells the place; empty if it is the one that was told last, or if the log does not answer: the next time will do.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _lastLook, streams.Time.GetTimestamp());
        try
        {
            if (await subscriber.TakePlaceAsync(_told, cancellationToken) is not { } taken)
            {
                return default;
            }

            _told = taken.Place;
            return SseFrame.Complete(default, taken.Id);
        }
        catch (EventLogException)
        {
            return default;
        }
    }
}
