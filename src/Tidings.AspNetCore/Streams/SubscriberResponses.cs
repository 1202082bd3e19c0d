using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>Answers requests, each with what one subscriber of the broker receives.</summary>
internal sealed class SubscriberResponses(Broker broker, OpenStreams streams, StreamGate gate)
{
    // The id before the first event that the stream can hold: the client compares it with what it asked for (Mercure, "Reconciliation").
    internal static readonly string[] CursorHeaders = ["Mercure-Last-Event-ID", "Last-Event-ID"];

    /// <summary>Opens the subscriber; null if it was refused, and then the request is answered.</summary>
    /// <param name="context">The request.</param>
    /// <param name="asked">What the client came with; where to start has been made of it.</param>
    /// <param name="options">What the subscriber asks for.</param>
    public async Task<Subscriber?> OpenAsync(HttpContext context, LastEventId asked, SubscribeOptions options)
    {
        Subscriber subscriber;
        try
        {
            subscriber = await broker.SubscribeAsync(options, context.RequestAborted);
        }
        catch (SubscribeException refused) when (refused.Failure == SubscribeFailure.TooManyPatterns)
        {
            await gate.RefuseAsync(
                context, StatusCodes.Status429TooManyRequests, "Too many different patterns are in use at this hub. Try again later, or name the topics exactly.");
            return null;
        }
        catch (EventLogException failure)
        {
            // The place of the cursor cannot be looked up now. An error would end a browser's EventSource for good, and the log will be back.
            EventStreamLog.LogUnreadable(streams.Logger, failure);
            await gate.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The log does not answer. Try again in a moment.");
            return null;
        }

        if (asked.IsSent)
        {
            string told = subscriber.StartGap is null && !string.IsNullOrEmpty(asked.Value) ? HeaderText.Id(asked.Value) : ReservedNames.Earliest;
            foreach (string header in CursorHeaders)
            {
                context.Response.Headers[header] = told;
            }
        }

        return subscriber;
    }

    /// <param name="context">The request.</param>
    /// <param name="subscriber">Whose events are written.</param>
    /// <param name="tellsPlaces">Whether the client asked for cursor heartbeats.</param>
    /// <param name="term">How long the stream may last; null for as long as anybody likes.</param>
    public Task WriteAsync(HttpContext context, Subscriber subscriber, bool tellsPlaces, StreamTerm? term)
    {
        CursorHeartbeat? cursor = tellsPlaces ? new CursorHeartbeat(subscriber, streams) : null;
        return EventStreamResponse.WriteAsync(context, streams, subscriber, cursor, term);
    }
}
