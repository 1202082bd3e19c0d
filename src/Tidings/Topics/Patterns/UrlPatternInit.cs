namespace Tidings;

/// <summary>The patterns of a URL's components, as far as they are given (URL Pattern standard, section 1.2, <c>URLPatternInit</c>).</summary>
internal sealed record UrlPatternInit
{
    public string? Protocol { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    public string? Hostname { get; init; }

    public string? Port { get; init; }

    public string? Pathname { get; init; }

    public string? Search { get; init; }

    public string? Hash { get; init; }

    /// <summary>
    /// With what the base gives where nothing at least as specific is said (section 3.2, "process a URLPatternInit", type "pattern"). User and password are never inherited.
    /// </summary>
    public UrlPatternInit Processed(Url? baseUrl)
    {
        string? protocol = Protocol is null ? null : WithoutEnd(Protocol, ':');
        string? search = Search is null ? null : WithoutStart(Search, '?');
        string? hash = Hash is null ? null : WithoutStart(Hash, '#');
        if (baseUrl is null)
        {
            return this with { Protocol = protocol, Search = search, Hash = hash };
        }

        bool namesHost = Protocol is not null || Hostname is not null;
        bool namesPort = namesHost || Port is not null;
        bool namesPath = namesPort || Pathname is not null;
        bool namesSearch = namesPath || Search is not null;
        bool namesHash = namesSearch || Hash is not null;
        return this with
        {
            Protocol = protocol ?? Escaped(baseUrl.Scheme),
            Hostname = Hostname ?? (namesHost ? null : Escaped(baseUrl.Host ?? "")),
            Port = Port ?? (namesPort ? null : $"{baseUrl.Port}"),
            Pathname = Pathname is not null ? Resolved(Pathname, baseUrl) : namesPath ? null : Escaped(baseUrl.Path),
            Search = search ?? (namesSearch ? null : Escaped(baseUrl.Query ?? "")),
            Hash = hash ?? (namesHash ? null : Escaped(baseUrl.Fragment ?? "")),
        };
    }

    private static string Resolved(string pathname, Url baseUrl)
    {
        bool isAbsolute = pathname is ['/', ..] or ['\\' or '{', '/', ..];
        if (baseUrl.HasOpaquePath || isAbsolute)
        {
            return pathname;
        }

        string basePath = Escaped(baseUrl.Path);
        return basePath[..(basePath.LastIndexOf('/') + 1)] + pathname;
    }

    private static string WithoutEnd(string text, char end) => text.EndsWith(end) ? text[..^1] : text;

    private static string WithoutStart(string text, char start) => text.StartsWith(start) ? text[1..] : text;

    private static string Escaped(string text)
    {
        foreach (char special in "\\+*?:{}()") // the backslash first, or it would escape the others' own
        {
            text = text.Replace($"{special}", $"\\{special}", StringComparison.Ordinal);
        }

        return text;
    }
}
