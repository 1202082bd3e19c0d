using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Tidings;

/// <summary>
/// Decodes <c>application/x-www-form-urlencoded</c> exactly as the WHATWG URL standard says (section 5.1) and as <c>URLSearchParams</c> does: names are
/// case-sensitive, a plus is a space, and a percent sign without two hexadecimal digits stands for itself. Text that is not UTF-8 is told, never repaired.
/// </summary>
internal static class UrlEncoded
{
    /// <summary>One name and its value.</summary>
    /// <param name="Name">The decoded name.</param>
    /// <param name="Value">The decoded value; null if it is not UTF-8.</param>
    internal readonly record struct Field(string Name, string? Value);

    /// <summary>Decodes a whole query string, with or without its question mark.</summary>
    public static List<Field> ParseQuery(string? query)
    {
        ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(query ?? "");
        return Parse(text.StartsWith("?"u8) ? text[1..] : text);
    }

    /// <summary>
    /// Whether a query string can have a parameter of that name, in whatever case: asked before the framework is, which would keep all that it has parsed for as long as the request lasts.
    /// </summary>
    public static bool MayHave(string? query, string name)
    {
        foreach (Range range in query.AsSpan().TrimStart('?').Split('&'))
        {
            ReadOnlySpan<char> field = query.AsSpan().TrimStart('?')[range];
            int equals = field.IndexOf('=');
            ReadOnlySpan<char> found = equals < 0 ? field : field[..equals];
            if (found.Contains('%') || found.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Decodes a whole form.</summary>
    public static List<Field> Parse(ReadOnlySpan<byte> rest)
    {
        var fields = new List<Field>();
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'&');
            ReadOnlySpan<byte> field = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (!field.IsEmpty)
            {
                fields.Add(ParseField(field));
            }
        }

        return fields;
    }

    /// <summary>Decodes what stands between two ampersands; a field without an equals sign is a name with an empty value.</summary>
    public static Field ParseField(ReadOnlySpan<byte> field)
    {
        int equals = field.IndexOf((byte)'=');
        ReadOnlySpan<byte> name = equals < 0 ? field : field[..equals];
        ReadOnlySpan<byte> value = equals < 0 ? [] : field[(equals + 1)..];

        // A name that is not UTF-8 is none that anybody knows.
        return new Field(Decode(name) ?? "\uFFFD", Decode(value));
    }

    private static string? Decode(ReadOnlySpan<byte> text)
    {
        if (!text.ContainsAny((byte)'+', (byte)'%'))
        {
            return Read(text);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            int length = 0;
            for (int i = 0; i < text.Length; i++)
            {
                byte next = text[i];
                if (next == '+')
                {
                    next = (byte)' ';
                }
                else if (next == '%' && i + 2 < text.Length && TryHex(text[i + 1], text[i + 2], out byte decoded))
                {
                    next = decoded;
                    i += 2;
                }

                buffer[length++] = next;
            }

            return Read(buffer.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string? Read(ReadOnlySpan<byte> utf8) => Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : null;

    private static bool TryHex(byte high, byte low, out byte value)
    {
        value = 0;
        if (!char.IsAsciiHexDigit((char)high) || !char.IsAsciiHexDigit((char)low))
        {
            return false;
        }

        value = (byte)((HexValue(high) << 4) | HexValue(low));
        return true;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
