using System.Globalization;
using System.Text;

namespace Tidings;

/// <summary>Takes the body of a frame apart: the inverse of what the encoder writes, and nothing more than it writes.</summary>
internal static class StoredBody
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static ServerEvent? TryDecode(ReadOnlySpan<byte> body, SseId? id)
    {
        EventType? type = null;
        TimeSpan? retry = null;
        StringBuilder? data = null;
        try
        {
            while (!body.IsEmpty)
            {
                int end = body.IndexOf((byte)'\n');
                if (end < 0)
                {
                    return null;
                }

                ReadOnlySpan<byte> line = body[..end];
                body = body[(end + 1)..];
                if (line.StartsWith("data: "u8))
                {
                    data = data is null ? new StringBuilder() : data.Append('\n');
                    data.Append(StrictUtf8.GetString(line["data: "u8.Length..]));
                }
                else if (line.StartsWith("event: "u8))
                {
                    type = EventType.Of(StrictUtf8.GetString(line["event: "u8.Length..]));
                }
                else if (line.StartsWith("retry: "u8))
                {
                    retry = TimeSpan.FromMilliseconds(int.Parse(line["retry: "u8.Length..], NumberStyles.None, CultureInfo.InvariantCulture));
                }
                else
                {
                    return null;
                }
            }

            return new ServerEvent(data?.ToString()) { Type = type, Id = id, Retry = retry };
        }
        catch (Exception foreign) when (foreign is FormatException or OverflowException or DecoderFallbackException)
        {
            return null;
        }
    }
}
