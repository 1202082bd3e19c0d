using System.Diagnostics.CodeAnalysis;

namespace Tidings;

/// <summary>An expression that selects topics: one topic exactly, or <c>*</c> for all of them.</summary>
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

    /// <summary>Says whether <paramref name="topic"/> is selected.</summary>
    public abstract bool Matches(Topic topic);

    /// <summary>Says whether some topic may be selected by both; when in doubt, yes.</summary>
    internal abstract bool Overlaps(TopicMatcher other);

    internal sealed record AllMatcher : TopicMatcher
    {
        public override bool Matches(Topic topic) => true;

        internal override bool Overlaps(TopicMatcher other) => true;

        public override string ToString() => Wildcard;
    }

    internal sealed record ExactMatcher(Topic Topic) : TopicMatcher
    {
        public override bool Matches(Topic topic) => topic == Topic;

        internal override bool Overlaps(TopicMatcher other) => other.Matches(Topic);

        public override string ToString() => Topic.Value;
    }
}
