using System.Text.Json;

namespace Tidings.Client;

/// <summary>Carries an event to <see cref="EventSource.MessageReceived"/>.</summary>
public sealed class ServerSentEventArgs(ServerSentEvent received) : EventArgs
{
    /// <summary>The event.</summary>
    public ServerSentEvent Event { get; } = received;
}

/// <summary>Carries an error to <see cref="EventSource.ErrorOccurred"/>.</summary>
public sealed class EventSourceErrorEventArgs(EventSourceError error) : EventArgs
{
    /// <summary>The error.</summary>
    public EventSourceError Error { get; } = error;
}

/// <summary>Carries a comment to <see cref="EventSource.CommentReceived"/>.</summary>
public sealed class CommentEventArgs(string text) : EventArgs
{
    /// <summary>What followed the colon, a leading space included.</summary>
    public string Text { get; } = text;
}

/// <summary>
/// Carries a gap to <see cref="EventSource.GapReported"/>: a hub of this project says so when it cannot prove that the events
/// after the cursor are all there. Whoever keeps a copy of the server's state loads it anew now.
/// </summary>
public sealed class GapEventArgs : EventArgs
{
    private GapEventArgs(string data) => Data = data;

    /// <summary>The last event ID that was asked for; null if the notice does not tell.</summary>
    public string? Requested { get; private init; }

    /// <summary>Why the events cannot be proved: <c>expired</c>, <c>unknown</c>, <c>epoch</c>, <c>fork</c>, <c>rewound</c>, or a later hub's word; null if the notice does not tell.</summary>
    public string? Reason { get; private init; }

    /// <summary>The id of the event after which the stream goes on; null if the notice does not tell.</summary>
    public string? ResumesAfter { get; private init; }

    /// <summary>The notice as it came: JSON, if the server is sound.</summary>
    public string Data { get; }

    /// <summary>A notice that cannot be understood is still a gap: it keeps its data and tells nothing else.</summary>
    internal static GapEventArgs Parse(string data)
    {
        try
        {
            using var notice = JsonDocument.Parse(data);
            JsonElement root = notice.RootElement;
            return new GapEventArgs(data)
            {
                Requested = Text(root, "requested"),
                Reason = Text(root, "reason"),
                ResumesAfter = Text(root, "resumesAfter"),
            };
        }
        catch (JsonException)
        {
            return new GapEventArgs(data);
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
