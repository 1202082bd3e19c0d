using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tidings;

/// <summary>Text in the values of headers, which hold ASCII alone (RFC 9110, 5.5). What they cannot hold is percent-encoded, as in a URL.</summary>
internal static class HeaderText
{
    // RFC 3986: what a URI reference may hold as it is, the percent sign of what is encoded already among it.
    private static readonly SearchValues<char> OfUrls = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%");
    private static readonly SearchValues<char> OfIds = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code)]);

    /// <summary>An event id or a cursor.</summary>
    public static string Id(string id) => Encode(id, OfIds);

    /// <summary>A URL or a topic between angle brackets, as the header <c>Link</c> wants it (RFC 8288).</summary>
    public static string Url(string url) => $"<{Encode(url, OfUrls)}>";

    /// <summary>A quoted string (RFC 9110, 5.6.4).</summary>
    public static string Quoted(string text) =>
        $"\"{Id(text).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string Encode(string text, SearchValues<char> allowed)
    {
        if (!text.AsSpan().ContainsAnyExcept(allowed))
        {
            return text;
        }

        var encoded = new StringBuilder();
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && allowed.Contains((char)rune.Value))
            {
                encoded.Append((char)rune.Value);
                continue;
            }

            int length = rune.EncodeToUtf8(utf8);
            foreach (byte one in utf8[..length])
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{one:X2}");
            }
        }

        return encoded.ToString();
    }
}
