using System.Text.Json;

namespace Tidings;

/// <summary>
/// What somebody may do at the hub: the one answer for publishing, live and replayed events, the subscriptions API and pages. Immutable; safe for use from several threads.
/// </summary>
internal sealed class HubGrants
{
    private readonly TopicGrant[] _subscribe;
    private readonly MatcherSet _publishable;
    private readonly MatcherSet _receivable;

    public HubGrants(IEnumerable<TopicGrant> grants)
    {
        TopicGrant[] all = [.. grants];
        _subscribe = [.. all.Where(grant => grant.Actions.HasFlag(TopicActions.Subscribe))];
        _publishable = new MatcherSet(all.Where(grant => grant.Actions.HasFlag(TopicActions.Publish)).SelectMany(grant => grant.Topics));
        _receivable = new MatcherSet(_subscribe.SelectMany(grant => grant.Topics));
    }

    /// <summary>The grants of somebody who has shown nothing.</summary>
    public static HubGrants None { get; } = new([]);

    /// <summary>Whether somebody was authenticated, with whatever rights.</summary>
    public bool IsAuthenticated { get; init; }

    /// <summary>Which protocol's token the rights come from; null for none, as with an app's own rules.</summary>
    public Dialect? Dialect { get; init; }

    /// <summary>When the rights end; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Who it is, for the scope of idempotency keys and the limits per subject: never the same for two issuers. Empty for nobody.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Whether <see cref="Subject"/> names somebody. A token may go without a subject; all of its kind are then one publisher, and not one user.</summary>
    public bool IsNamed { get; init; }

    /// <summary>The id of the token: never the same for two issuers. Empty for a token without one.</summary>
    public string TokenId { get; init; } = "";

    /// <summary>The trust that the rights rest on; null if none is tracked.</summary>
    public string? Trust { get; init; }

    /// <summary>Selects the topics whose private events may be received.</summary>
    public MatcherSet Receivable => _receivable;

    /// <summary>Whether there is any right to publish.</summary>
    public bool CanPublishAnything => !_publishable.Matchers.IsEmpty;

    /// <summary>Whether an event with all of <paramref name="topics"/> may be published: each needs a right of its own.</summary>
    public bool CanPublish(ReadOnlySpan<Topic> topics)
    {
        foreach (Topic topic in topics)
        {
            if (!_publishable.MatchesAny([topic]))
            {
                return false;
            }
        }

        return !topics.IsEmpty;
    }

    /// <summary>Whether a private event with <paramref name="topics"/> may be received: one right to one of them is enough.</summary>
    public bool CanReceivePrivate(ReadOnlySpan<Topic> topics) => _receivable.MatchesAny(topics);

    /// <summary>
    /// What is told about the subscriber by way of its subscription to <paramref name="matcher"/>. 0.x: the one payload of the token. 1.0: that of the first detail, in the order of the
    /// token, that selects the matcher's text taken as a topic; a grant of everything is a default.
    /// </summary>
    public JsonElement? PayloadFor(string matcher)
    {
        if (Dialect == Tidings.Dialect.Legacy)
        {
            return _subscribe.FirstOrDefault()?.Payload;
        }

        bool isTopic = Topic.TryParse(matcher, out Topic topic, out _);
        foreach (TopicGrant grant in _subscribe)
        {
            foreach (TopicMatcher granted in grant.Topics)
            {
                if (granted == TopicMatcher.All || (isTopic && granted.Matches(topic)))
                {
                    return grant.Payload;
                }
            }
        }

        return null;
    }
}
