using System.Runtime.InteropServices;

namespace Tidings;

/// <summary>Counts the distinct patterns that a broker's subscribers use, or those of one client, and admits no more than is allowed: each costs memory, and time for events that it can match.</summary>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed class PatternBudget(int maxPatterns)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PatternMatcher, int> _users = []; // Guarded by _gate.

    /// <summary>Counts those of one subscriber; false if there would be too many, and then none is counted.</summary>
    /// <param name="patterns">Its patterns, each once.</param>
    public bool TryTake(ReadOnlySpan<PatternMatcher> patterns)
    {
        lock (_gate)
        {
            int more = 0;
            foreach (PatternMatcher pattern in patterns)
            {
                more += _users.ContainsKey(pattern) ? 0 : 1;
            }

            if (more > maxPatterns - _users.Count)
            {
                return false;
            }

            foreach (PatternMatcher pattern in patterns)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_users, pattern, out _)++;
            }

            return true;
        }
    }

    /// <summary>Gives back what was taken.</summary>
    public void Return(ReadOnlySpan<PatternMatcher> patterns)
    {
        lock (_gate)
        {
            foreach (PatternMatcher pattern in patterns)
            {
                if (--CollectionsMarshal.GetValueRefOrAddDefault(_users, pattern, out _) == 0)
                {
                    _users.Remove(pattern);
                }
            }
        }
    }
}
