namespace Tidings;

/// <summary>How the text of a <see cref="TopicMatcher"/> is to be read. In every type <c>*</c> alone selects all topics.</summary>
public enum MatcherType
{
    /// <summary>A topic, compared byte by byte; <c>match</c> and <c>match_exact</c> of the Mercure protocol 1.0.</summary>
    Exact,

    /// <summary>A URL Pattern (urlpattern.spec.whatwg.org); <c>match_urlpattern</c> of the Mercure protocol 1.0.</summary>
    UrlPattern,

    /// <summary>A topic, or a URI template (RFC 6570) that is read backwards; the <c>topic</c> selector of the Mercure protocol 0.x.</summary>
    UriTemplate,
}
