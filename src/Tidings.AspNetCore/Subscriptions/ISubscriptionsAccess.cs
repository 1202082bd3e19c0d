using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>Who a request comes from and what of the active subscriptions it may see: the one place where the subscriptions meet the rights of callers.</summary>
internal interface ISubscriptionsAccess
{
    /// <summary>Whether protocol 0.x is spoken: then subscriptions are told and listed in its forms, too.</summary>
    bool SpeaksLegacy { get; }

    /// <summary>Says who a request comes from that has shown <paramref name="grants"/>.</summary>
    SubscriptionsCaller CallerOf(HttpContext context, HubGrants grants);

    /// <summary>Answers a caller that may not see what it asks for.</summary>
    Task RefuseAsync(HttpContext context, SubscriptionsCaller caller);
}

/// <summary>Who subscribes, or asks who does.</summary>
internal sealed record SubscriptionsCaller
{
    /// <summary>The same for all requests of one caller: lists are made for each one at a time.</summary>
    public required string Key { get; init; }

    /// <summary>Whether the caller has shown no token.</summary>
    public required bool IsAnonymous { get; init; }

    /// <summary>The protocol of the caller's token; null if it does not say.</summary>
    public Dialect? Dialect { get; init; }

    /// <summary>Whether private events on a topic may be received: the addresses of subscriptions are topics, and their lists are private as their events are.</summary>
    public Func<Topic, bool> MayReceive { get; init; } = static _ => false;

    /// <summary>What is told about the subscriber by way of a matcher; null for nothing.</summary>
    public Func<string, JsonElement?> PayloadFor { get; init; } = static _ => null;
}
