using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Tidings;

/// <summary>
/// The lists of active subscriptions: the Mercure protocol, section "Subscription API". Only for callers to whom the address is granted as a topic is, and only those
/// subscriptions whose own addresses are.
/// </summary>
internal sealed class SubscriptionsEndpoint(
    SubscriptionLists lists,
    SubscriptionAnnouncer announcer,
    SubscriptionPages pages,
    HubAccess hubAccess,
    ISubscriptionsAccess access,
    IOptions<TidingsOptions> options)
{
    private const string JsonType = "application/json";
    private const string JsonLdType = "application/ld+json";
    private const string PageParameter = "cursor";

    // So many are looked at before others have the list in between.
    private const int LookedAtOnce = 256;

    private static readonly string[] ReadMethods = [HttpMethods.Get, HttpMethods.Head];

    private readonly ConcurrentDictionary<string, bool> _callers = new(StringComparer.Ordinal);

    /// <summary>Maps the addresses below a hub.</summary>
    public static void Map(RouteGroupBuilder hub, IServiceProvider services)
    {
        string pattern = SubscriptionAddress.Segment;
        for (int variables = 0; variables <= 3; variables++)
        {
            int count = variables;
            hub.MapMethods(pattern, ReadMethods, context => services.GetRequiredService<SubscriptionsEndpoint>().HandleAsync(context, count))
                .WithDisplayName("Tidings hub: subscriptions");
            pattern += $"/{{v{variables}}}";
        }
    }

    private async Task HandleAsync(HttpContext context, int variableCount)
    {
        string[] variables = SubscriptionAddress.Variables(context, variableCount);
        if (!options.Value.Subscriptions.Enabled || variables.Length != variableCount || SubscriptionAddress.HubPathOf(context) is not { } hubPath)
        {
            await NotFound().WriteAsync(context);
            return;
        }

        if (await hubAccess.AuthenticateAsync(context) is not { } grants)
        {
            return;
        }

        SubscriptionsCaller caller = access.CallerOf(context, grants);
        if (DialectOf(context, variables, caller) is not { } dialect)
        {
            await NotFound().WriteAsync(context);
            return;
        }

        var asked = new Asked(hubPath, variables, dialect, SubscriptionAddress.Of(hubPath, variables));
        if (!Topic.TryParse(asked.Address, out Topic topic, out _) || !caller.MayReceive(topic))
        {
            await access.RefuseAsync(context, caller);
            return;
        }

        if (!_callers.TryAdd(caller.Key, true))
        {
            context.Response.Headers.RetryAfter = "1";
            await new HubProblem(StatusCodes.Status429TooManyRequests, Field: null, "Subscriptions are listed for each caller once at a time.").WriteAsync(context);
            return;
        }

        try
        {
            await AnswerAsync(context, asked, caller);
        }
        catch (Exception failure) when (failure is PublishException or EventLogException)
        {
            context.Response.Headers.RetryAfter = "1";
            await new HubProblem(StatusCodes.Status503ServiceUnavailable, Field: null, "The log does not answer as it should. Try again in a moment.").WriteAsync(context);
        }
        finally
        {
            _callers.TryRemove(caller.Key, out _);
        }
    }

    private async Task AnswerAsync(HttpContext context, Asked asked, SubscriptionsCaller caller)
    {
        long after = 0;
        SseId cursor;
        if (context.Request.Query.TryGetValue(PageParameter, out StringValues page))
        {
            if (!pages.TryParse(page[0], out after, out cursor))
            {
                await HubProblem.BadField(PageParameter, "This is no page of the list. Begin with the first one.").WriteAsync(context);
                return;
            }
        }
        else
        {
            // Before the list is made: see there.
            cursor = await announcer.CursorAsync(asked.HubPath, context.RequestAborted);
        }

        (List<ListedSubscription> found, bool hasMore) = await FindAsync(asked, caller, after, context.RequestAborted);
        SetHeaders(context, asked, cursor);
        if (asked.IsSingle)
        {
            await (found.Count == 0
                ? NotFound().WriteAsync(context)
                : WriteAsync(context, asked, SubscriptionDocuments.Single(found[0].Subscription, asked.Dialect, cursor)));
            return;
        }

        if (hasMore)
        {
            context.Response.Headers.Append(HeaderNames.Link, $"<{asked.Address}?{PageParameter}={pages.Format(found[^1].Number, cursor)}>; rel=\"next\"");
        }

        await WriteAsync(context, asked, SubscriptionDocuments.List(asked.Address, [.. found.Select(listed => listed.Subscription)], asked.Dialect, cursor));
    }

    private async Task<(List<ListedSubscription> Found, bool HasMore)> FindAsync(Asked asked, SubscriptionsCaller caller, long after, CancellationToken cancellationToken)
    {
        var found = new List<ListedSubscription>();
        int most = options.Value.Subscriptions.PageSize;
        while (await lists.ListAfterAsync(after, LookedAtOnce, cancellationToken) is { Count: > 0 } looked)
        {
            foreach (ListedSubscription listed in looked)
            {
                after = listed.Number;
                if (!asked.Includes(listed.Subscription) || !caller.MayReceive(listed.Subscription.TopicIn(asked.Dialect)))
                {
                    continue;
                }

                if (found.Count == most)
                {
                    return (found, true);
                }

                found.Add(listed);
                if (asked.IsSingle)
                {
                    return (found, false);
                }
            }
        }

        return (found, false);
    }

    /// <summary>Which form is asked for: told by the address, or where it says nothing by what the client accepts and by its token. Null if the form is not spoken.</summary>
    private Dialect? DialectOf(HttpContext context, string[] variables, SubscriptionsCaller caller)
    {
        switch (variables.Length)
        {
            case 0:
                string accept = context.Request.Headers.Accept.ToString();
                bool acceptsLegacy = accept.Contains(JsonLdType, StringComparison.OrdinalIgnoreCase);
                bool acceptsCurrent = accept.Contains(JsonType, StringComparison.OrdinalIgnoreCase);
                Dialect asked = acceptsLegacy == acceptsCurrent ? caller.Dialect ?? Dialect.Current : acceptsLegacy ? Dialect.Legacy : Dialect.Current;
                return access.SpeaksLegacy ? asked : Dialect.Current;
            case 1:
            case 2 when !SubscriptionAddress.IsMatcherType(variables[0]):
                return access.SpeaksLegacy ? Dialect.Legacy : null;
            default:
                return Dialect.Current;
        }
    }

    private static void SetHeaders(HttpContext context, Asked asked, SseId cursor)
    {
        IHeaderDictionary headers = context.Response.Headers;
        bool isCurrent = asked.Dialect == Dialect.Current;
        headers.Link = $"<{asked.HubPath}>; rel=\"mercure\"; last-event-id=\"{cursor.Value}\"; "
            + (isCurrent ? "type=\"mercure\"; " : "") + $"content-type=\"{(isCurrent ? JsonType : JsonLdType)}\"";
        headers.Vary = "Accept, Authorization, Cookie";
    }

    private static async Task WriteAsync(HttpContext context, Asked asked, ArrayBufferWriter<byte> document)
    {
        HttpResponse response = context.Response;
        response.Headers.CacheControl = "private, must-revalidate";

        // Of what this caller is shown: it changes when that changes, and tells nothing of what is hidden.
        var tag = new EntityTagHeaderValue($"\"{Base64Url.EncodeToString(SHA256.HashData(document.WrittenSpan).AsSpan(0, 16))}\"");
        response.Headers.ETag = tag.ToString();
        if (EntityTagHeaderValue.TryParseList(context.Request.Headers.IfNoneMatch, out IList<EntityTagHeaderValue>? known)
            && known.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = asked.Dialect == Dialect.Current ? JsonType : JsonLdType;
        response.ContentLength = document.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(document.WrittenMemory, context.RequestAborted);
        }
    }

    private static HubProblem NotFound() => new(StatusCodes.Status404NotFound, Field: null, "There is no such subscription.");

    /// <summary>What a request asks for.</summary>
    private sealed record Asked(string HubPath, string[] Variables, Dialect Dialect, string Address)
    {
        public bool IsSingle => Variables.Length == (Dialect == Dialect.Current ? 3 : 2);

        public bool Includes(ActiveSubscription subscription)
        {
            int match = Dialect == Dialect.Current ? 1 : 0;
            return subscription.HubPath == HubPath
                && (Dialect == Dialect.Legacy || Variables.Length == 0 || Variables[0] == subscription.Matcher.Type)
                && (Variables.Length <= match || Variables[match] == subscription.Matcher.Match)
                && (Variables.Length <= match + 1 || Variables[match + 1] == subscription.Subscriber);
        }
    }
}
