using System.Collections.Immutable;

namespace Tidings;

/// <summary>The retention of topics: which rule holds for an event. Immutable.</summary>
internal sealed class Rules
{
    private readonly ImmutableArray<Rule> _rules;
    private IReadOnlyList<TopicFloor>? _floors; // Made when they are asked for: once for each batch, not for each event.

    public Rules(ImmutableArray<Rule> rules) => _rules = rules;

    public ImmutableArray<Rule> All => _rules;

    /// <summary>What the rules have taken, as readers are told.</summary>
    public IReadOnlyList<TopicFloor> Floors =>
        _floors ??= [.. _rules.Where(rule => rule.Floor > 0).Select(rule => new TopicFloor(rule.Matcher, rule.Floor))];

    /// <summary>The rule under which all of <paramref name="topics"/> fall; null if there is none, or if they fall under different ones.</summary>
    public Rule? Of(ReadOnlySpan<Topic> topics)
    {
        if (_rules.IsEmpty)
        {
            return null;
        }

        Rule? common = Of(topics[0]);
        for (int i = 1; i < topics.Length && common is not null; i++)
        {
            // Who asks for one of the topics alone could not be told what retention took because of another.
            common = ReferenceEquals(Of(topics[i]), common) ? common : null;
        }

        return common;
    }

    /// <summary>The rule that marks its events with <paramref name="id"/>.</summary>
    public Rule? Find(long id)
    {
        foreach (Rule rule in _rules)
        {
            if (rule.Id == id)
            {
                return rule;
            }
        }

        return null;
    }

    public Rules With(Rule changed) => new(_rules.Replace(Find(changed.Id)!, changed)); // only rules of this set are changed

    private Rule? Of(Topic topic)
    {
        foreach (Rule rule in _rules)
        {
            if (rule.Limits is not null && rule.Matcher.Matches(topic))
            {
                return rule;
            }
        }

        return null;
    }
}
