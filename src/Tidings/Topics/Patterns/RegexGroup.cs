using System.Globalization;

namespace Tidings;

/// <summary>
/// Reads the regular expression of a group in JavaScript's syntax with the flag "v", as the URL Pattern standard wants it. The components of a URL are ASCII, so
/// characters beyond match nothing. What needs backtracking is refused.
/// </summary>
internal ref struct RegexGroup
{
    private const int MaxDepth = 16;
    private const int MaxCount = 1_000_000; // Far above what can be used; only keeps numbers in range.

    private readonly string _text;
    private int _index;
    private int _depth;

    private RegexGroup(string text) => _text = text;

    /// <exception cref="FormatException">The text is no expression, or one that needs backtracking; the message says which.</exception>
    public static RegexNode Parse(string text)
    {
        var group = new RegexGroup(text);
        RegexNode all = group.Alternatives();
        return group._index == text.Length ? all : throw Bad("a parenthesis closes nothing");
    }

    private static FormatException Bad(string why) => new($"A regular-expression group cannot be used: {why}.");

    private readonly bool Has() => _index < _text.Length;

    private readonly bool Next(string expected) => _text.AsSpan(_index).StartsWith(expected, StringComparison.Ordinal);

    private RegexNode Alternatives()
    {
        if (++_depth > MaxDepth)
        {
            throw Bad($"it is nested more than {MaxDepth} deep");
        }

        List<RegexNode> choices = [];
        List<RegexNode> sequence = [];
        while (Has() && _text[_index] != ')')
        {
            if (_text[_index] == '|')
            {
                choices.Add(new RegexNode.Sequence(sequence));
                sequence = [];
                _index++;
                continue;
            }

            sequence.Add(Term());
        }

        _depth--;
        choices.Add(new RegexNode.Sequence(sequence));
        return choices.Count == 1 ? choices[0] : new RegexNode.Choice(choices);
    }

    private RegexNode Term()
    {
        switch (_text[_index])
        {
            case '^':
                return Boundary(BoundaryKind.Start, length: 1);
            case '$':
                return Boundary(BoundaryKind.End, length: 1);
            case '\\' when Next("\\b"):
                return Boundary(BoundaryKind.Word, length: 2);
            case '\\' when Next("\\B"):
                return Boundary(BoundaryKind.NotWord, length: 2);
            case '(':
                return Quantified(Group());
            case '.':
                _index++;
                return Quantified(RegexNode.AnyCharacter);
            case '[' or '\\':
                return Quantified(new RegexNode.OneOf(new RegexClass(_text).Read(ref _index)));
            case '*' or '+' or '?' or '{' or '}' or ']':
                throw Bad($"\"{_text[_index]}\" stands where it means nothing; write a backslash before it");
            default:
                char character = _text[_index++];
                return Quantified(new RegexNode.OneOf(AsciiSet.Range(character, character)));
        }
    }

    private RegexNode.Boundary Boundary(BoundaryKind kind, int length)
    {
        _index += length;
        return new RegexNode.Boundary(kind);
    }

    private RegexNode Group()
    {
        if (Next("(?=") || Next("(?!") || Next("(?<=") || Next("(?<!"))
        {
            throw Bad("it looks ahead or behind, which cannot be matched in linear time");
        }

        if (Next("(?<"))
        {
            int end = _text.IndexOf('>', _index);
            if (end < _index + 4)
            {
                throw Bad("a name of a group is missing");
            }

            _index = end + 1;
        }
        else if (Next("(?:"))
        {
            _index += 3;
        }
        else
        {
            throw Bad("flags inside an expression are not supported");
        }

        RegexNode inner = Alternatives();
        if (!Has())
        {
            throw Bad("a parenthesis is not closed");
        }

        _index++;
        return inner;
    }

    private RegexNode Quantified(RegexNode node)
    {
        if (!Has())
        {
            return node;
        }

        (int least, int? most) = (1, 1);
        switch (_text[_index])
        {
            case '*':
                (least, most) = (0, null);
                break;
            case '+':
                most = null;
                break;
            case '?':
                least = 0;
                break;
            case '{':
                (least, most) = Counts();
                break;
            default:
                return node;
        }

        // Whether a repetition is lazy changes what a group captures, never whether a text matches.
        _index += _index + 1 < _text.Length && _text[_index + 1] == '?' ? 2 : 1;
        return new RegexNode.Repetition(node, least, most);
    }

    // Moves to the closing brace.
    private (int Least, int? Most) Counts()
    {
        int end = _text.IndexOf('}', _index);
        string[] bounds = end < 0 ? [] : _text[(_index + 1)..end].Split(',');
        int least = Count(bounds, 0);
        int? most = bounds is [_, ""] ? null : Count(bounds, bounds.Length - 1);
        if (bounds.Length > 2 || most < least)
        {
            throw Bad("the numbers of a repetition are wrong");
        }

        _index = end;
        return (least, most);
    }

    private static int Count(string[] bounds, int index) =>
        index < bounds.Length && int.TryParse(bounds[index], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MaxCount ? count
        : throw Bad("a brace opens no repetition; write a backslash before it");
}
