using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tidings;

/// <summary>One event as it is published and received: the four fields of WHATWG HTML 9.2.6.</summary>
/// <remarks>Immutable; safe for use from several threads.</remarks>
public sealed record ServerEvent
{
    private readonly TimeSpan? _retry;

    /// <summary>Makes an event that carries <paramref name="data"/>.</summary>
    /// <param name="data">
    /// The payload, any Unicode text. Each CR, LF or CRLF in it starts a new <c>data</c> line on the wire and arrives as LF.
    /// <see langword="null"/> leaves the field out: the client then takes the id and the reconnection time and dispatches nothing.
    /// </param>
    /// <param name="type">What listeners select the event by; null for <c>message</c>.</param>
    /// <param name="id">The id that the client stores; null to leave it to the broker.</param>
    /// <exception cref="FormatException"><paramref name="type"/> or <paramref name="id"/> is empty or holds a control or format character.</exception>
    public ServerEvent(string? data, string? type = null, string? id = null)
    {
        Data = data;
        if (type is not null)
        {
            Type = EventType.Of(type);
        }

        if (id is not null)
        {
            Id = SseId.Of(id);
        }
    }

    /// <summary>The payload, or <see langword="null"/> for an event that is not dispatched at the client.</summary>
    public string? Data { get; init; }

    /// <summary>What listeners select the event by. <see langword="null"/> (the default) arrives as <c>message</c>.</summary>
    public EventType? Type { get; init; }

    /// <summary>
    /// The id that the client stores and sends back as <c>Last-Event-ID</c>. <see langword="null"/> (the default): the broker gives
    /// an id of its own; a stream that does not pass through the broker sends none.
    /// </summary>
    public SseId? Id { get; init; }

    /// <summary>
    /// The reconnection time that the client is to use from now on, in whole milliseconds. <see langword="null"/> (the default)
    /// leaves it as it is.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or above 2,147,483,647 ms.</exception>
    public TimeSpan? Retry
    {
        get => _retry;
        init
        {
            if (value is { } retry)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(retry, TimeSpan.Zero, nameof(value));
                ArgumentOutOfRangeException.ThrowIfGreaterThan(retry.TotalMilliseconds, int.MaxValue, nameof(value));
            }

            _retry = value;
        }
    }

    /// <summary>Makes an event whose data is <paramref name="value"/> as JSON, without reflection.</summary>
    public static ServerEvent Json<T>(T value, JsonTypeInfo<T> typeInfo) => new(JsonSerializer.Serialize(value, typeInfo));

    /// <summary>Makes an event whose data is <paramref name="value"/> as JSON, named as web pages expect (camelCase).</summary>
    [RequiresUnreferencedCode("Reads the type by reflection. Pass a JsonTypeInfo in a trimmed app.")]
    [RequiresDynamicCode("Reads the type by reflection. Pass a JsonTypeInfo in a native app.")]
    public static ServerEvent Json<T>(T value) => new(JsonSerializer.Serialize(value, JsonSerializerOptions.Web));
}
