using System.Text;

namespace Tidings;

/// <summary>
/// The basic URL parser of the WHATWG URL standard (section 4.4), written by the parts of a URL instead of state by state: the outcome is the same. Null stands for
/// the standard's "failure". It never throws and takes time linear in the input.
/// </summary>
internal static class UrlParser
{
    /// <summary>Parses <paramref name="input"/>, against <paramref name="baseUrl"/> if there is one.</summary>
    public static Url? Parse(string input, Url? baseUrl = null)
    {
        ReadOnlySpan<char> text = Cleaned(input);
        if (SchemeLength(text) is not (> 0 and int length))
        {
            return ParseWithoutScheme(text, baseUrl);
        }

        string scheme = text[..length].ToString().ToLowerInvariant();
        ReadOnlySpan<char> rest = text[(length + 1)..];
        if (scheme == "file")
        {
            return ParseFile(rest, baseUrl?.Scheme == "file" ? baseUrl : null);
        }

        if (Url.IsSpecialScheme(scheme))
        {
            return baseUrl?.Scheme == scheme && !rest.StartsWith("//", StringComparison.Ordinal)
                ? ParseRelative(rest, baseUrl)
                : ParseAuthority(rest.TrimStart("/\\"), scheme);
        }

        return rest.StartsWith("//", StringComparison.Ordinal) ? ParseAuthority(rest[2..], scheme)
            : rest.StartsWith('/') ? new UrlTail(rest, isSpecial: false).Apply(new Url { Scheme = scheme }, "")
            : new UrlTail(rest, isSpecial: false).ApplyOpaque(new Url { Scheme = scheme });
    }

    private static ReadOnlySpan<char> Cleaned(string input)
    {
        int start = 0;
        int end = input.Length;
        while (start < end && input[start] <= ' ')
        {
            start++;
        }

        while (end > start && input[end - 1] <= ' ')
        {
            end--;
        }

        ReadOnlySpan<char> text = input.AsSpan(start, end - start);
        return text.ContainsAny('\t', '\n', '\r') ? WithoutBreaks(text) : text;
    }

    /// <summary>Without tabs and line breaks, which the standard removes wherever they stand.</summary>
    public static string WithoutBreaks(ReadOnlySpan<char> text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char character in text)
        {
            if (character is not ('\t' or '\n' or '\r'))
            {
                result.Append(character);
            }
        }

