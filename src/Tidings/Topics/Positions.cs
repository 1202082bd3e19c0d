namespace Tidings;

/// <summary>
/// The places in a text that a pattern can have reached, all followed at once: time is linear in the text for each step of a pattern, whatever the text is.
/// A set has one entry more than the text has characters.
/// </summary>
internal static class Positions
{
    /// <summary>Adds to <paramref name="to"/> the places behind <paramref name="literal"/>, for each place of <paramref name="from"/> where it stands.</summary>
    public static void MoveOver(ReadOnlySpan<char> literal, ReadOnlySpan<char> text, ReadOnlySpan<bool> from, Span<bool> to)
    {
        int last = text.Length - literal.Length;
        for (int i = NextIn(from, 0); i >= 0 && i <= last; i = NextIn(from, i + 1))
        {
            if (text.Slice(i, literal.Length).SequenceEqual(literal))
            {
                to[i + literal.Length] = true;
            }
        }
    }

    /// <summary>The first place of <paramref name="set"/> from <paramref name="start"/> on; -1 if there is none.</summary>
    public static int NextIn(ReadOnlySpan<bool> set, int start)
    {
        if (start >= set.Length)
        {
            return -1;
        }

        int found = set[start..].IndexOf(true);
        return found < 0 ? -1 : start + found;
    }

    /// <summary>Adds all of <paramref name="more"/> to <paramref name="set"/>.</summary>
    public static void Add(ReadOnlySpan<bool> more, Span<bool> set)
    {
        for (int i = NextIn(more, 0); i >= 0; i = NextIn(more, i + 1))
        {
            set[i] = true;
        }
    }
}
