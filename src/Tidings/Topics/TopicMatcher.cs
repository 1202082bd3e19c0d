using System.Diagnostics.CodeAnalysis;

namespace Tidings;

/// <summary>An expression that selects topics: one topic exactly, a URL Pattern, a URI template, or <c>*</c> for all of them.</summary>
/// <remarks>Immutable; safe for use from several threads.</remarks>
public abstract record TopicMatcher
{
    internal const string Wildcard = "*";

    // Only the kinds in this folder: the index must know how to find each of them without asking every subscriber.
    private protected TopicMatcher()
    {
    }

    /// <summary>Matches every topic.</summary>
    public static TopicMatcher All { get; } = new AllMatcher();

    /// <summary>Matches <paramref name="topic"/> and nothing else.</summary>
    public static TopicMatcher Exact(Topic topic) => new ExactMatcher(topic);

    /// <summary>Reads a matcher as a client writes it: <c>*</c>, or a topic to be matched exactly.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out TopicMatcher? matcher, [NotNullWhen(false)] out string? complaint)
    {
        if (text == Wildcard)
        {
            matcher = All;
            complaint = null;
            return true;
        }

        matcher = Topic.TryParse(text, out Topic topic, out complaint) ? new ExactMatcher(topic) : null;
        return complaint is null && matcher is not null;
    }

    /// <summary>Reads a matcher of the given type as a client writes it, or says what is wrong with it.</summary>
    /// <param name="type">How <paramref name="text"/> is to be read; <c>*</c> selects everything whatever the type.</param>
    /// <param name="text">The matcher.</param>
    /// <param name="baseUrl">
    /// The hub's URL, against which relative patterns, and relative topics with them, are resolved. Never take it from a request, whose Host anybody can forge. Null:
    /// a fixed base that is no real host. Only <see cref="MatcherType.UrlPattern"/> uses it.
    /// </param>
    /// <param name="matcher">The matcher; null if there is a complaint.</param>
    /// <param name="complaint">What is wrong, as a sentence that may be shown to the client; null if nothing is.</param>
    public static bool TryParse(
        MatcherType type,
        [NotNullWhen(true)] string? text,
        Uri? baseUrl,
        [NotNullWhen(true)] out TopicMatcher? matcher,
        [NotNullWhen(false)] out string? complaint)
    {
        return TryParse(type, text, baseUrl, PatternLimits.Default, out matcher, out complaint);
    }

    /// <summary>As <see cref="TryParse(MatcherType, string?, Uri?, out TopicMatcher?, out string?)"/>, with limits of the caller's own.</summary>
    internal static bool TryParse(
        MatcherType type,
        [NotNullWhen(true)] string? text,
        Uri? baseUrl,
        PatternLimits limits,
        [NotNullWhen(true)] out TopicMatcher? matcher,
        [NotNullWhen(false)] out string? complaint)
    {
        if (type == MatcherType.Exact || text == Wildcard)
        {
            return TryParse(text, out matcher, out complaint);
        }

        matcher = null;
        complaint = text is null ? "A pattern cannot be null." : FieldText.Complaint(text, limits.MaxBytes) is { } wrong ? $"A pattern {wrong}" : null;
        if (complaint is not null)
        {
            return false;
        }

        try
        {
            matcher = type switch
            {
                MatcherType.UrlPattern => SharedMatchers.UrlPattern(text!, BaseUrls.Of(baseUrl)), // no complaint implies not null, here and below
                MatcherType.UriTemplate => SharedMatchers.UriTemplate(text!),
                _ => throw new ArgumentOutOfRangeException(nameof(type), type, message: null),
            };
        }
        catch (FormatException wrongPattern)
        {
            complaint = wrongPattern.Message;
            return false;
        }

        if (matcher.GroupCount > limits.MaxGroups)
        {
            complaint = $"A pattern can have at most {limits.MaxGroups} groups; this one has {matcher.GroupCount}.";
            matcher = null;
            return false;
        }

        complaint = null;
        return true;
    }

    /// <summary>Matches the topics that a URL Pattern selects.</summary>
    /// <param name="pattern">The pattern, such as <c>https://example.com/books/:id</c>.</param>
    /// <param name="baseUrl">What relative patterns and topics are resolved against, as for <see cref="TryParse(MatcherType, string?, Uri?, out TopicMatcher?, out string?)"/>.</param>
    /// <exception cref="FormatException">The text is no URL Pattern, or one that cannot be matched in linear time; the message says why.</exception>
    public static TopicMatcher UrlPattern(string pattern, Uri? baseUrl = null) => Parse(MatcherType.UrlPattern, pattern, baseUrl);

    /// <summary>Matches the topics that a URI template (RFC 6570) could have been expanded to, and the template's own text.</summary>
    /// <param name="template">The template, such as <c>https://example.com/books/{id}</c>. A text that is no template is a topic to be matched exactly.</param>
    /// <exception cref="FormatException">The text is empty, too long, or holds a character that no topic can hold.</exception>
    public static TopicMatcher UriTemplate(string template) => Parse(MatcherType.UriTemplate, template, baseUrl: null);

    private static TopicMatcher Parse(MatcherType type, string text, Uri? baseUrl)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(type, text, baseUrl, out TopicMatcher? matcher, out string? complaint) ? matcher : throw new FormatException(complaint);
    }

    /// <summary>The type as the Mercure protocol names it; a 0.x selector, which the protocol gives no name, is <c>uritemplate</c>.</summary>
    internal virtual string TypeName => "exact";

    /// <summary>The matcher as its subscriber wrote it.</summary>
    internal abstract string Text { get; }

    /// <summary>How many groups, wildcards and variables it has.</summary>
    internal virtual int GroupCount => 0;

    /// <summary>Says whether <paramref name="topic"/> is selected.</summary>
    public abstract bool Matches(Topic topic);

    /// <inheritdoc />
    public sealed override string ToString() => Text;

    /// <summary>Says whether some topic may be selected by both; when in doubt, yes.</summary>
    internal abstract bool Overlaps(TopicMatcher other);

    internal sealed record AllMatcher : TopicMatcher
    {
        internal override string Text => Wildcard;

        public override bool Matches(Topic topic) => true;

        internal override bool Overlaps(TopicMatcher other) => true;
    }

    internal sealed record ExactMatcher(Topic Topic) : TopicMatcher
    {
        internal override string Text => Topic.Value;

        public override bool Matches(Topic topic) => topic == Topic;

        internal override bool Overlaps(TopicMatcher other) => other.Matches(Topic);
    }
}
