using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tidings;

/// <summary>A subscription as the nodes on one log tell it each other: JSON, to which a later version may add members.</summary>
internal static class SubscriptionEntry
{
    // Nobody but another node reads it, and what is not escaped stays within the bounds of its parts.
    private static readonly JsonWriterOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Write(ActiveSubscription subscription)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(json, Unescaped);
        writer.WriteStartObject();
        writer.WriteString("hub"u8, subscription.HubPath);
        writer.WriteString("type"u8, subscription.Matcher.Type);
        writer.WriteString("match"u8, subscription.Matcher.Match);
        writer.WriteString("subscriber"u8, subscription.Subscriber);
        if (subscription.Payload is { } payload)
        {
            writer.WritePropertyName("payload"u8);
            writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(payload), skipInputValidation: true); // as it was parsed
        }

        writer.WriteEndObject();
        writer.Flush();
        return json.WrittenMemory;
    }

    /// <exception cref="JsonException">This is no subscription.</exception>
    public static ActiveSubscription Read(ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(value);
        JsonElement json = JsonElement.ParseValue(ref reader);
        return new ActiveSubscription(
            Text(json, "hub"),
            new SubscribedMatcher(Text(json, "type"), Text(json, "match")),
            Text(json, "subscriber"),
            json.TryGetProperty("payload", out JsonElement payload) ? payload : null);
    }

    private static string Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()! // not null: a string
            : throw new JsonException($"A subscription of another node has no \"{name}\".");
}
