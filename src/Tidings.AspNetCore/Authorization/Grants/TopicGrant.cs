using System.Text.Json;

namespace Tidings;

/// <summary>A right: what may be done with the topics that some matchers select.</summary>
/// <remarks>Immutable; safe for use from several threads.</remarks>
public sealed class TopicGrant
{
    private readonly TopicMatcher[] _topics;

    /// <summary>Makes a right to <paramref name="actions"/> on every topic that one of <paramref name="topics"/> selects.</summary>
    /// <param name="actions">What may be done.</param>
    /// <param name="topics">With which topics; none selects none.</param>
    /// <param name="payload">
    /// What those who may see the subscription are told about the subscriber, by way of subscriptions to these topics; null for nothing. They all see it: no personal data.
    /// </param>
    public TopicGrant(TopicActions actions, IEnumerable<TopicMatcher> topics, JsonElement? payload = null)
    {
        ArgumentNullException.ThrowIfNull(topics);
        Actions = actions;
        _topics = [.. topics];
        Payload = payload?.Clone();
    }

    /// <summary>What may be done.</summary>
    public TopicActions Actions { get; }

    /// <summary>Selects the topics.</summary>
    public IReadOnlyList<TopicMatcher> Topics => _topics;

    /// <summary>What is told about the subscriber; null for nothing.</summary>
    public JsonElement? Payload { get; }

    /// <summary>A right to publish on <paramref name="topics"/>.</summary>
    public static TopicGrant ToPublish(params IEnumerable<TopicMatcher> topics) => new(TopicActions.Publish, topics);

    /// <summary>A right to receive private events on <paramref name="topics"/>.</summary>
    public static TopicGrant ToSubscribe(params IEnumerable<TopicMatcher> topics) => new(TopicActions.Subscribe, topics);
}
