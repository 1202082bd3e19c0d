using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>
/// Subscribing at the hub: the Mercure protocol, section "Subscription". <c>match</c>, <c>match_exact</c> and <c>match_urlpattern</c> are the parameters of protocol 1.0,
/// <c>topic</c> with its selectors is that of 0.x; one request speaks one dialect.
/// </summary>
internal sealed class SubscribeEndpoint(
    HubAccess access,
    StreamGate gate,
    SubscriberResponses responses,
    ReplayBudgets budgets,
    ISubscriptionsAccess subscriptionsAccess,
    ActiveSubscriptions subscriptions,
    IOptions<TidingsOptions> settings,
    TimeProvider timeProvider,
    TokenWatch? tokens = null)
{
    /// <summary>A safe method with a body, for what does not fit into a URL (draft-ietf-httpbis-safe-method-w-body).</summary>
    public const string QueryMethod = "QUERY";

    private static readonly MediaTypeHeaderValue EventStreamType = new(EventStream.MediaType);

    public async Task HandleAsync(HttpContext context)
    {
        // What decides whether a stream opens is not kept: it may be open for hours, and there are many.
        using AdmittedStream? admitted = await AdmitAsync(context);
        if (admitted is null)
        {
            return;
        }

        await using Subscriber? subscriber = await responses.OpenAsync(context, admitted.Asked, admitted.Options);
        if (subscriber is not null)
        {
            await responses.WriteAsync(context, subscriber, admitted.TellsPlaces, admitted.Term);
        }
    }

    /// <summary>What the request may have; null if it was refused, and then it is answered.</summary>
    private async Task<AdmittedStream?> AdmitAsync(HttpContext context)
    {
        TidingsOptions options = settings.Value;
        if (await access.AuthenticateAsync(context) is not { } grants || !await access.MaySubscribeAsync(context, grants))
        {
            return null;
        }

        if (!AcceptsEventStream(context.Request))
        {
            await new HubProblem(
                StatusCodes.Status406NotAcceptable,
                HeaderNames.Accept,
                $"The hub answers with {EventStream.MediaType}, which the Accept header excludes.").WriteAsync(context);
            return null;
        }

        (List<UrlEncoded.Field> query, HubProblem? problem) = await SubscribeQuery.ReadAsync(context, options);
        List<TopicMatcher> matchers = [];
        problem ??= ReadMatchers(query, options, matchers);
        if (problem is not null)
        {
            await problem.WriteAsync(context);
            return null;
        }

        LastEventId asked = LastEventId.From(context.Request, query);
        string subject = grants.IsNamed ? grants.Subject : "";
        ReplayAccount? replays = budgets.AccountOf(context.Connection.RemoteIpAddress, subject, grants.TokenId);
        if (!await gate.MayReplayAsync(context, asked.StartAt, replays))
        {
            return null;
        }

        var subscribe = new SubscribeOptions(matchers)
        {
            StartAt = asked.StartAt,
            Visibility = EventVisibility.Granted(grants.Receivable.Matchers.ToArray()),
            GapTelling = query.Contains(new UrlEncoded.Field("gap", "header")) ? GapTelling.OutsideStream : GapTelling.InStream,
            SlowReaders = SlowReadersMetadata.Of(context),
            Replays = replays,
        };
        if (await gate.TryEnterAsync(context, subject, grants.TokenId) is not { } lease)
        {
            return null;
        }

        var admitted = new AdmittedStream(asked, subscribe, CursorHeartbeat.IsAskedFor(query), lease);
        try
        {
            return await HoldAsync(context, admitted, grants, options, matchers);
        }
        catch
        {
            admitted.Dispose();
            throw;
        }
    }

    // What lasts as long as the stream: its patterns, its place among the active subscriptions, and its token.
    private async Task<AdmittedStream?> HoldAsync(HttpContext context, AdmittedStream admitted, HubGrants grants, TidingsOptions options, List<TopicMatcher> matchers)
    {
        admitted.Patterns = await gate.TryTakePatternsAsync(context, grants, matchers);
        if (admitted.Patterns is null)
        {
            admitted.Dispose();
            return null;
        }

        SubscriptionsCaller caller = subscriptionsAccess.CallerOf(context, grants);
        admitted.Subscription = subscriptions.Begin(context, caller, [.. matchers.Select(matcher => new SubscribedMatcher(matcher.TypeName, matcher.Text))]);
        WatchedToken? token = tokens?.Watch(grants);
        admitted.Token = token;
        DateTimeOffset now = timeProvider.GetUtcNow();
        admitted.Term = new StreamTerm(options, now, grants.Expires, token?.Ended ?? CancellationToken.None);
        return admitted;
    }

    private static HubProblem? ReadMatchers(List<UrlEncoded.Field> query, TidingsOptions options, List<TopicMatcher> matchers)
    {
        bool isCurrent = false;
        bool isLegacy = false;
        var limits = new PatternLimits(options.MaxPatternBytes, options.MaxPatternGroups);
        foreach ((string name, string? value) in query)
        {
            if (TypeOf(name) is { } type)
            {
                isLegacy |= type == MatcherType.UriTemplate;
                isCurrent |= type != MatcherType.UriTemplate;
            }
            else if (name.StartsWith("match", StringComparison.OrdinalIgnoreCase))
            {
                return HubProblem.BadField(name, "This kind of matcher is not supported. Use match or match_exact for one topic, match_urlpattern for a URL pattern, or match=* for all.");
            }
            else
            {
                continue;
            }

            if (value is null)
            {
                return HubProblem.BadField(name, "The value is not valid UTF-8.");
            }

            // Counted before it is read: a pattern costs time to compile.
            if (matchers.Count == options.MaxMatchers)
            {
                return HubProblem.BadField(name, $"A subscription can have at most {options.MaxMatchers} matchers.");
            }

            if (!TopicMatcher.TryParse(TypeOf(name)!.Value, value, options.PublicUrl, limits, out TopicMatcher? matcher, out string? complaint)) // known: checked above
            {
                return HubProblem.BadField(name, complaint);
            }

            matchers.Add(matcher);
        }

        return isCurrent && isLegacy ? HubProblem.BadField("topic", "Use match or topic, not both: they belong to different versions of the protocol.")
            : matchers.Count == 0 ? HubProblem.BadField("match", "Say what to subscribe to: match=TOPIC, several times if need be, or match=* for everything.")
            : null;
    }

    private static MatcherType? TypeOf(string name) => name switch
    {
        "match" or "match_exact" => MatcherType.Exact,
        "match_urlpattern" => MatcherType.UrlPattern,
        "topic" => MatcherType.UriTemplate,
        _ => null,
    };

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
