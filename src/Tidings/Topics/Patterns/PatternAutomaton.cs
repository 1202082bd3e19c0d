namespace Tidings;

/// <summary>
/// A deterministic automaton for a component with regular expressions, complete before the first text is seen: a text costs one look-up per character whatever the pattern, and no memory. Immutable.
/// </summary>
internal sealed class PatternAutomaton
{
    private const int Dead = 0;

    private readonly byte[] _classOf;
    private readonly ushort[] _next; // By state and class of character.
    private readonly bool[] _accepts;
    private readonly int _classes;

    /// <param name="classOf">The class of each ASCII character: characters that no set tells apart.</param>
    /// <param name="next">Where each state goes with each class. State 0 is dead, state 1 the first.</param>
    /// <param name="accepts">In which states a text may end.</param>
    public PatternAutomaton(byte[] classOf, ushort[] next, bool[] accepts)
    {
        _classOf = classOf;
        _next = next;
        _accepts = accepts;
        _classes = next.Length / accepts.Length;
    }

    /// <summary>How many entries its table has.</summary>
    public int Transitions => _next.Length;

    /// <summary>Says whether the whole of <paramref name="text"/> matches.</summary>
    public bool Matches(ReadOnlySpan<char> text)
    {
        int state = 1;
        foreach (char character in text)
        {
            state = character < _classOf.Length ? _next[(state * _classes) + _classOf[character]] : Dead;
            if (state == Dead)
            {
                return false;
            }
        }

        return _accepts[state];
    }
}
