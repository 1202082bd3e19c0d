using System.Diagnostics.CodeAnalysis;

namespace Tidings;

/// <summary>The one place where matchers are made of what tokens say.</summary>
/// <param name="hubUrl">The hub's URL, against which relative matchers are resolved; null if it is not known.</param>
internal sealed class MatcherReader(Uri? hubUrl)
{
    // What protocol 1.0 calls exact matching, its default.
    private const string Exact = "exact";

    // By match_type, which has a case. What is not here is not supported.
    private readonly Dictionary<string, Func<string, TopicMatcher?>> _types = new(StringComparer.Ordinal)
    {
        [Exact] = static text => TopicMatcher.TryParse(text, out TopicMatcher? matcher, out _) ? matcher : null,
        ["urlpattern"] = text => TopicMatcher.TryParse(MatcherType.UrlPattern, text, hubUrl, out TopicMatcher? matcher, out _) ? matcher : null,
    };

    /// <summary>Makes the matcher of a detail of protocol 1.0. A type that is not supported is an error: it must never be read as something else.</summary>
    public bool TryReadCurrent(string? matchType, string match, [NotNullWhen(true)] out TopicMatcher? matcher)
    {
        matcher = _types.TryGetValue(matchType ?? Exact, out Func<string, TopicMatcher?>? read) ? read(match) : null;
        return matcher is not null;
    }

    /// <summary>Makes the matcher of a selector of protocol 0.x; false for one that can select nothing.</summary>
    public static bool TryReadLegacy(string selector, [NotNullWhen(true)] out TopicMatcher? matcher) =>
        TopicMatcher.TryParse(MatcherType.UriTemplate, selector, baseUrl: null, out matcher, out _);
}
