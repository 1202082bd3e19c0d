using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Tidings;

/// <summary>The <c>mercure</c> claim of a token of protocol 0.x: lists of selectors, and one payload for all of them.</summary>
internal static class LegacyClaim
{
    /// <summary>The claim.</summary>
    public const string Claim = "mercure";

    /// <summary>The same claim by its collision-free name, which some issuers demand.</summary>
    public const string NamespacedClaim = "https://mercure.rocks/";

    /// <summary>The most selectors of one list.</summary>
    public const int MaxSelectors = 1000;

    public static bool TryRead(JsonElement claim, [NotNullWhen(true)] out List<TopicGrant>? grants)
    {
        grants = null;
        if (claim.ValueKind != JsonValueKind.Object
            || !TryReadSelectors(claim, "publish", out List<TopicMatcher>? publish)
            || !TryReadSelectors(claim, "subscribe", out List<TopicMatcher>? subscribe))
        {
            return false;
        }

        JsonElement? payload = claim.TryGetProperty("payload", out JsonElement given) && given.ValueKind != JsonValueKind.Null ? given : null;
        grants = [new TopicGrant(TopicActions.Publish, publish), new TopicGrant(TopicActions.Subscribe, subscribe, payload)];
        return true;
    }

    private static bool TryReadSelectors(JsonElement claim, string name, [NotNullWhen(true)] out List<TopicMatcher>? matchers)
    {
        matchers = null;
        if (!claim.TryGetProperty(name, out JsonElement list) || list.ValueKind == JsonValueKind.Null)
        {
            matchers = [];
            return true;
        }

        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxSelectors)
        {
            return false;
        }

        matchers = [];
        foreach (JsonElement selector in list.EnumerateArray())
        {
            if (selector.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            // A selector that no topic can equal, such as an empty one, selects nothing; 0.x never refused it.
            if (MatcherReader.TryReadLegacy(selector.GetString()!, out TopicMatcher? matcher)) // a string has a text
            {
                matchers.Add(matcher);
            }
        }

        return true;
    }
}
