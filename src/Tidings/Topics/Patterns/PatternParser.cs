using System.Globalization;
using System.Text;

namespace Tidings;

/// <summary>Reads the pattern of one component into parts (URL Pattern standard, section 2.1.5).</summary>
internal sealed class PatternParser
{
    private const string FullWildcard = ".*";

    private readonly List<PatternToken> _tokens;
    private readonly PatternOptions _options;
    private readonly Func<string, string> _encode;
    private readonly string _segmentWildcard;
    private readonly List<PatternPart> _parts = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly StringBuilder _pendingText = new();
    private int _index;
    private int _nextNumericName;

    private PatternParser(string text, PatternOptions options, Func<string, string> encode)
    {
        _tokens = PatternTokenizer.Tokenize(text, isLenient: false);
        _options = options;
        _encode = encode;
        _segmentWildcard = options.Delimiter is { } delimiter ? $"[^\\{delimiter}]+?" : "[^]+?";
    }

    /// <summary>The parts of <paramref name="text"/>; its fixed text is canonicalized by <paramref name="encode"/>.</summary>
    /// <exception cref="FormatException">The text is no pattern.</exception>
    public static List<PatternPart> Parse(string text, PatternOptions options, Func<string, string> encode)
    {
        var parser = new PatternParser(text, options, encode);
        while (parser._index < parser._tokens.Count)
        {
            parser.Next();
        }

        return parser._parts;
    }

    private void Next()
    {
        string? character = Consume(PatternTokenKind.Char);
        string? name = Consume(PatternTokenKind.Name);
        PatternToken? group = ConsumeGroup(name);
        if (name is not null || group is not null)
        {
            string prefix = character ?? "";
            if (prefix.Length > 0 && (_options.Prefix is not { } own || prefix != own.ToString(CultureInfo.InvariantCulture)))
            {
                _pendingText.Append(prefix);
                prefix = "";
            }

            AddPendingText();
            AddPart(prefix, name, group, "", ConsumeModifier());
            return;
        }

        if ((character ?? Consume(PatternTokenKind.EscapedChar)) is { } text)
        {
            _pendingText.Append(text);
            return;
        }

        if (Consume(PatternTokenKind.Open) is not null)
        {
            string prefix = ConsumeText();
            name = Consume(PatternTokenKind.Name);
            group = ConsumeGroup(name);
            string suffix = ConsumeText();
            Require(PatternTokenKind.Close, "A brace is not closed, or holds more than one group.");
            AddPart(prefix, name, group, suffix, ConsumeModifier());
            return;
        }

        AddPendingText();
        Require(PatternTokenKind.End, "A modifier follows nothing that it could repeat, or a brace closes nothing that was opened.");
    }

    private string? Consume(PatternTokenKind kind) => _tokens[_index].Kind == kind ? _tokens[_index++].Value : null;

    private PatternToken? ConsumeGroup(string? name) =>
        _tokens[_index].Kind is PatternTokenKind.Regexp || (name is null && _tokens[_index].Kind is PatternTokenKind.Asterisk) ? _tokens[_index++] : null;

    private PatternModifier ConsumeModifier() => (Consume(PatternTokenKind.OtherModifier) ?? Consume(PatternTokenKind.Asterisk)) switch
    {
        "?" => PatternModifier.Optional,
        "*" => PatternModifier.ZeroOrMore,
        "+" => PatternModifier.OneOrMore,
        _ => PatternModifier.Once,
    };

    private string ConsumeText()
    {
        var text = new StringBuilder();
        while ((Consume(PatternTokenKind.Char) ?? Consume(PatternTokenKind.EscapedChar)) is { } next)
        {
            text.Append(next);
        }

        return text.ToString();
    }

    private void Require(PatternTokenKind kind, string complaint)
    {
        if (Consume(kind) is null)
        {
            throw new FormatException(complaint);
        }
    }

    private void AddPendingText()
    {
        if (_pendingText.Length > 0)
        {
            _parts.Add(new PatternPart(PatternPartKind.FixedText, _encode(_pendingText.ToString()), PatternModifier.Once));
            _pendingText.Clear();
        }
    }

    private void AddPart(string prefix, string? name, PatternToken? group, string suffix, PatternModifier modifier)
    {
        if (name is null && group is null)
        {
            if (modifier == PatternModifier.Once)
            {
                // "{foo}" is text like any other.
                _pendingText.Append(prefix);
                return;
            }

            AddPendingText();
            if (prefix.Length > 0)
            {
                _parts.Add(new PatternPart(PatternPartKind.FixedText, _encode(prefix), modifier));
            }

            return;
        }

        AddPendingText();
        string value = group is null ? _segmentWildcard : group.Value.Kind == PatternTokenKind.Asterisk ? FullWildcard : group.Value.Value;
        PatternPartKind kind = value == _segmentWildcard ? PatternPartKind.SegmentWildcard
            : value == FullWildcard ? PatternPartKind.FullWildcard
            : PatternPartKind.Regexp;
        if (!_names.Add(name ?? (_nextNumericName++).ToString(CultureInfo.InvariantCulture)))
        {
            throw new FormatException($"Two groups have the name \"{name}\".");
        }

        _parts.Add(new PatternPart(kind, kind == PatternPartKind.Regexp ? value : "", modifier, _encode(prefix), _encode(suffix)));
    }
}
