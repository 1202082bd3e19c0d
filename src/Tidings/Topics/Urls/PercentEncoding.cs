using System.Buffers;
using System.Text;

namespace Tidings;

/// <summary>Percent-encoding of the WHATWG URL standard (section 1.3): which characters each part of a URL cannot hold as they are.</summary>
internal static class PercentEncoding
{
    // What each set leaves as it is: ASCII from space to tilde without the set's own characters.
    public static readonly SearchValues<char> C0Control = AllBut("");
    public static readonly SearchValues<char> Fragment = AllBut(" \"<>`");
    public static readonly SearchValues<char> Query = AllBut(" \"#<>");
    public static readonly SearchValues<char> SpecialQuery = AllBut(" \"#<>'");
    public static readonly SearchValues<char> Path = AllBut(" \"#<>?^`{}");
    public static readonly SearchValues<char> UserInfo = AllBut(" \"#<>?^`{}/:;=@[\\]|");

    /// <summary>Appends <paramref name="text"/>, with everything but <paramref name="kept"/> percent-encoded as UTF-8; half a surrogate pair becomes U+FFFD.</summary>
    public static void Append(StringBuilder result, ReadOnlySpan<char> text, SearchValues<char> kept)
    {
        Span<byte> utf8 = stackalloc byte[4];
        while (true)
        {
            int safe = text.IndexOfAnyExcept(kept);
            if (safe < 0)
            {
                result.Append(text);
                return;
            }

            result.Append(text[..safe]);
            Rune.DecodeFromUtf16(text[safe..], out Rune rune, out int consumed);
            int bytes = rune.EncodeToUtf8(utf8);
            foreach (byte value in utf8[..bytes])
            {
                result.Append('%').Append(HexDigit(value >> 4)).Append(HexDigit(value & 0xF));
            }

            text = text[(safe + consumed)..];
        }
    }

    /// <summary>As <see cref="Append"/>, as text of its own.</summary>
    public static string Encode(ReadOnlySpan<char> text, SearchValues<char> kept)
    {
        if (text.IndexOfAnyExcept(kept) < 0)
        {
            return text.ToString();
        }

        var result = new StringBuilder(text.Length + 16);
        Append(result, text, kept);
        return result.ToString();
    }

    /// <summary>Decodes every percent-encoded byte and reads the whole as UTF-8; what is none becomes U+FFFD.</summary>
    public static string Decode(ReadOnlySpan<char> text)
    {
        if (!text.Contains('%'))
        {
            return text.ToString();
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        int length = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte next = bytes[i];
            if (next == '%' && i + 2 < bytes.Length && IsHex(bytes[i + 1]) && IsHex(bytes[i + 2]))
            {
                next = (byte)((HexValue((char)bytes[i + 1]) << 4) | HexValue((char)bytes[i + 2]));
                i += 2;
            }

            bytes[length++] = next;
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    /// <summary>Decodes the characters that never need encoding (RFC 3986, 2.3), so that two spellings of one path are equal.</summary>
    public static string DecodeUnreserved(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char next = text[i];
            if (next == '%' && IsTriplet(text, i))
            {
                char decoded = (char)((HexValue(text[i + 1]) << 4) | HexValue(text[i + 2]));
                if (char.IsAsciiLetterOrDigit(decoded) || decoded is '-' or '.' or '_' or '~')
                {
                    next = decoded;
                    i += 2;
                }
            }

            result.Append(next);
        }

        return result.ToString();
    }

    /// <summary>Whether a percent sign with two hexadecimal digits stands at <paramref name="position"/>.</summary>
    public static bool IsTriplet(ReadOnlySpan<char> text, int position) =>
        position + 2 < text.Length && text[position] == '%' && char.IsAsciiHexDigit(text[position + 1]) && char.IsAsciiHexDigit(text[position + 2]);

    public static int HexValue(char digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static bool IsHex(byte value) => char.IsAsciiHexDigit((char)value);

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'A' + value - 10);

    private static SearchValues<char> AllBut(string excluded) =>
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Where(character => !excluded.Contains(character, StringComparison.Ordinal))]);
}
