namespace Tidings;

/// <summary>
/// One component of a URL at a time, as the URL parser would leave it (URL Pattern standard, section 3.1, "encoding callbacks"). Pieces of a component are
/// treated as the whole would be.
/// </summary>
internal static class UrlComponents
{
    /// <exception cref="FormatException">The text can be no scheme.</exception>
    public static string Protocol(string value) =>
        value.Length == 0 ? value
        : UrlParser.Parse(value + "://dummy.invalid/")?.Scheme ?? throw new FormatException("The part before the colon can be no scheme.");

    public static string UserInfo(string value) => PercentEncoding.Encode(value, PercentEncoding.UserInfo);

    /// <exception cref="FormatException">The text can be no host.</exception>
    public static string Hostname(string value)
    {
        if (value.Length == 0)
        {
            return value;
        }

        string text = UrlParser.WithoutBreaks(value);
        int end = text.AsSpan().IndexOfAny("/?#\\");
        ReadOnlySpan<char> host = end < 0 ? text : text.AsSpan(0, end);
        return (host.IsEmpty || (host.Contains(':') && !host.StartsWith('[')) ? null : UrlHost.Parse(host, isSpecial: true))
            ?? throw new FormatException("The host holds what no host can hold.");
    }

    /// <exception cref="FormatException">The text can be no IPv6 address.</exception>
    public static string Ipv6Hostname(string value)
    {
        foreach (char character in value)
        {
            if (!char.IsAsciiHexDigit(character) && character is not ('[' or ']' or ':'))
            {
                throw new FormatException("The host begins as an IPv6 address, and holds what no such address can hold.");
            }
        }

        return value.ToLowerInvariant();
    }

    /// <exception cref="FormatException">The text can be no port.</exception>
    public static string Port(string value)
    {
        if (value.Length == 0)
        {
            return value;
        }

        ReadOnlySpan<char> digits = UrlParser.WithoutBreaks(value);
        int end = digits.IndexOfAnyExceptInRange('0', '9');
        digits = end < 0 ? digits : digits[..end];
        return !digits.IsEmpty && int.TryParse(digits, out int port) && port <= ushort.MaxValue ? $"{port}" : throw new FormatException("The port is none: a number up to 65535.");
    }

    public static string Pathname(string value)
    {
        if (value.Length == 0)
        {
            return value;
        }

        // A piece from within a path must not be taken for its beginning: neither is a slash put before it, nor is a dot at its start a segment.
        string text = UrlParser.WithoutBreaks(value);
        bool isStart = text.StartsWith('/');
        string path = UrlTail.Path(isStart ? text : "/-" + text, "", isSpecial: true, isFile: false);
        return isStart ? path : path.Length < 2 ? "" : path[2..];
    }

    public static string OpaquePathname(string value)
    {
        string text = UrlParser.WithoutBreaks(value);
        int end = text.AsSpan().IndexOfAny('?', '#');
        return PercentEncoding.Encode(end < 0 ? text : text.AsSpan(0, end), PercentEncoding.C0Control);
    }

    public static string Search(string value) => PercentEncoding.Encode(UrlParser.WithoutBreaks(value), PercentEncoding.SpecialQuery);

    public static string Hash(string value) => PercentEncoding.Encode(UrlParser.WithoutBreaks(value), PercentEncoding.Fragment);
}
