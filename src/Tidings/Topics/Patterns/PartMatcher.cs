using System.Buffers;

namespace Tidings;

/// <summary>Matches the parts of a component that has no regular expressions, by following every place that they can have reached (<see cref="Positions"/>).</summary>
internal static class PartMatcher
{
    private const int OnStack = 512;

    /// <summary>Says whether <paramref name="parts"/>, one after the other, are the whole of <paramref name="text"/>.</summary>
    public static bool Matches(PatternPart[] parts, char? delimiter, ReadOnlySpan<char> text)
    {
        int length = text.Length + 1;
        bool[]? rented = length > OnStack ? ArrayPool<bool>.Shared.Rent(4 * length) : null;
        Span<bool> sets = rented ?? stackalloc bool[4 * OnStack];
        Span<bool> from = sets[..length];
        Span<bool> to = sets.Slice(length, length);
        Span<bool> starts = sets.Slice(2 * length, length);
        Span<bool> ends = sets.Slice(3 * length, length);
        from.Clear();
        from[0] = true;
        bool isAlive = true;
        foreach (PatternPart part in parts)
        {
            to.Clear();
            Step(part, delimiter, text, from, to, starts, ends);
            Span<bool> reached = to;
            to = from;
            from = reached;
            isAlive = from.Contains(true);
            if (!isAlive)
            {
                break;
            }
        }

        bool matches = isAlive && from[^1];
        if (rented is not null)
        {
            ArrayPool<bool>.Shared.Return(rented);
        }

        return matches;
    }

    private static void Step(
        PatternPart part, char? delimiter, ReadOnlySpan<char> text, ReadOnlySpan<bool> from, Span<bool> to, Span<bool> starts, Span<bool> ends)
    {
        bool isRepeated = part.Modifier is PatternModifier.ZeroOrMore or PatternModifier.OneOrMore;
        if (part.Modifier is PatternModifier.Optional or PatternModifier.ZeroOrMore)
        {
            from.CopyTo(to);
        }

        if (part.Kind == PatternPartKind.FixedText)
        {
            Positions.MoveOver(part.Value, text, from, to);
            if (isRepeated)
            {
                // Places only lie further on, so one pass from the front finds all repetitions.
                RepeatText(part.Value, text, to);
            }

            return;
        }

        starts.Clear();
        ends.Clear();
        Positions.MoveOver(part.Prefix, text, from, starts);
        Sweep(part.Kind, delimiter, isRepeated ? part.Suffix + part.Prefix : "", text, starts, ends);
        Positions.MoveOver(part.Suffix, text, ends, to);
    }

    private static void RepeatText(string value, ReadOnlySpan<char> text, Span<bool> to)
    {
        for (int i = Positions.NextIn(to, 0); i >= 0; i = Positions.NextIn(to, i + 1))
        {
            if (text[i..].StartsWith(value, StringComparison.Ordinal))
            {
                to[i + value.Length] = true;
            }
        }
    }

    /// <summary>Finds where a wildcard can end, and, where <paramref name="between"/> follows, begin again.</summary>
    private static void Sweep(PatternPartKind kind, char? delimiter, string between, ReadOnlySpan<char> text, Span<bool> starts, Span<bool> ends)
    {
        bool isOpen = false;
        for (int i = Positions.NextIn(starts, 0); i >= 0 && i < starts.Length; i = isOpen ? i + 1 : Positions.NextIn(starts, i + 1))
        {
            // A segment wildcard takes one character at least, so what begins here does not end here.
            isOpen |= kind == PatternPartKind.FullWildcard && starts[i];
            if (isOpen)
            {
                ends[i] = true;
                if (between.Length > 0 && text[i..].StartsWith(between, StringComparison.Ordinal))
                {
                    starts[i + between.Length] = true;
                }
            }

            isOpen = (isOpen || starts[i]) && i < text.Length && (kind == PatternPartKind.FullWildcard || text[i] != delimiter);
        }
    }
}
