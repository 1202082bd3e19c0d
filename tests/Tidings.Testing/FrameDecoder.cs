using System.Globalization;
using System.Numerics;
using System.Text;

namespace Tidings.Testing;

/// <summary>One dispatched event, as a client that follows the standard sees it.</summary>
/// <param name="Type">The event's type; <c>message</c> if the stream names none.</param>
/// <param name="Data">The data, its lines joined by LF.</param>
/// <param name="LastEventId">The last event id when the event was dispatched.</param>
public sealed record DecodedEvent(string Type, string Data, string LastEventId);

/// <summary>All that a stream says.</summary>
/// <param name="Events">The events that are dispatched.</param>
/// <param name="LastEventId">The last event ID string at the end, which may have been set by a block without data.</param>
/// <param name="Retry">The reconnection time that the stream sets last, in milliseconds, or null; at most the longest <see cref="TimeSpan"/>.</param>
/// <param name="Comments">How many lines were comments.</param>
public sealed record DecodedStream(IReadOnlyList<DecodedEvent> Events, string LastEventId, long? Retry, long Comments);

/// <summary>
/// A slow decoder that is obviously right: WHATWG HTML 9.2.6 sentence by sentence, over a whole stream at once. It shares no code with what it checks.
/// </summary>
public static class FrameDecoder
{
    /// <summary>Decodes the events of a whole stream; an unfinished last block is discarded.</summary>
    public static IReadOnlyList<DecodedEvent> Decode(ReadOnlySpan<byte> stream) => DecodeStream(stream).Events;

    /// <summary>Decodes a whole stream; an unfinished last block is discarded.</summary>
    public static DecodedStream DecodeStream(ReadOnlySpan<byte> stream)
    {
        string text = Encoding.UTF8.GetString(stream);
        if (text.StartsWith('\uFEFF'))
        {
            text = text[1..];
        }

        long? retry = null;
        long comments = 0;
        var events = new List<DecodedEvent>();
        string type = "";
        string data = "";
        string id = "";
        string lastEventId = "";
        string[] lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');

        // What follows the last line end is no line.
        foreach (string line in lines[..^1])
        {
            if (line.Length == 0)
            {
                lastEventId = id;
                if (data.Length > 0)
                {
                    events.Add(new DecodedEvent(type.Length == 0 ? "message" : type, data[..^1], lastEventId));
                }

                type = "";
                data = "";
                continue;
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string field = colon < 0 ? line : line[..colon];
            string value = colon < 0 ? "" : line[(colon + 1)..];
            if (value.StartsWith(' '))
            {
                value = value[1..];
            }

            switch (field)
            {
                case "": // Only a line that begins with a colon has no name.
                    comments++;
                    break;
                case "event":
                    type = value;
                    break;
                case "data":
                    data += value + "\n";
                    break;
                case "id" when !value.Contains('\0', StringComparison.Ordinal):
                    id = value;
                    break;
                case "retry" when value.Length > 0 && value.All(char.IsAsciiDigit):
                    // The standard sets no bound to the number; ours is the longest TimeSpan, as in the fixtures.
                    retry = (long)BigInteger.Min(BigInteger.Parse(value, CultureInfo.InvariantCulture), (BigInteger)TimeSpan.MaxValue.TotalMilliseconds);
                    break;
            }
        }

        return new DecodedStream(events, lastEventId, retry, comments);
    }
}
