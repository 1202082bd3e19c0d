namespace Tidings.Client;

/// <summary>
/// One event, or one comment, as the bytes that arrived: a view without strings. Its spans are valid until the decoder is
/// called again and as long as the bytes given to it stay unchanged.
/// </summary>
/// <remarks>The bytes are what the server sent: where they are not valid UTF-8, turn them into text with replacement (U+FFFD), as the standard's "UTF-8 decode" does.</remarks>
public readonly ref struct Utf8Event
{
    internal Utf8Event(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data, ReadOnlySpan<byte> lastEventId, bool isComment)
    {
        Type = type;
        Data = data;
        LastEventId = lastEventId;
        IsComment = isComment;
    }

    /// <summary>The event's type; <c>message</c> when the stream names none (WHATWG HTML 9.2.6). Empty for a comment.</summary>
    public ReadOnlySpan<byte> Type { get; }

    /// <summary>The values of all <c>data</c> lines, joined by LF; for a comment the text after its colon.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>The last event ID after this event: its own, or that of an earlier event; empty when there is none.</summary>
    public ReadOnlySpan<byte> LastEventId { get; }

    /// <summary>Whether this is a comment line. Only when <see cref="EventStreamOptions.ReportComments"/> is set.</summary>
    public bool IsComment { get; }
}