        return result.ToString();
    }

    /// <summary>How long the scheme before the colon is; 0 if there is none.</summary>
    private static int SchemeLength(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetter(text[0]))
        {
            return 0;
        }

        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == ':')
            {
                return i;
            }

            if (!char.IsAsciiLetterOrDigit(text[i]) && text[i] is not ('+' or '-' or '.'))
            {
                return 0;
            }
        }

        return 0;
    }

    private static Url? ParseWithoutScheme(ReadOnlySpan<char> text, Url? baseUrl)
    {
        if (baseUrl is null || (baseUrl.HasOpaquePath && !text.StartsWith('#')))
        {
            return null;
        }

        return baseUrl.HasOpaquePath ? new UrlTail(text, isSpecial: false).ApplyFragment(baseUrl)
            : baseUrl.Scheme == "file" ? ParseFile(text, baseUrl)
            : ParseRelative(text, baseUrl);
    }

    private static Url? ParseRelative(ReadOnlySpan<char> text, Url baseUrl)
    {
        bool isSpecial = baseUrl.IsSpecial;
        if (text.Length > 1 && IsSlash(text[0], isSpecial) && IsSlash(text[1], isSpecial))
        {
            return ParseAuthority(isSpecial ? text.TrimStart("/\\") : text[2..], baseUrl.Scheme);
        }

        var tail = new UrlTail(text, isSpecial);
        return text.IsEmpty || text[0] is '?' or '#' ? tail.ApplyQuery(baseUrl)
            : IsSlash(text[0], isSpecial) ? tail.Apply(baseUrl with { Query = null, Fragment = null }, "")
            : tail.Apply(baseUrl with { Query = null, Fragment = null }, UrlTail.Shortened(baseUrl.Path, isFile: false));
    }

    private static Url? ParseAuthority(ReadOnlySpan<char> text, string scheme)
    {
        bool isSpecial = Url.IsSpecialScheme(scheme);
        int end = text.IndexOfAny(isSpecial ? "/?#\\" : "/?#");
        ReadOnlySpan<char> authority = end < 0 ? text : text[..end];
        ReadOnlySpan<char> rest = end < 0 ? [] : text[end..];
        (string username, string password) = ("", "");
        int at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            ReadOnlySpan<char> credentials = authority[..at];
            authority = authority[(at + 1)..];
            int colon = credentials.IndexOf(':');
            username = PercentEncoding.Encode(colon < 0 ? credentials : credentials[..colon], PercentEncoding.UserInfo);
            password = colon < 0 ? "" : PercentEncoding.Encode(credentials[(colon + 1)..], PercentEncoding.UserInfo);
        }

        int portAt = PortColon(authority);
        ReadOnlySpan<char> hostText = portAt < 0 ? authority : authority[..portAt];
        if (hostText.IsEmpty && (isSpecial || at >= 0 || portAt >= 0))
        {
            return null;
        }

        string? host = hostText.IsEmpty ? "" : UrlHost.Parse(hostText, isSpecial);
        if (host is null || !TryPort(portAt < 0 ? [] : authority[(portAt + 1)..], scheme, out int? port))
        {
            return null;
        }

        return new UrlTail(rest, isSpecial).Apply(
            new Url { Scheme = scheme, Username = username, Password = password, Host = host, Port = port }, "");
    }

    private static Url? ParseFile(ReadOnlySpan<char> text, Url? baseUrl)
    {
        var empty = new Url { Scheme = "file", Host = "" };
        var tail = new UrlTail(text, isSpecial: true);
        if (text.Length > 1 && IsSlash(text[0], true) && IsSlash(text[1], true))
        {
            return ParseFileHost(text[2..]);
        }

        if (baseUrl is null)
        {
            return tail.Apply(empty, "");
        }

        if (!text.IsEmpty && IsSlash(text[0], true))
        {
            // "C:" of the base stays, unless the text names a drive of its own.
            bool keepsDrive = !UrlTail.StartsWithDrive(text[1..]) && UrlTail.IsDriveAt(baseUrl.Path);
            return tail.Apply(empty with { Host = baseUrl.Host }, keepsDrive ? baseUrl.Path[..3] : "");
        }

        Url copied = baseUrl with { Fragment = null };
        return text.IsEmpty || text[0] is '?' or '#' ? tail.ApplyQuery(copied)
            : tail.Apply(copied with { Query = null }, UrlTail.StartsWithDrive(text) ? "" : UrlTail.Shortened(copied.Path, isFile: true));
    }

    private static Url? ParseFileHost(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny("/\\?#");
        ReadOnlySpan<char> hostText = end < 0 ? text : text[..end];
        if (hostText.Length == 2 && UrlTail.StartsWithDrive(hostText))
        {
            return new UrlTail(text, isSpecial: true).Apply(new Url { Scheme = "file", Host = "" }, "");
        }

        string? host = hostText.IsEmpty ? "" : UrlHost.Parse(hostText, isSpecial: true);
        return host is null ? null
            : new UrlTail(text[hostText.Length..], isSpecial: true).Apply(new Url { Scheme = "file", Host = host == "localhost" ? "" : host }, "");
    }

    private static int PortColon(ReadOnlySpan<char> authority)
    {
        bool isInBrackets = false;
        for (int i = 0; i < authority.Length; i++)
        {
            switch (authority[i])
            {
                case '[':
                    isInBrackets = true;
                    break;
                case ']':
                    isInBrackets = false;
                    break;
                case ':' when !isInBrackets:
                    return i;
            }
        }

        return -1;
    }

    private static bool TryPort(ReadOnlySpan<char> text, string scheme, out int? port)
    {
        port = null;
        int number = 0;
        foreach (char digit in text)
        {
            number = char.IsAsciiDigit(digit) ? (number * 10) + digit - '0' : int.MaxValue;
            if (number > ushort.MaxValue)
            {
                return false;
            }
        }

        port = text.IsEmpty || number == Url.DefaultPort(scheme) ? null : number;
        return true;
    }

    private static bool IsSlash(char character, bool isSpecial) => character == '/' || (isSpecial && character == '\\');
}
