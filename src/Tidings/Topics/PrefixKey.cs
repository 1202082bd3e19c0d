namespace Tidings;

/// <summary>
/// The keys by which patterns are found: the text that a match must begin with, cut after a slash. So an event is only tested against patterns whose fixed
/// beginning its topic has, and a pattern without any wildcard only against its own text.
/// </summary>
/// <remarks>
/// Three spaces of keys never meet: <c>u</c> stands before a host and a path, <c>p</c> before a path under any host, <c>t</c> before a topic as it is. <c>=</c> follows
/// when the key is the whole text.
/// </remarks>
internal static class PrefixKey
{
    /// <summary>How many slashes a key can reach over: the most look-ups in each space.</summary>
    public const int MaxDepth = 8;

    public const char Url = 'u';
    public const char AnyHost = 'p';
    public const char Text = 't';
    public const char Whole = '=';

    public static string OfUrl(ComponentMatcher hostname, ComponentMatcher pathname)
    {
        string prefix = pathname.LiteralPrefix;
        return hostname.IsLiteral
            ? pathname.IsLiteral ? $"{Url}{Whole}{hostname.LiteralPrefix}{prefix}" : $"{Url}{Cut(hostname.LiteralPrefix + prefix)}"
            : pathname.IsLiteral ? $"{AnyHost}{Whole}{prefix}" : $"{AnyHost}{Cut(prefix)}";
    }

    /// <summary>The key of a pattern whose matches all begin with <paramref name="prefix"/>.</summary>
    public static string OfText(string prefix) => $"{Text}{Cut(prefix)}";

    private static string Cut(string prefix)
    {
        int end = 0;
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            int slash = prefix.IndexOf('/', end);
            if (slash < 0)
            {
                break;
            }

            end = slash + 1;
        }

        return prefix[..end];
    }
}
