using System.Runtime.InteropServices;

namespace Tidings;

/// <summary>Counts the distinct patterns that a broker's subscribers use, and admits no more than is allowed: each costs memory, and time for events that it can match.</summary>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed class PatternBudget(int maxPatterns)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PatternMatcher, int> _users = []; // Guarded by _gate.

    /// <exception cref="SubscribeException">There would be too many; nothing is counted then.</exception>
    public void Take(MatcherSet matchers)
    {
        lock (_gate)
        {
            int more = 0;
            foreach (TopicMatcher matcher in matchers.Matchers)
            {
                more += matcher is PatternMatcher pattern && !_users.ContainsKey(pattern) ? 1 : 0;
            }

            if (more > maxPatterns - _users.Count)
            {
                throw new SubscribeException(SubscribeFailure.TooManyPatterns);
            }

            foreach (TopicMatcher matcher in matchers.Matchers)
            {
                if (matcher is PatternMatcher pattern)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(_users, pattern, out _)++;
                }
            }
        }
    }

    /// <summary>Gives back what was taken for the same matchers.</summary>
    public void Return(MatcherSet matchers)
    {
        lock (_gate)
        {
            foreach (TopicMatcher matcher in matchers.Matchers)
            {
                if (matcher is PatternMatcher pattern && --CollectionsMarshal.GetValueRefOrAddDefault(_users, pattern, out _) == 0)
                {
                    _users.Remove(pattern);
                }
            }
        }
    }
}
