namespace Tidings;

/// <summary>The types and ids that publishers may not use, because clients must be able to trust what they mean.</summary>
internal static class ReservedNames
{
    /// <summary>The id by which a client asks for everything that the log still has.</summary>
    public const string Earliest = "earliest";

    /// <summary>Types that the hub itself sends: Mercure's own events and ours.</summary>
    public static bool IsReserved(EventType type) =>
        type.Value == "mercure" || type.Value.StartsWith("tidings-", StringComparison.Ordinal);

    /// <summary>Ids that mean something to the protocol: <c>#…</c> is one of ours, <c>earliest</c> asks for everything.</summary>
    public static bool IsReserved(SseId id) =>
        id.Value == Earliest || id.Value.StartsWith('#');

    /// <summary>Says which name of the event a publisher may not use, or null if there is none.</summary>
    public static string? Complaint(ServerEvent serverEvent) =>
        serverEvent.Type is { Value: "" } || serverEvent.Id is { Value: "" } ? "The event's type or id is the default value of its struct. Make one with Of, or leave it null."
        : serverEvent.Type is { } type && IsReserved(type) ? $"The event type \"{type}\" is reserved: \"mercure\" and \"tidings-…\" are sent by the hub alone."
        : serverEvent.Id is { } id && IsReserved(id) ? $"The event id \"{id}\" is reserved: an id cannot begin with \"#\" or be \"earliest\"."
        : null;
}
