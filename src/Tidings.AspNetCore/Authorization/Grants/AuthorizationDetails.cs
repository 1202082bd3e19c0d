using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Tidings;

/// <summary>
/// The <c>authorization_details</c> of a token of protocol 1.0 (RFC 9396; Mercure, section "Authorization"). Details of other types are none of ours; one bad detail of ours makes
/// the whole token invalid, because a half-understood right is a wrong one.
/// </summary>
internal static class AuthorizationDetails
{
    /// <summary>The claim.</summary>
    public const string Claim = "authorization_details";

    /// <summary>The type of our details, compared byte by byte.</summary>
    public const string Type = "https://mercure.rocks/authorization-detail";

    /// <summary>The most details of a token, of whatever type.</summary>
    public const int MaxDetails = 100;

    /// <summary>The most topics in all details of a token together.</summary>
    public const int MaxTopics = 100;

    /// <summary>Reads the claim's value: an array.</summary>
    public static bool TryRead(JsonElement claim, MatcherReader matchers, [NotNullWhen(true)] out List<TopicGrant>? grants)
    {
        grants = null;
        return claim.ValueKind == JsonValueKind.Array && TryRead([.. claim.EnumerateArray()], matchers, out grants);
    }

    /// <summary>Reads the elements of the claim, in their order.</summary>
    public static bool TryRead(IReadOnlyList<JsonElement> details, MatcherReader matchers, [NotNullWhen(true)] out List<TopicGrant>? grants)
    {
        grants = null;
        if (details.Count > MaxDetails)
        {
            return false;
        }

        var read = new List<TopicGrant>();
        int topicCount = 0;
        foreach (JsonElement detail in details)
        {
            // RFC 9396, section 2: each is an object with a type.
            if (detail.ValueKind != JsonValueKind.Object || TextOf(detail, "type") is not { } type)
            {
                return false;
            }

            if (type != Type)
            {
                continue;
            }

            if (!TryReadDetail(detail, matchers, out TopicGrant? grant) || (topicCount += grant.Topics.Count) > MaxTopics)
            {
                return false;
            }

            read.Add(grant);
        }

        grants = read;
        return true;
    }

    private static bool TryReadDetail(JsonElement detail, MatcherReader reader, [NotNullWhen(true)] out TopicGrant? grant)
    {
        grant = null;
        if (!TryReadActions(detail, out TopicActions actions)
            || !detail.TryGetProperty("topics", out JsonElement topics) || topics.ValueKind != JsonValueKind.Array
            || topics.GetArrayLength() is 0 or > MaxTopics)
        {
            return false;
        }

        var matchers = new List<TopicMatcher>();
        foreach (JsonElement topic in topics.EnumerateArray())
        {
            if (!TryReadTopic(topic, reader, out TopicMatcher? matcher))
            {
                return false;
            }

            matchers.Add(matcher);
        }

        JsonElement? payload = null;
        if (detail.TryGetProperty("payload", out JsonElement given))
        {
            if (given.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            payload = given;
        }

        grant = new TopicGrant(actions, matchers, payload);
        return true;
    }

    private static bool TryReadActions(JsonElement detail, out TopicActions actions)
    {
        actions = TopicActions.None;
        if (!detail.TryGetProperty("actions", out JsonElement list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
        {
            return false;
        }

        foreach (JsonElement action in list.EnumerateArray())
        {
            if (action.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            // Others may come with later versions, and mean nothing here.
            actions |= action.GetString() switch
            {
                "publish" => TopicActions.Publish,
                "subscribe" => TopicActions.Subscribe,
                _ => TopicActions.None,
            };
        }

        return true;
    }

    private static bool TryReadTopic(JsonElement topic, MatcherReader reader, [NotNullWhen(true)] out TopicMatcher? matcher)
    {
        matcher = null;
        if (topic.ValueKind != JsonValueKind.Object || TextOf(topic, "match") is not { } match || Encoding.UTF8.GetByteCount(match) > Topic.MaxBytes)
        {
            return false;
        }

        return (!topic.TryGetProperty("match_type", out JsonElement type) || type.ValueKind == JsonValueKind.String)
            && reader.TryReadCurrent(TextOf(topic, "match_type"), match, out matcher);
    }

    private static string? TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
