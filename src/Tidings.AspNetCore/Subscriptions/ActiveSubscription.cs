using System.Text.Json;

namespace Tidings;

/// <summary>One matcher of one open stream.</summary>
/// <param name="HubPath">The path of the hub.</param>
/// <param name="Matcher">What selects the events.</param>
/// <param name="Subscriber">The stream: a random <c>urn:uuid:</c>, the same for all its matchers.</param>
/// <param name="Payload">What the token tells about the subscriber; null for nothing.</param>
internal sealed record ActiveSubscription(string HubPath, SubscribedMatcher Matcher, string Subscriber, JsonElement? Payload)
{
    /// <summary>The topic of its events, and its address: in protocol 1.0 with the type of the matcher, in 0.x without.</summary>
    public string TopicIn(Dialect dialect) => dialect == Dialect.Current
        ? SubscriptionAddress.Of(HubPath, Matcher.Type, Matcher.Match, Subscriber)
        : SubscriptionAddress.Of(HubPath, Matcher.Match, Subscriber);
}

/// <summary>A matcher as its subscriber wrote it.</summary>
/// <param name="Type">The type as protocol 1.0 names it: <c>exact</c>, <c>urlpattern</c>; a selector of 0.x is <c>uritemplate</c>.</param>
/// <param name="Match">The text.</param>
internal readonly record struct SubscribedMatcher(string Type, string Match);

/// <summary>That a subscription began, or that one that was told ended.</summary>
/// <param name="Subscription">The subscription.</param>
/// <param name="IsActive">Whether it began.</param>
/// <param name="Number">Its place on the list of this process: the same at its beginning and its end, and nothing else's.</param>
internal readonly record struct SubscriptionChange(ActiveSubscription Subscription, bool IsActive, long Number);

/// <summary>A subscription on a list, with its place there.</summary>
internal readonly record struct ListedSubscription(long Number, ActiveSubscription Subscription);
