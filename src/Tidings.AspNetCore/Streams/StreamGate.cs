using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>What every stream passes before it opens, the hub's and the app's own: not while the app stops, and not one too many.</summary>
internal sealed class StreamGate(OpenStreams streams, StreamLimits limits, PatternShares shares)
{
    private const int ShortestRetrySeconds = 5;
    private const int LongestRetrySeconds = 30;

    /// <summary>Lets the stream in until the result is disposed; null if it was refused, and then the request is answered.</summary>
    /// <param name="context">The request.</param>
    /// <param name="subject">Who the client is; empty if nobody knows.</param>
    /// <param name="tokenId">Which token it showed; empty for one without an id.</param>
    public async Task<IDisposable?> TryEnterAsync(HttpContext context, string subject, string tokenId = "")
    {
        if (streams.IsDraining)
        {
            await EventStreamResponse.WriteComeBackAsync(context, streams.RandomRetry());
            return null;
        }

        IDisposable? lease = limits.TryEnter(context.Connection.RemoteIpAddress, subject, tokenId, out bool isTotal);
        if (lease is null)
        {
            await (isTotal
                ? RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "Too many streams are open here.")
                : RefuseAsync(context, StatusCodes.Status429TooManyRequests, "This client has too many streams open."));
        }

        return lease;
    }

    /// <summary>Lets the hub's client use the patterns among <paramref name="matchers"/> until the result is disposed; null if they are too many for it, and then the request is answered.</summary>
    public async Task<IDisposable?> TryTakePatternsAsync(HttpContext context, HubGrants grants, List<TopicMatcher> matchers)
    {
        IDisposable? taken = shares.TryTake(StreamClient.Of(grants, context.Connection.RemoteIpAddress), matchers);
        if (taken is null)
        {
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, "This client's streams use too many different patterns. End some of them, or name the topics exactly.");
        }

        return taken;
    }

    /// <summary>Says whether the client may have what it asks for of the past; if not, the request is answered.</summary>
    public async Task<bool> MayReplayAsync(HttpContext context, StartAt startAt, ReplayAccount? account)
    {
        bool may = startAt.Kind == StartKind.Latest || account is not { IsSpent: true };
        if (!may)
        {
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, "This client has had as much of the past as it may have for now.");
        }

        return may;
    }

    /// <summary>Sends away a client for which there is no room now: with <paramref name="status"/>, or softly if it takes event streams as browsers do.</summary>
    public Task RefuseAsync(HttpContext context, int status, string detail)
    {
        // Random, so that those who were refused together do not come back together.
        int seconds = Random.Shared.Next(ShortestRetrySeconds, LongestRetrySeconds + 1);
        if (streams.Options.Streams.RefuseSoftly && context.Request.Headers.Accept.ToString().Contains(EventStream.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            return EventStreamResponse.WriteComeBackAsync(context, TimeSpan.FromSeconds(seconds), detail);
        }

        // Room is what is missing: whoever is refused must not keep some of it.
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }

        context.Response.Headers[HeaderNames.RetryAfter] = seconds.ToString(CultureInfo.InvariantCulture);
        return new HubProblem(status, Field: null, detail).WriteAsync(context);
    }
}
