namespace Tidings;

/// <summary>
/// The pattern of one component, ready to be matched in time linear in the text. Only a pattern with regular-expression groups needs a <see cref="PatternAutomaton"/>; the others are
/// a comparison, or are matched part by part. Immutable.
/// </summary>
internal sealed class ComponentMatcher
{
    /// <summary>The pattern of a component that may be anything, as most components of most patterns.</summary>
    public const string Anything = "*";

    private static readonly ComponentMatcher MatchesAnything = new([new PatternPart(PatternPartKind.FullWildcard, "", PatternModifier.Once)], PatternOptions.Default);

    private readonly PatternPart[] _parts;
    private readonly PatternOptions _options;
    private readonly string _prefix;
    private readonly string _suffix;
    private readonly bool _matchesAll;

    private ComponentMatcher(PatternPart[] parts, PatternOptions options)
    {
        _parts = parts;
        _options = options;
        _matchesAll = parts is [{ Kind: PatternPartKind.FullWildcard, Prefix: "", Suffix: "" }];
        _prefix = parts.Length == 0 ? "" : parts[0].IsPlainText ? parts[0].Value : "";
        _suffix = parts.Length > 1 && parts[^1].IsPlainText ? parts[^1].Value : "";
        IsLiteral = parts.Length == 0 || (parts.Length == 1 && parts[0].IsPlainText);
        Automaton = parts.Any(part => part.Kind == PatternPartKind.Regexp) ? BuildAutomaton() : null;
    }

    /// <summary>Whether exactly one text matches: <see cref="LiteralPrefix"/>.</summary>
    public bool IsLiteral { get; }

    /// <summary>What every text that matches begins with.</summary>
    public string LiteralPrefix =>
        _parts.Length > 1 && _parts[0].IsPlainText && _parts[1].Modifier is PatternModifier.Once or PatternModifier.OneOrMore ? _prefix + _parts[1].Prefix
        : _parts.Length > 0 && _parts[0].Modifier is PatternModifier.Once or PatternModifier.OneOrMore ? _prefix + _parts[0].Prefix
        : _prefix;

    /// <summary>How many groups, wildcards and repeated texts the pattern has.</summary>
    public int GroupCount => _parts.Count(part => !part.IsPlainText);

    /// <exception cref="FormatException">The text is no pattern, or one that cannot be matched in linear time.</exception>
    public static ComponentMatcher Compile(string pattern, Func<string, string> encode, PatternOptions options) =>
        pattern == Anything ? MatchesAnything : new([.. PatternParser.Parse(pattern, options, encode)], options);

    /// <summary>What matches between a fixed beginning and a fixed end, if the pattern has regular-expression groups; null if it has none.</summary>
    public PatternAutomaton? Automaton { get; }

    /// <summary>Says whether the whole of <paramref name="text"/> matches.</summary>
    public bool Matches(ReadOnlySpan<char> text) =>
        _matchesAll
        || (IsLiteral ? text.SequenceEqual(_prefix)
            : text.Length >= _prefix.Length + _suffix.Length
                && text.StartsWith(_prefix, StringComparison.Ordinal) && text.EndsWith(_suffix, StringComparison.Ordinal)
                && (Automaton is null ? PartMatcher.Matches(_parts, _options.Delimiter, text) : Automaton.Matches(text[_prefix.Length..^_suffix.Length])));

    private PatternAutomaton BuildAutomaton()
    {
        List<RegexNode> nodes = [];
        foreach (PatternPart part in _parts[(_prefix.Length > 0 ? 1 : 0)..^(_suffix.Length > 0 ? 1 : 0)])
        {
            RegexNode value = part.Kind switch
            {
                PatternPartKind.FixedText => RegexNode.Text(part.Value),
                PatternPartKind.FullWildcard => new RegexNode.Repetition(RegexNode.AnyCharacter, 0, null),
                PatternPartKind.SegmentWildcard => new RegexNode.Repetition(new RegexNode.OneOf(~(_options.Delimiter is { } delimiter ? AsciiSet.Range(delimiter, delimiter) : default)), 1, null),
                _ => RegexGroup.Parse(part.Value),
            };
            var whole = new RegexNode.Sequence([RegexNode.Text(part.Prefix), value, RegexNode.Text(part.Suffix)]);
            nodes.Add(part.Modifier switch
            {
                PatternModifier.Once => whole,
                PatternModifier.Optional => new RegexNode.Repetition(whole, 0, 1),
                PatternModifier.OneOrMore => new RegexNode.Repetition(whole, 1, null),
                _ => new RegexNode.Repetition(whole, 0, null),
            });
        }

        return PatternAutomatonBuilder.Build(new RegexNode.Sequence(nodes), _prefix.Length > 0 ? _prefix[^1] : null, _suffix.Length > 0 ? _suffix[0] : null);
    }
}
