using System.Diagnostics.CodeAnalysis;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Tidings;

/// <summary>
/// Results that answer a request with an event stream, for endpoints that decide for themselves. An endpoint mapped by <c>MapEventStream</c> may also return
/// topics or an enumerable as they are.
/// </summary>
public static class EventStream
{
    /// <summary>The media type of event streams (WHATWG HTML 9.2.5).</summary>
    public const string MediaType = "text/event-stream";

    /// <summary>
    /// The answer when a stream is over and must not be asked for again: 204, for which a browser stops reconnecting (WHATWG HTML 9.2.2).
    /// </summary>
    public static IResult Over { get; } = TypedResults.NoContent();

    /// <summary>
    /// Streams the events that the broker has on <paramref name="topics"/>, private ones included: the endpoint has decided who may see them.
    /// A client that reconnects goes on after the last event that it has.
    /// </summary>
    public static IResult Of(params IEnumerable<Topic> topics)
    {
        ArgumentNullException.ThrowIfNull(topics);
        return new TopicsResult([.. topics.Select(TopicMatcher.Exact)]);
    }

    /// <summary>Streams the events of <paramref name="events"/> as they come, and ends with it.</summary>
    public static IResult Of(IAsyncEnumerable<ServerEvent> events) => new EnumerableResult<ServerEvent>(events, static item => item);

    /// <summary>Streams each text of <paramref name="events"/> as the data of an event, and ends with it.</summary>
    public static IResult Of(IAsyncEnumerable<string> events) => new EnumerableResult<string>(events, static item => new ServerEvent(item));

    /// <summary>Streams the framework's own event items; their data is written as it is.</summary>
    public static IResult Of(IAsyncEnumerable<SseItem<string>> events) => new EnumerableResult<SseItem<string>>(events, static item => FromItem(item, item.Data));

    /// <summary>Streams each value of <paramref name="events"/> as JSON (camelCase), and ends with it.</summary>
    [RequiresUnreferencedCode("Reads the type by reflection. Map to ServerEvent with ServerEvent.Json and a JsonTypeInfo in a trimmed app.")]
    [RequiresDynamicCode("Reads the type by reflection. Map to ServerEvent with ServerEvent.Json and a JsonTypeInfo in a native app.")]
    public static IResult OfJson<T>(IAsyncEnumerable<T> events) => new EnumerableResult<T>(events, static item => ServerEvent.Json(item));

    [RequiresUnreferencedCode("Reads the type by reflection.")]
    [RequiresDynamicCode("Reads the type by reflection.")]
    internal static IResult OfJsonItems<T>(IAsyncEnumerable<SseItem<T>> events) =>
        new EnumerableResult<SseItem<T>>(events, static item => FromItem(item, ServerEvent.Json(item.Data).Data));

    private static ServerEvent FromItem<T>(SseItem<T> item, string? data) => new(
        data,
        item.EventType == SseParser.EventTypeDefault ? null : item.EventType,
        string.IsNullOrEmpty(item.EventId) ? null : item.EventId)
    {
        Retry = item.ReconnectionInterval,
    };

    private sealed class TopicsResult(TopicMatcher[] matchers) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            IServiceProvider services = httpContext.RequestServices;
            StreamGate gate = services.GetRequiredService<StreamGate>();
            LastEventId asked = LastEventId.From(httpContext.Request);
            string subject = httpContext.User.Identity?.Name ?? "";
            ReplayAccount? replays = services.GetRequiredService<ReplayBudgets>().AccountOf(httpContext.Connection.RemoteIpAddress, subject, tokenId: "");
            if (!await gate.MayReplayAsync(httpContext, asked.StartAt, replays))
            {
                return;
            }

            using IDisposable? lease = await gate.TryEnterAsync(httpContext, subject);
            if (lease is null)
            {
                return;
            }

            var subscribe = new SubscribeOptions(matchers)
            {
                StartAt = asked.StartAt,
                Visibility = EventVisibility.IncludingPrivate,
                SlowReaders = SlowReadersMetadata.Of(httpContext),
                Replays = replays,
            };
            SubscriberResponses responses = services.GetRequiredService<SubscriberResponses>();
            await using Subscriber? subscriber = await responses.OpenAsync(httpContext, asked, subscribe);
            if (subscriber is not null)
            {
                await responses.WriteAsync(httpContext, subscriber, CursorHeartbeat.IsAskedFor(httpContext.Request), term: null);
            }
        }
    }

    private sealed class EnumerableResult<T>(IAsyncEnumerable<T> events, Func<T, ServerEvent> toEvent) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            StreamGate gate = httpContext.RequestServices.GetRequiredService<StreamGate>();
            using IDisposable? lease = await gate.TryEnterAsync(httpContext, httpContext.User.Identity?.Name ?? "");
            if (lease is null)
            {
                return;
            }

            OpenStreams streams = httpContext.RequestServices.GetRequiredService<OpenStreams>();
            await using var reader = new EnumerableFrameReader<T>(events, toEvent, streams.Logger);
            await EventStreamResponse.WriteAsync(httpContext, streams, reader);
        }
    }
}
