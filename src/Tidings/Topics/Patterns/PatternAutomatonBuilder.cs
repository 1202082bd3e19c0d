using System.Numerics;
using System.Runtime.InteropServices;

namespace Tidings;

/// <summary>
/// Makes a regular expression's automaton deterministic (the subset construction), within bounds: an expression whose automaton would be larger, or take longer to make, is refused. So nothing is left
/// to be worked out when a topic is seen.
/// </summary>
internal sealed class PatternAutomatonBuilder
{
    // 16 KiB for each distinct pattern that is in use.
    private const int MaxTransitions = 8192;

    // Nodes that are looked at. Bounds the time that a pattern takes to compile; about 1 ms.
    private const int MaxSteps = 100_000;

    private const int Ascii = 128;

    private readonly PatternNodes _nodes;
    private readonly byte[] _classOf = new byte[Ascii];
    private readonly char[] _examples; // One character of each class.
    private readonly Around _end;

    // A state is a set of nodes, and what stands before its place. Its key is the set's bits and one more word.
    private readonly Dictionary<string, ushort> _states = [];
    private readonly List<string> _keys = [""]; // The dead state has no nodes.
    private readonly List<ushort> _next = [];
    private readonly List<bool> _accepts = [];
    private readonly ulong[] _key;

    // What one look at a state needs: which nodes it reaches without a character.
    private readonly List<PatternNodes.Node> _reached = [];
    private readonly Stack<int> _waiting = [];
    private readonly int[] _seenIn;
    private int _look;
    private int _steps;

    private PatternAutomatonBuilder(PatternNodes nodes, Around end)
    {
        _nodes = nodes;
        _end = end;
        _seenIn = new int[nodes.Count];
        _key = new ulong[((nodes.Count + 63) / 64) + 1];
        _examples = FindClasses();
    }

    // What stands beside a place.
    private enum Around
    {
        Nothing,
        WordCharacter,
        Other,
    }

    /// <param name="expression">What is to be matched.</param>
    /// <param name="before">The character that stands before what is to be matched; null for none.</param>
    /// <param name="after">The one that stands behind it.</param>
    /// <exception cref="FormatException">The automaton would be too large.</exception>
    public static PatternAutomaton Build(RegexNode expression, char? before, char? after) =>
        new PatternAutomatonBuilder(PatternNodes.Of(expression), KindOf(after)).Build(KindOf(before));

    private static Around KindOf(char? character) =>
        character is not { } known ? Around.Nothing : known < Ascii && RegexClass.WordCharacters.Contains(known) ? Around.WordCharacter : Around.Other;

    private PatternAutomaton Build(Around before)
    {
        _next.AddRange(Enumerable.Repeat((ushort)0, _examples.Length));
        _accepts.Add(false);
        Add(_nodes.First);
        StateOfKey(before);
        for (int state = 1; state < _keys.Count; state++)
        {
            Leave(_keys[state]);
        }

        return new PatternAutomaton(_classOf, [.. _next], [.. _accepts]);
    }

    // Characters that no set of the expression tells apart are one class.
    private char[] FindClasses()
    {
        var sets = new HashSet<AsciiSet>();
        if (_nodes.HasBoundaries)
        {
            sets.Add(RegexClass.WordCharacters);
        }

        for (int i = 0; i < _nodes.Count; i++)
        {
            sets.Add(_nodes[i].Set);
        }

        int count = 1;
        Span<int> renamed = stackalloc int[2 * Ascii];
        foreach (AsciiSet set in sets)
        {
            renamed.Clear();
            count = 0;
            for (int code = 0; code < Ascii; code++)
            {
                ref int name = ref renamed[(2 * _classOf[code]) + (set.Contains(code) ? 1 : 0)];
                name = name == 0 ? ++count : name;
                _classOf[code] = (byte)(name - 1);
            }
        }

        char[] examples = new char[count];
        for (int code = 0; code < Ascii; code++)
        {
            examples[_classOf[code]] = (char)code;
        }

        return examples;
    }

    private void Leave(string key)
    {
        bool accepts = Reach(key, _end);
        Around reachedBefore = _end;
        foreach (char example in _examples)
        {
            Around after = KindOf(example);
            if (_nodes.HasBoundaries && after != reachedBefore)
            {
                Reach(key, after);
                reachedBefore = after;
            }

            foreach (PatternNodes.Node node in _reached)
            {
                Count();
                if (node.Set.Contains(example))
                {
                    Add(node.Next);
                }
            }

            _next.Add(StateOfKey(after));
        }

        _accepts.Add(accepts);
    }

    // Finds what the nodes of a state reach without a character, if "after" is what follows, and says whether the end is among it.
    private bool Reach(string key, Around after)
    {
        _look++;
        _reached.Clear();
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<char, ulong>(key.AsSpan());
        var before = (Around)words[^1];
        for (int i = 0; i < words.Length - 1; i++)
        {
            for (ulong bits = words[i]; bits != 0; bits &= bits - 1)
            {
                _waiting.Push((64 * i) + BitOperations.TrailingZeroCount(bits));
            }
        }

        bool isEnd = false;
        while (_waiting.TryPop(out int index))
        {
            Count();
            if (_seenIn[index] == _look)
            {
                continue;
            }

            _seenIn[index] = _look;
            PatternNodes.Node node = _nodes[index];
            switch (node.Kind)
            {
                case PatternNodes.NodeKind.OneOf:
                    _reached.Add(node);
                    break;
                case PatternNodes.NodeKind.Fork:
                    _waiting.Push(node.Other);
                    _waiting.Push(node.Next);
                    break;
                case PatternNodes.NodeKind.Boundary when Holds(node.Boundary, before, after):
                    _waiting.Push(node.Next);
                    break;
                case PatternNodes.NodeKind.End:
                    isEnd = true;
                    break;
            }
        }

        return isEnd;
    }

    private static bool Holds(BoundaryKind kind, Around before, Around after) => kind switch
    {
        BoundaryKind.Start => before == Around.Nothing,
        BoundaryKind.End => after == Around.Nothing,
        BoundaryKind.Word => (before == Around.WordCharacter) != (after == Around.WordCharacter),
        _ => (before == Around.WordCharacter) == (after == Around.WordCharacter),
    };

    private void Add(int node) => _key[node / 64] |= 1UL << (node % 64);

    // Which state has the nodes that were added; forgets them.
    private ushort StateOfKey(Around before)
    {
        ushort state = 0;
        if (_key.AsSpan().ContainsAnyExcept(0UL))
        {
            _key[^1] = _nodes.HasBoundaries ? (ulong)before : 0;
            ReadOnlySpan<char> key = MemoryMarshal.Cast<ulong, char>(_key);
            if (!_states.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out state))
            {
                if ((_keys.Count + 1) * _examples.Length > MaxTransitions)
                {
                    throw TooLarge();
                }

                state = (ushort)_keys.Count;
                _keys.Add(key.ToString());
                _states.Add(_keys[state], state);
            }
        }

        Array.Clear(_key);
        return state;
    }

    private void Count()
    {
        if (++_steps > MaxSteps)
        {
            throw TooLarge();
        }
    }

    private static FormatException TooLarge() => new(
        $"The regular-expression groups of a component need too large an automaton: it may have {MaxTransitions} transitions, found in {MaxSteps} steps. A count doubles it with "
        + "every repetition if what stands before can match what begins the counted part, as in (.*a.{12}): exclude that, as in ([^a]*a.{12}), or count less.");
}
