using System.Text;

namespace Tidings;

/// <summary>What follows the authority of a URL: path, query and fragment (WHATWG URL standard, section 4.4, "path start state" and later).</summary>
internal readonly ref struct UrlTail
{
    private readonly ReadOnlySpan<char> _path;
    private readonly ReadOnlySpan<char> _query;
    private readonly ReadOnlySpan<char> _fragment;
    private readonly bool _hasQuery;
    private readonly bool _hasFragment;
    private readonly bool _isSpecial;

    public UrlTail(ReadOnlySpan<char> text, bool isSpecial)
    {
        _isSpecial = isSpecial;
        int hash = text.IndexOf('#');
        _hasFragment = hash >= 0;
        _fragment = _hasFragment ? text[(hash + 1)..] : [];
        text = _hasFragment ? text[..hash] : text;
        int question = text.IndexOf('?');
        _hasQuery = question >= 0;
        _query = _hasQuery ? text[(question + 1)..] : [];
        _path = _hasQuery ? text[..question] : text;
    }

    private string? EncodedQuery => _hasQuery ? PercentEncoding.Encode(_query, _isSpecial ? PercentEncoding.SpecialQuery : PercentEncoding.Query) : null;

    private string? EncodedFragment => _hasFragment ? PercentEncoding.Encode(_fragment, PercentEncoding.Fragment) : null;

    /// <summary>The URL with this path behind <paramref name="before"/>, this query and this fragment.</summary>
    public Url Apply(Url url, string before)
    {
        bool isEmpty = _path.IsEmpty && !_isSpecial;
        return url with { Path = isEmpty ? before : Path(_path, before, _isSpecial, url.Scheme == "file"), Query = EncodedQuery, Fragment = EncodedFragment };
    }

    /// <summary>The URL with this text as its opaque path.</summary>
    public Url ApplyOpaque(Url url)
    {
        string path = PercentEncoding.Encode(_path, PercentEncoding.C0Control);

        // A space at the end would be lost when the serialized URL is parsed again without its query.
        path = path.EndsWith(' ') && (_hasQuery || _hasFragment) ? path[..^1] + "%20" : path;
        return url with { Path = path, HasOpaquePath = true, Query = EncodedQuery, Fragment = EncodedFragment };
    }

    /// <summary>The URL with this query, if there is one, and this fragment.</summary>
    public Url ApplyQuery(Url url) => url with { Query = _hasQuery ? EncodedQuery : url.Query, Fragment = EncodedFragment };

    /// <summary>The URL with this fragment.</summary>
    public Url ApplyFragment(Url url) => url with { Fragment = EncodedFragment };

    /// <summary>Appends the segments of <paramref name="text"/> to the path <paramref name="before"/>; <c>.</c> and <c>..</c> are resolved in every spelling.</summary>
    public static string Path(ReadOnlySpan<char> text, string before, bool isSpecial, bool isFile)
    {
        var path = new StringBuilder(before, before.Length + text.Length + 1);
        if (!text.IsEmpty && (text[0] == '/' || (isSpecial && text[0] == '\\')))
        {
            text = text[1..];
        }

        while (true)
        {
            int end = isSpecial ? text.IndexOfAny('/', '\\') : text.IndexOf('/');
            ReadOnlySpan<char> segment = end < 0 ? text : text[..end];
            if (IsDoubleDot(segment))
            {
                Shorten(path, isFile);
                AppendIf(end < 0, path);
            }
            else if (IsSingleDot(segment))
            {
                AppendIf(end < 0, path);
            }
            else if (isFile && path.Length == 0 && segment.Length == 2 && StartsWithDrive(segment))
            {
                path.Append('/').Append(segment[0]).Append(':');
            }
            else
            {
                PercentEncoding.Append(path.Append('/'), segment, PercentEncoding.Path);
            }

            if (end < 0)
            {
                return path.ToString();
            }

            text = text[(end + 1)..];
        }
    }

    /// <summary>A path without its last segment, but never without the drive of a file.</summary>
    public static string Shortened(string path, bool isFile)
    {
        var shorter = new StringBuilder(path);
        Shorten(shorter, isFile);
        return shorter.ToString();
    }

    /// <summary>Whether <paramref name="text"/> starts with a Windows drive letter.</summary>
    public static bool StartsWithDrive(ReadOnlySpan<char> text) =>
        text.Length >= 2 && char.IsAsciiLetter(text[0]) && text[1] is ':' or '|' && (text.Length == 2 || text[2] is '/' or '\\' or '?' or '#');

    /// <summary>Whether the first segment of a path is a drive letter with its colon.</summary>
    public static bool IsDriveAt(ReadOnlySpan<char> path) =>
        path.Length >= 3 && char.IsAsciiLetter(path[1]) && path[2] == ':' && (path.Length == 3 || path[3] == '/');

    private static void AppendIf(bool isLast, StringBuilder path)
    {
        if (isLast)
        {
            path.Append('/');
        }
    }

    private static void Shorten(StringBuilder path, bool isFile)
    {
        if (isFile && path.Length == 3 && char.IsAsciiLetter(path[1]) && path[2] == ':')
        {
            return;
        }

        int last = path.Length - 1;
        while (last >= 0 && path[last] != '/')
        {
            last--;
        }

        path.Length = Math.Max(last, 0);
    }

    private static bool IsSingleDot(ReadOnlySpan<char> segment) => segment is "." || segment.Equals("%2e", StringComparison.OrdinalIgnoreCase);

    private static bool IsDoubleDot(ReadOnlySpan<char> segment) =>
        segment.Length is 2 or 4 or 6
        && (segment is ".."
            || segment.Equals(".%2e", StringComparison.OrdinalIgnoreCase)
            || segment.Equals("%2e.", StringComparison.OrdinalIgnoreCase)
            || segment.Equals("%2e%2e", StringComparison.OrdinalIgnoreCase));
}
