using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tidings.Server;

/// <summary>Says in sentences what is in a token, what is wrong with it, and what it would let its bearer do.</summary>
internal static class TokenExplanation
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>JSON for a person; what is not ASCII is escaped, so that a token cannot steer the terminal.</summary>
    public static string Pretty(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            element.WriteTo(json);
        }

        return Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    /// <summary>The rule that the token breaks.</summary>
    public static string Of(TokenDefect defect) => defect switch
    {
        TokenDefect.TooLong => $"It is longer than {CompactJws.MaxChars} characters.",
        TokenDefect.NotCompactJws => "It is not a signed token: that is three parts of base64url, without padding, joined by full stops. (Five parts are an encrypted one, which no hub can read.)",
        TokenDefect.BadHeader => "Its header is not a JSON object without repeated names, or its \"typ\" or \"kid\" is not text, or its \"kid\" is longer than 128 bytes.",
        TokenDefect.UnknownExtension => "Its header has \"crit\" or \"b64\": extensions that the hub does not know.",
        TokenDefect.UnknownAlgorithm => $"Its \"alg\" is none of {SignatureAlgorithm.Names}.",
        TokenDefect.BadPayload => "Its payload is not a JSON object without repeated names.",
        TokenDefect.NoDialect => "It has neither \"authorization_details\" (protocol 1.0) nor \"mercure\" (0.x): it grants nothing that a hub knows.",
        TokenDefect.TooShort => $"It is shorter than {TokenValidator.MinLegacyChars} characters.",
        TokenDefect.WrongType => "It has \"authorization_details\", so it is a token of protocol 1.0; then its \"typ\" must be \"at+jwt\".",
        TokenDefect.WrongAudience => "Its \"aud\" does not name the hub.",
        TokenDefect.Expired => "Its \"exp\" has passed, or is missing, which protocol 1.0 does not allow.",
        TokenDefect.BadTime => "Its \"exp\", \"nbf\" or \"iat\" is not a number of seconds since 1970.",
        TokenDefect.NotYetValid => "Its \"nbf\" or \"iat\" is more than 30 s ahead.",
        TokenDefect.BadClaim => "Its \"sub\", \"client_id\" or \"jti\" is not text.",
        TokenDefect.BadGrants => "Its grants break the rules: a type, an empty list, a matcher that is not supported, or more than the limits allow.",
        TokenDefect.BadSignature => "The key has not made its signature, or is not for its algorithm.",
        _ => $"It is refused: {defect}.",
    };

    /// <summary>When the token ends, seen from <paramref name="now"/>.</summary>
    public static string Lifetime(JsonElement payload, DateTimeOffset now)
    {
        if (!NumericDate.TryRead(payload, TokenClaims.Expires, out DateTimeOffset? expires) || expires is not { } end)
        {
            return "It names no end.";
        }

        string time = end.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        return end > now ? $"It ends at {time}, in {Duration.Text(end - now)}." : $"It has ended at {time}, {Duration.Text(now - end)} ago.";
    }

    /// <summary>Whether the token lets its bearer publish on the topic, and why.</summary>
    public static (bool IsGranted, string Sentence) Publish(IReadOnlyList<TopicGrant> grants, Topic topic)
    {
        (TopicMatcher? by, string others) = Find(grants, TopicActions.Publish, topic);
        return by is not null
            ? (true, $"It may publish on {topic}: its matcher {by} selects the topic.")
            : (false, $"It may not publish on {topic}: {others}");
    }

    /// <summary>Whether the token lets its bearer receive private events on the topic, and why.</summary>
    public static (bool IsGranted, string Sentence) ReceivePrivate(IReadOnlyList<TopicGrant> grants, Topic topic)
    {
        (TopicMatcher? by, string others) = Find(grants, TopicActions.Subscribe, topic);
        return by is not null
            ? (true, $"It receives private events on {topic}, if it subscribes to them: its matcher {by} selects the topic.")
            : (false, $"It does not receive private events on {topic}, whatever it subscribes to: {others}");
    }

    /// <summary>Why the token receives public events.</summary>
    public static string ReceivePublic(Topic topic) => $"It receives public events on {topic}, if it subscribes to them: those are for every subscriber with a valid token.";

    private static (TopicMatcher? By, string Others) Find(IReadOnlyList<TopicGrant> grants, TopicActions action, Topic topic)
    {
        TopicMatcher[] matchers = [.. grants.Where(grant => grant.Actions.HasFlag(action)).SelectMany(grant => grant.Topics)];
        string word = action == TopicActions.Publish ? "publish" : "subscribe";
        return (
            Array.Find(matchers, matcher => matcher.Matches(topic)),
            matchers.Length == 0
                ? $"it grants no \"{word}\" at all."
                : $"none of its matchers for \"{word}\" selects the topic. They are: {string.Join(", ", matchers.Take(20).Select(matcher => matcher.ToString()))}{(matchers.Length > 20 ? ", …" : "")}.");
    }
}
