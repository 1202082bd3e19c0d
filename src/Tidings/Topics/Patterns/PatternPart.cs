namespace Tidings;

/// <summary>What a part matches between its prefix and its suffix.</summary>
internal enum PatternPartKind
{
    /// <summary>The text of the part alone.</summary>
    FixedText,

    /// <summary>What a regular expression matches.</summary>
    Regexp,

    /// <summary>At least one character, none of them the component's delimiter.</summary>
    SegmentWildcard,

    /// <summary>Anything.</summary>
    FullWildcard,
}

/// <summary>How often a part may stand.</summary>
internal enum PatternModifier
{
    Once,
    Optional,
    ZeroOrMore,
    OneOrMore,
}

/// <summary>One piece of a component's pattern (URL Pattern standard, section 2.1.3). Repeated, prefix and suffix stand around every repetition.</summary>
internal sealed record PatternPart(PatternPartKind Kind, string Value, PatternModifier Modifier, string Prefix = "", string Suffix = "")
{
    /// <summary>Whether the part is text and nothing else.</summary>
    public bool IsPlainText => Kind == PatternPartKind.FixedText && Modifier == PatternModifier.Once;
}

/// <summary>What differs between components when their patterns are read (URL Pattern standard, section 2.1.4).</summary>
/// <param name="Delimiter">What a segment wildcard stops at.</param>
/// <param name="Prefix">What belongs to the group that follows it.</param>
internal readonly record struct PatternOptions(char? Delimiter, char? Prefix)
{
    public static readonly PatternOptions Default = new(null, null);
    public static readonly PatternOptions Hostname = new('.', null);
    public static readonly PatternOptions Pathname = new('/', '/');
}
