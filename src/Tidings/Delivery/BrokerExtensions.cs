using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;

namespace Tidings;

/// <summary>Shorter ways to publish.</summary>
public static class BrokerExtensions
{
    /// <summary>Publishes plain text to everybody.</summary>
    /// <inheritdoc cref="Broker.PublishAsync(Topic, ServerEvent, CancellationToken)"/>
    public static ValueTask<SseId> PublishAsync(this Broker broker, Topic topic, string data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broker);
        return broker.PublishAsync(topic, new ServerEvent(data), cancellationToken);
    }

    /// <summary>Publishes a value as JSON to everybody, without reflection.</summary>
    /// <inheritdoc cref="Broker.PublishAsync(Topic, ServerEvent, CancellationToken)"/>
    public static ValueTask<SseId> PublishAsync<T>(this Broker broker, Topic topic, T value, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broker);
        return broker.PublishAsync(topic, ServerEvent.Json(value, typeInfo), cancellationToken);
    }

    /// <summary>Publishes a value as JSON (camelCase) to everybody.</summary>
    /// <inheritdoc cref="Broker.PublishAsync(Topic, ServerEvent, CancellationToken)"/>
    [RequiresUnreferencedCode("Reads the type by reflection. Pass a JsonTypeInfo in a trimmed app.")]
    [RequiresDynamicCode("Reads the type by reflection. Pass a JsonTypeInfo in a native app.")]
    public static ValueTask<SseId> PublishAsync<T>(this Broker broker, Topic topic, T value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broker);
        return broker.PublishAsync(topic, ServerEvent.Json(value), cancellationToken);
    }
}
