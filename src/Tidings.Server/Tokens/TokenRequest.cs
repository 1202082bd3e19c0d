using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tidings.Server;

/// <summary>What a token shall say, and its two halves as JSON.</summary>
internal sealed record TokenRequest
{
    private const string UrlPatternPrefix = "urlpattern:";
    private const string ExactPrefix = "exact:";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public required bool IsLegacy { get; init; }

    public required IReadOnlyList<string> Publish { get; init; }

    public required IReadOnlyList<string> Subscribe { get; init; }

    public JsonElement? Payload { get; init; }

    public string? Issuer { get; init; }

    public string? Audience { get; init; }

    public string? Subject { get; init; }

    public string? ClientId { get; init; }

    public string? KeyId { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>Null: the token never ends, which only 0.x allows.</summary>
    public required DateTimeOffset? Expires { get; init; }

    public byte[] Header(SignatureAlgorithm algorithm) => Write(json =>
    {
        json.WriteString("alg", algorithm.Name);
        json.WriteString("typ", IsLegacy ? "JWT" : "at+jwt");
        WriteIfGiven(json, "kid", KeyId);
    });

    public byte[] Claims() => Write(json =>
    {
        WriteIfGiven(json, "iss", Issuer);
        WriteIfGiven(json, "aud", Audience);
        WriteIfGiven(json, "sub", Subject);
        WriteIfGiven(json, "client_id", ClientId);
        json.WriteNumber("iat", IssuedAt.ToUnixTimeSeconds());
        if (Expires is { } end)
        {
            json.WriteNumber("exp", end.ToUnixTimeSeconds());
        }

        json.WriteString("jti", Guid.NewGuid());
        if (IsLegacy)
        {
            WriteLegacyGrants(json);
        }
        else
        {
            json.WriteStartArray(AuthorizationDetails.Claim);
            WriteDetail(json, "publish", Publish, payload: null);
            WriteDetail(json, "subscribe", Subscribe, Payload);
            json.WriteEndArray();
        }
    });

    // "exact:" makes it possible to name a topic that begins with the other prefix.
    private static (string? MatchType, string Match) SplitType(string topic) =>
        topic.StartsWith(UrlPatternPrefix, StringComparison.Ordinal)
            ? ("urlpattern", topic[UrlPatternPrefix.Length..])
            : (null, topic.StartsWith(ExactPrefix, StringComparison.Ordinal) ? topic[ExactPrefix.Length..] : topic);

    private static void WriteDetail(Utf8JsonWriter json, string action, IReadOnlyList<string> topics, JsonElement? payload)
    {
        if (topics.Count == 0)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", AuthorizationDetails.Type);
        json.WriteStartArray("actions");
        json.WriteStringValue(action);
        json.WriteEndArray();
        json.WriteStartArray("topics");
        foreach (string topic in topics)
        {
            (string? type, string match) = SplitType(topic);
            json.WriteStartObject();
            json.WriteString("match", match);
            WriteIfGiven(json, "match_type", type);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WritePayload(json, payload);
        json.WriteEndObject();
    }

    private void WriteLegacyGrants(Utf8JsonWriter json)
    {
        json.WriteStartObject(LegacyClaim.Claim);
        foreach ((string name, IReadOnlyList<string> selectors) in new[] { ("publish", Publish), ("subscribe", Subscribe) })
        {
            if (selectors.Count > 0)
            {
                json.WriteStartArray(name);
                foreach (string selector in selectors)
                {
                    json.WriteStringValue(selector);
                }

                json.WriteEndArray();
            }
        }

        WritePayload(json, Payload);
        json.WriteEndObject();
    }

    private static void WritePayload(Utf8JsonWriter json, JsonElement? payload)
    {
        if (payload is { } value)
        {
            json.WritePropertyName("payload");
            value.WriteTo(json);
        }
    }

    private static void WriteIfGiven(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
