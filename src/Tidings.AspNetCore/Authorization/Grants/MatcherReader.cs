using System.Diagnostics.CodeAnalysis;

namespace Tidings;

/// <summary>The one place where matchers are made of what tokens say. Exact topics and <c>*</c> are supported.</summary>
internal static class MatcherReader
{
    /// <summary>What protocol 1.0 calls exact matching, its default.</summary>
    public const string Exact = "exact";

    /// <summary>Makes the matcher of a detail of protocol 1.0. A type that is not supported is an error: it must never be read as something else.</summary>
    public static bool TryRead(string? matchType, string match, [NotNullWhen(true)] out TopicMatcher? matcher)
    {
        matcher = null;
        return matchType is null or Exact && TopicMatcher.TryParse(match, out matcher, out _);
    }

    /// <summary>Makes the matcher of a selector of protocol 0.x; false for one that can select nothing.</summary>
    public static bool TryReadLegacy(string selector, [NotNullWhen(true)] out TopicMatcher? matcher) => TopicMatcher.TryParse(selector, out matcher, out _);
}
