namespace Tidings;

/// <summary>A topic while it is tested against patterns: read as a URL when the first one asks, and then once for all that share a base.</summary>
internal ref struct TopicReading(Topic topic, Span<char> scratch)
{
    private readonly Span<char> _scratch = scratch;
    private Url? _base;
    private UrlParts _url;
    private bool _isUrl;

    /// <summary>Says whether <paramref name="matcher"/> selects the topic.</summary>
    public bool IsMatchedBy(PatternMatcher matcher) =>
        matcher is not UrlPatternMatcher pattern ? matcher.Matches(topic) : TryReadUrl(pattern.Base, out UrlParts url) && pattern.Matches(url);

    /// <summary>The topic as a URL against <paramref name="baseUrl"/>; false if it is none.</summary>
    public bool TryReadUrl(Url baseUrl, out UrlParts url)
    {
        if (!ReferenceEquals(_base, baseUrl) && _base != baseUrl)
        {
            _isUrl = UrlParts.TryRead(topic.Value, baseUrl, _scratch, out _url);
            _base = baseUrl;
        }

        url = _url;
        return _isUrl;
    }
}
