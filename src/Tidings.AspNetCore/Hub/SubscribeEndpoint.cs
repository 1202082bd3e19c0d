using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>
/// Subscribing at the hub: the Mercure protocol, section "Subscription". <c>match</c> and <c>match_exact</c> are the parameters of protocol 1.0, <c>topic</c>
/// is that of 0.x; one request speaks one dialect.
/// </summary>
internal static class SubscribeEndpoint
{
    private static readonly MediaTypeHeaderValue EventStreamType = new(EventStream.MediaType);

    public static async Task HandleAsync(HttpContext context)
    {
        TidingsOptions options = context.RequestServices.GetRequiredService<IOptions<TidingsOptions>>().Value;
        if (DevGuard.ReadComplaint(context, options) is { } refused)
        {
            await refused.WriteAsync(context);
            return;
        }

        if (!AcceptsEventStream(context.Request))
        {
            await new HubProblem(
                StatusCodes.Status406NotAcceptable,
                HeaderNames.Accept,
                $"The hub answers with {EventStream.MediaType}, which the Accept header excludes.").WriteAsync(context);
            return;
        }

        List<UrlEncoded.Field> query = UrlEncoded.ParseQuery(context.Request.QueryString.Value);
        if (ReadMatchers(query, options, out List<TopicMatcher> matchers) is { } problem)
        {
            await problem.WriteAsync(context);
            return;
        }

        LastEventId asked = LastEventId.From(context.Request);
        if (await context.RequestServices.GetRequiredService<ISubscriptionsAccess>().IdentifyAsync(context) is not { } caller)
        {
            return;
        }

        using IDisposable? active = context.RequestServices.GetRequiredService<ActiveSubscriptions>()
            .Begin(context, caller, [.. matchers.Select(matcher => new SubscribedMatcher("exact", matcher.ToString()))]);
        await SubscriberResponse.WriteAsync(context, asked, new SubscribeOptions(matchers)
        {
            StartAt = asked.StartAt,
            GapTelling = query.Contains(new UrlEncoded.Field("gap", "header")) ? GapTelling.OutsideStream : GapTelling.InStream,
            SlowReaders = SlowReadersMetadata.Of(context),
        });
    }

    private static HubProblem? ReadMatchers(List<UrlEncoded.Field> query, TidingsOptions options, out List<TopicMatcher> matchers)
    {
        matchers = [];
        bool isCurrent = false;
        bool isLegacy = false;
        foreach ((string name, string? value) in query)
        {
            if (name is "match" or "match_exact")
            {
                isCurrent = true;
            }
            else if (name == "topic")
            {
                isLegacy = true;
            }
            else if (name.StartsWith("match", StringComparison.OrdinalIgnoreCase))
            {
                return HubProblem.BadField(name, "This kind of matcher is not supported. Use match or match_exact for one topic, or match=* for all.");
            }
            else
            {
                continue;
            }

            if (value is null)
            {
                return HubProblem.BadField(name, "The value is not valid UTF-8.");
            }

            if (!TopicMatcher.TryParse(value, out TopicMatcher? matcher, out string? complaint))
            {
                return HubProblem.BadField(name, complaint);
            }

            matchers.Add(matcher);
            if (matchers.Count > options.MaxMatchers)
            {
                return HubProblem.BadField(name, $"A subscription can have at most {options.MaxMatchers} matchers.");
            }
        }

        return isCurrent && isLegacy ? HubProblem.BadField("topic", "Use match or topic, not both: they belong to different versions of the protocol.")
            : matchers.Count == 0 ? HubProblem.BadField("match", "Say what to subscribe to: match=TOPIC, several times if need be, or match=* for everything.")
            : null;
    }

    /// <summary>Whether an event stream is among what the client accepts; a client that says nothing accepts anything (RFC 9110, 12.5.1).</summary>
    private static bool AcceptsEventStream(HttpRequest request)
    {
        if (request.Headers.Accept.Count == 0)
        {
            return true;
        }

        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out IList<MediaTypeHeaderValue>? accepted))
        {
            return false;
        }

        foreach (MediaTypeHeaderValue range in accepted)
        {
            if (range.Quality is not 0 && EventStreamType.IsSubsetOf(new MediaTypeHeaderValue(range.MediaType)))
            {
                return true;
            }
        }

        return false;
    }
}
