namespace Tidings;

/// <summary>A piece of a regular expression as it was read.</summary>
internal abstract record RegexNode
{
    /// <summary>Any one character.</summary>
    public static RegexNode AnyCharacter { get; } = new OneOf(~default(AsciiSet));

    /// <summary>Text that stands for itself.</summary>
    public static RegexNode Text(string text) => new Sequence([.. text.Select(character => new OneOf(AsciiSet.Range(character, character)))]);

    /// <summary>One character of a set.</summary>
    internal sealed record OneOf(AsciiSet Set) : RegexNode;

    /// <summary>Several, one after the other.</summary>
    internal sealed record Sequence(IReadOnlyList<RegexNode> Nodes) : RegexNode;

    /// <summary>One of several.</summary>
    internal sealed record Choice(IReadOnlyList<RegexNode> Nodes) : RegexNode;

    /// <summary>The same again and again; without end if <paramref name="Most"/> is null.</summary>
    internal sealed record Repetition(RegexNode Node, int Least, int? Most) : RegexNode;

    /// <summary>A place between two characters.</summary>
    internal sealed record Boundary(BoundaryKind Kind) : RegexNode;
}

/// <summary>What is asked of a place between two characters (ECMAScript, 22.2.2.4).</summary>
internal enum BoundaryKind
{
    /// <summary><c>^</c></summary>
    Start,

    /// <summary><c>$</c></summary>
    End,

    /// <summary><c>\b</c></summary>
    Word,

    /// <summary><c>\B</c></summary>
    NotWord,
}
