using System.Text;
using System.Text.RegularExpressions;

namespace Tidings;

/// <summary>
/// The pattern of one component, ready to be matched in time linear in the text. Only a pattern with regular-expression groups needs <see cref="Regex"/>; the others are
/// a comparison, or are matched part by part. Immutable.
/// </summary>
internal sealed class ComponentMatcher
{
    // What a regular expression may grow to when its repetitions are counted out. It bounds what one character of a topic can cost.
    private const int MaxRegexSize = 256;

    private readonly PatternPart[] _parts;
    private readonly PatternOptions _options;
    private readonly Regex? _regex;
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
        _regex = parts.Any(part => part.Kind == PatternPartKind.Regexp) ? CompileRegex() : null;
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
        new([.. PatternParser.Parse(pattern, options, encode)], options);

    /// <summary>Says whether the whole of <paramref name="text"/> matches.</summary>
    public bool Matches(ReadOnlySpan<char> text) =>
        _matchesAll
        || (IsLiteral ? text.SequenceEqual(_prefix)
            : text.StartsWith(_prefix, StringComparison.Ordinal) && text.EndsWith(_suffix, StringComparison.Ordinal)
                && (_regex is null ? PartMatcher.Matches(_parts, _options.Delimiter, text) : _regex.IsMatch(text)));

    private Regex CompileRegex()
    {
        var pattern = new StringBuilder("\\A");
        int size = 0;
        foreach (PatternPart part in _parts)
        {
            string value = part.Kind switch
            {
                PatternPartKind.FixedText => RegexGroup.Escape(part.Value),
                PatternPartKind.FullWildcard => ".*",
                PatternPartKind.SegmentWildcard => _options.Delimiter is { } delimiter ? $"[^{RegexGroup.Escape($"{delimiter}")}]+" : ".+",
                _ => RegexGroup.Translate(part.Value, ref size),
            };
            (string prefix, string suffix) = (RegexGroup.Escape(part.Prefix), RegexGroup.Escape(part.Suffix));
            pattern.Append(part.Modifier switch
            {
                PatternModifier.Once => $"{prefix}(?:{value}){suffix}",
                PatternModifier.Optional => $"(?:{prefix}(?:{value}){suffix})?",
                PatternModifier.OneOrMore => $"(?:{prefix}(?:{value}){suffix})+",
                _ => $"(?:{prefix}(?:{value}){suffix})*",
            });
        }

        if (size > MaxRegexSize)
        {
            throw new FormatException($"The regular-expression groups of a component are too large: their size, with repetitions counted out, is {size}, and at most {MaxRegexSize} is allowed.");
        }

        try
        {
            return new Regex(pattern.Append("\\z").ToString(), RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException)
        {
            throw new FormatException("A regular-expression group cannot be matched in linear time.", refused);
        }
    }
}
