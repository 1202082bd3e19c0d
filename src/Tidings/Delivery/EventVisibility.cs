namespace Tidings;

/// <summary>
/// Which events a subscriber may see: asked for each private event right before it is handed out, live or from the log (Mercure protocol, section "Authorization").
/// What a subscriber selects only routes, and never widens this.
/// </summary>
/// <remarks>Immutable; safe for use from several threads.</remarks>
public sealed class EventVisibility
{
    private readonly MatcherSet? _granted; // Null if nothing private may be seen.

    private EventVisibility(MatcherSet? granted) => _granted = granted;

    /// <summary>Only events that were not published as private.</summary>
    public static EventVisibility PublicOnly { get; } = new(granted: null);

    /// <summary>Every event: for a subscriber that the application itself has authorized for its topics.</summary>
    public static EventVisibility IncludingPrivate { get; } = new(new MatcherSet([TopicMatcher.All]));

    /// <summary>Public events, and private ones of which at least one topic is granted.</summary>
    /// <param name="granted">What selects the topics that are granted; none is the same as <see cref="PublicOnly"/>.</param>
    public static EventVisibility Granted(params IEnumerable<TopicMatcher> granted)
    {
        ArgumentNullException.ThrowIfNull(granted);
        TopicMatcher[] matchers = [.. granted];
        return matchers.Length == 0 ? PublicOnly : new EventVisibility(new MatcherSet(matchers));
    }

    /// <summary>Whether the subscriber may see private events on any of <paramref name="topics"/>; when in doubt, yes.</summary>
    internal bool MayReach(LiveOnlyTopics topics) => _granted is not null && topics.MayBeSelectedBy(_granted);

    /// <summary>Whether the subscriber may see an event.</summary>
    internal bool Includes(PendingEvent content) => !content.IsPrivate || (_granted is not null && _granted.MatchesAny(content.Topics));
}
