namespace Tidings;

/// <summary>A compiled URL pattern (urlpattern.spec.whatwg.org, section 1.4). Immutable; case is never ignored.</summary>
internal sealed class UrlPattern
{
    private static readonly string[] SpecialSchemes = ["http", "https", "ws", "wss", "ftp", "file"];

    private readonly ComponentMatcher _protocol;
    private readonly ComponentMatcher _username;
    private readonly ComponentMatcher _password;
    private readonly ComponentMatcher _hostname;
    private readonly ComponentMatcher _port;
    private readonly ComponentMatcher _pathname;
    private readonly ComponentMatcher _search;
    private readonly ComponentMatcher _hash;

    private UrlPattern(UrlPatternInit init)
    {
        string protocol = init.Protocol ?? ComponentMatcher.Anything;
        string hostname = init.Hostname ?? ComponentMatcher.Anything;
        string port = init.Port ?? ComponentMatcher.Anything;
        _protocol = CompileProtocol(protocol);
        _username = ComponentMatcher.Compile(init.Username ?? ComponentMatcher.Anything, UrlComponents.UserInfo, PatternOptions.Default);
        _password = ComponentMatcher.Compile(init.Password ?? ComponentMatcher.Anything, UrlComponents.UserInfo, PatternOptions.Default);
        _hostname = ComponentMatcher.Compile(hostname, IsIpv6(hostname) ? UrlComponents.Ipv6Hostname : UrlComponents.Hostname, PatternOptions.Hostname);
        _port = ComponentMatcher.Compile(port == $"{Url.DefaultPort(protocol)}" ? "" : port, UrlComponents.Port, PatternOptions.Default);
        _pathname = MatchesSpecialScheme(_protocol)
            ? ComponentMatcher.Compile(init.Pathname ?? ComponentMatcher.Anything, UrlComponents.Pathname, PatternOptions.Pathname)
            : ComponentMatcher.Compile(init.Pathname ?? ComponentMatcher.Anything, UrlComponents.OpaquePathname, PatternOptions.Default);
        _search = ComponentMatcher.Compile(init.Search ?? ComponentMatcher.Anything, UrlComponents.Search, PatternOptions.Default);
        _hash = ComponentMatcher.Compile(init.Hash ?? ComponentMatcher.Anything, UrlComponents.Hash, PatternOptions.Default);
        GroupCount = CountOf(init.Protocol, _protocol) + CountOf(init.Username, _username) + CountOf(init.Password, _password) + CountOf(init.Hostname, _hostname)
            + CountOf(init.Port, _port) + CountOf(init.Pathname, _pathname) + CountOf(init.Search, _search) + CountOf(init.Hash, _hash);
        Key = PrefixKey.OfUrl(_hostname, _pathname);
    }

    /// <summary>How many groups, wildcards and repeated texts the pattern has, without those that stand for components that it does not name.</summary>
    public int GroupCount { get; }

    /// <summary>Under which key the pattern is found by the URLs that it can match.</summary>
    public string Key { get; }

    /// <summary>
    /// Makes a pattern of the text of the standard's constructor, against <paramref name="baseUrl"/> if it has no protocol of its own. The standard would put the base's
    /// directory before the path even of <c>urn:isbn::id</c>, which then could match nothing: here a pattern with a protocol is absolute.
    /// </summary>
    /// <exception cref="FormatException">The text is no pattern, or one that cannot be matched in linear time; the message says why.</exception>
    public static UrlPattern Parse(string text, Url? baseUrl)
    {
        UrlPatternInit init = ConstructorStringParser.Parse(text);
        return init.Protocol is null && baseUrl is null
            ? throw new FormatException("The pattern has no protocol and nothing that it would be relative to.")
            : Create(init, init.Protocol is null ? baseUrl : null);
    }

    /// <summary>Makes a pattern of the patterns of the components.</summary>
    /// <exception cref="FormatException">As for <see cref="Parse"/>.</exception>
    public static UrlPattern Create(UrlPatternInit init, Url? baseUrl) => new(init.Processed(baseUrl));

    /// <summary>Compiles the pattern of a protocol alone: whether it is special decides how the rest is read.</summary>
    public static ComponentMatcher CompileProtocol(string protocol) => ComponentMatcher.Compile(protocol, UrlComponents.Protocol, PatternOptions.Default);

    /// <summary>Whether a protocol's pattern matches any scheme whose URLs have a host and a path of segments.</summary>
    public static bool MatchesSpecialScheme(ComponentMatcher protocol) => Array.Exists(SpecialSchemes, scheme => protocol.Matches(scheme));

    /// <summary>Says whether every component of <paramref name="url"/> matches.</summary>
    public bool Matches(in UrlParts url) =>
        _protocol.Matches(url.Scheme)
        && _hostname.Matches(url.Host)
        && _port.Matches(url.Port)
        && _pathname.Matches(url.Path)
        && _search.Matches(url.Query)
        && _hash.Matches(url.Fragment)
        && _username.Matches(url.Username)
        && _password.Matches(url.Password);

    private static int CountOf(string? given, ComponentMatcher component) => given is null ? 0 : component.GroupCount;

    private static bool IsIpv6(string hostname) => hostname is ['[', _, ..] or ['{' or '\\', '[', ..];
}
