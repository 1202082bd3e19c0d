using System.Globalization;
using System.Numerics;
using System.Text;

namespace Tidings.Client.Tests.Decoding;

/// <summary>
/// HTML 9.2.5 and 9.2.6 read aloud: slow, whole, on characters, and obviously right. Each step is the standard's, in its order.
/// </summary>
internal static class ReferenceDecoder
{
    public static Decoded Decode(byte[] stream)
    {
        string text = Encoding.UTF8.GetString(stream);
        if (text.StartsWith('\uFEFF'))
        {
            text = text[1..];
        }

        var events = new List<DecodedEvent>();
        string data = "";
        string type = "";
        string idBuffer = "";
        string lastEventId = "";
        long? retry = null;
        long comments = 0;
        foreach (string line in CompleteLines(text))
        {
            if (line.Length == 0)
            {
                lastEventId = idBuffer;
                if (data.Length > 0)
                {
                    events.Add(new DecodedEvent(type.Length > 0 ? type : "message", data[..^1], lastEventId));
                }

                data = "";
                type = "";
                continue;
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string name = colon < 0 ? line : line[..colon];
            string value = colon < 0 ? "" : line[(colon + 1)..];
            value = value.StartsWith(' ') ? value[1..] : value;
            switch (name)
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
                    idBuffer = value;
                    break;
                case "retry" when value.Length > 0 && value.All(char.IsAsciiDigit):
                    var number = BigInteger.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
                    retry = (long)BigInteger.Min(number, 922337203685477);
                    break;
            }
        }

        return new Decoded([.. events], lastEventId, retry, comments);
    }

    private static IEnumerable<string> CompleteLines(string text)
    {
        var line = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\r' or '\n'))
            {
                line.Append(text[i]);
                continue;
            }

            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                i++;
            }

            yield return line.ToString();
            line.Clear();
        }
    }
}
