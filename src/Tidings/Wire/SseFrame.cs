using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Tidings;

/// <summary>
/// Writes the bytes of the event stream format (WHATWG HTML 9.2.5): one frame per event, encoded once and shared by every subscriber.
/// </summary>
/// <remarks>
/// Fields stand in the order <c>event</c>, <c>retry</c>, <c>data</c>…, <c>id</c>, blank line. The id is last because many clients take it when
/// its line is read: with the id first, an event cut in half would be skipped after the reconnection. Safe for use from several threads.
/// </remarks>
public static class SseFrame
{
    private const byte CR = (byte)'\r';
    private const byte LF = (byte)'\n';

    /// <summary>
    /// A comment that keeps a stream open: a colon and a line feed. Without a blank line, because some clients dispatch
    /// an empty event for every blank line.
    /// </summary>
    public static ReadOnlyMemory<byte> Heartbeat { get; } = ":\n"u8.ToArray();

    /// <summary>Encodes a whole event, ready to be written to any number of streams.</summary>
    /// <exception cref="ArgumentException">The data holds half a surrogate pair, so it has no UTF-8 form.</exception>
    public static ReadOnlyMemory<byte> Encode(ServerEvent serverEvent)
    {
        ArgumentNullException.ThrowIfNull(serverEvent);
        return Complete(EncodeBody(serverEvent), serverEvent.Id);
    }

    /// <summary>Encodes a reconnection time alone, in whole milliseconds. The client takes it at the end of the line: no blank line follows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public static ReadOnlyMemory<byte> Retry(TimeSpan reconnectionTime)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(reconnectionTime, TimeSpan.Zero);
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {(long)reconnectionTime.TotalMilliseconds}\n"));
    }

    /// <summary>Encodes a comment, which clients ignore. Each line of the text becomes a comment line of its own, so nothing in it can become a field.</summary>
    public static ReadOnlyMemory<byte> Comment(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var frame = new ArrayBufferWriter<byte>(text.Length + 4);
        WriteLines(frame, ": "u8, Encoding.UTF8.GetBytes(text));
        return frame.WrittenMemory;
    }

    /// <summary>Encodes everything but the id and the blank line: what is known before the log has given the event its place.</summary>
    internal static ReadOnlyMemory<byte> EncodeBody(ServerEvent serverEvent)
    {
        var body = new ArrayBufferWriter<byte>((serverEvent.Data?.Length ?? 0) + 64);
        if (serverEvent.Type is { } type)
        {
            WriteField(body, "event: "u8, type.Value);
        }

        if (serverEvent.Retry is { } retry)
        {
            body.Write(Retry(retry).Span);
        }

        if (serverEvent.Data is { } data)
        {
            WriteData(body, data);
        }

        return body.WrittenMemory;
    }

    /// <summary>Adds the id, if there is one, and the blank line that dispatches the event.</summary>
    internal static ReadOnlyMemory<byte> Complete(ReadOnlyMemory<byte> body, SseId? id) =>
        Complete(body, id is { } given ? Encoding.UTF8.GetBytes(given.Value) : []);

    /// <summary>Adds the id, unless it is empty, and the blank line that dispatches the event.</summary>
    internal static ReadOnlyMemory<byte> Complete(ReadOnlyMemory<byte> body, ReadOnlySpan<byte> id)
    {
        int idLine = id.IsEmpty ? 0 : "id: \n"u8.Length + id.Length;
        byte[] frame = new byte[body.Length + idLine + 1];
        body.CopyTo(frame);
        if (!id.IsEmpty)
        {
            Span<byte> line = frame.AsSpan(body.Length, idLine);
            "id: "u8.CopyTo(line);
            id.CopyTo(line["id: "u8.Length..]);
            line[^1] = LF;
        }

        frame[^1] = LF;
        return frame;
    }

    private static void WriteData(ArrayBufferWriter<byte> body, string data)
    {
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(data.Length));
        try
        {
            // A half surrogate would become U+FFFD without a word: the client would not receive what was published.
            OperationStatus status = Utf8.FromUtf16(data, utf8, out _, out int length, replaceInvalidSequences: false);
            if (status != OperationStatus.Done)
            {
                throw new ArgumentException("The data holds half a surrogate pair: it has no UTF-8 form.", nameof(data));
            }

            WriteLines(body, "data: "u8, utf8.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }

    /// <summary>Writes one field or comment line per line of the text; CR, LF and CRLF each end a line (WHATWG HTML 9.2.5, "end-of-line").</summary>
    private static void WriteLines(ArrayBufferWriter<byte> frame, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        while (true)
        {
            int end = text.IndexOfAny(CR, LF);
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            frame.Write(name);
            frame.Write(line);
            frame.Write("\n"u8);
            if (end < 0)
            {
                return;
            }

            bool isPair = text[end] == CR && end + 1 < text.Length && text[end + 1] == LF;
            text = text[(end + (isPair ? 2 : 1))..];
        }
    }

    private static void WriteField(ArrayBufferWriter<byte> frame, ReadOnlySpan<byte> name, string value)
    {
        frame.Write(name);
        Encoding.UTF8.GetBytes(value, frame);
        frame.Write("\n"u8);
    }
}
