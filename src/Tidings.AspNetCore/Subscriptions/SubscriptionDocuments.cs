using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Tidings;

/// <summary>Subscriptions as events and lists show them: JSON in protocol 1.0, JSON-LD in 0.x.</summary>
internal static class SubscriptionDocuments
{
    private const string Context = "https://mercure.rocks/";

    // Reserved for the hub: nobody else can send an event of this type.
    private static readonly EventType HubEvent = EventType.Of("mercure");

    /// <summary>The event that tells a change.</summary>
    public static ServerEvent ToEvent(in SubscriptionChange change, Dialect dialect)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            WriteContext(writer, dialect);
            WriteMembers(writer, change.Subscription, change.IsActive, dialect);
            writer.WriteEndObject();
        }

        return ToEvent(json, dialect);
    }

    /// <summary>An event that says that there is a list, and nothing of what is on it.</summary>
    public static ServerEvent ListEvent(string hubPath)
    {
        var json = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, SubscriptionAddress.Of(hubPath));
            writer.WriteString("type"u8, "subscriptions"u8);
            writer.WriteEndObject();
        }

        return ToEvent(json, Dialect.Current);
    }

    /// <summary>A list of subscriptions, or one page of it.</summary>
    public static ArrayBufferWriter<byte> List(string id, List<ActiveSubscription> subscriptions, Dialect dialect, SseId lastEventId)
    {
        var json = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        WriteContext(writer, dialect);
        writer.WriteString("id"u8, id);
        writer.WriteString("type"u8, dialect == Dialect.Current ? "subscriptions"u8 : "Subscriptions"u8);
        WriteLastEventId(writer, dialect, lastEventId);
        writer.WriteStartArray("subscriptions"u8);
        foreach (ActiveSubscription subscription in subscriptions)
        {
            writer.WriteStartObject();
            WriteMembers(writer, subscription, isActive: true, dialect);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return json;
    }

    /// <summary>One subscription.</summary>
    public static ArrayBufferWriter<byte> Single(ActiveSubscription subscription, Dialect dialect, SseId lastEventId)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        WriteContext(writer, dialect);
        WriteMembers(writer, subscription, isActive: true, dialect);
        WriteLastEventId(writer, dialect, lastEventId);
        writer.WriteEndObject();
        return json;
    }

    private static ServerEvent ToEvent(ArrayBufferWriter<byte> json, Dialect dialect) =>
        new(Encoding.UTF8.GetString(json.WrittenSpan)) { Type = dialect == Dialect.Current ? HubEvent : null };

    private static void WriteContext(Utf8JsonWriter writer, Dialect dialect)
    {
        if (dialect == Dialect.Legacy)
        {
            writer.WriteString("@context"u8, Context);
        }
    }

    // 1.0 has the cursor in the Link header.
    private static void WriteLastEventId(Utf8JsonWriter writer, Dialect dialect, SseId lastEventId)
    {
        if (dialect == Dialect.Legacy)
        {
            writer.WriteString("lastEventID"u8, lastEventId.Value);
        }
    }

    private static void WriteMembers(Utf8JsonWriter writer, ActiveSubscription subscription, bool isActive, Dialect dialect)
    {
        writer.WriteString("id"u8, subscription.TopicIn(dialect));
        if (dialect == Dialect.Current)
        {
            writer.WriteString("type"u8, "subscription"u8);
            writer.WriteString("match_type"u8, subscription.Matcher.Type);
            writer.WriteString("match"u8, subscription.Matcher.Match);
        }
        else
        {
            writer.WriteString("type"u8, "Subscription"u8);
            writer.WriteString("topic"u8, subscription.Matcher.Match);
        }

        writer.WriteString("subscriber"u8, subscription.Subscriber);
        writer.WriteBoolean("active"u8, isActive);
        if (subscription.Payload is { } payload)
        {
            writer.WritePropertyName("payload"u8);
            payload.WriteTo(writer);
        }
    }
}
