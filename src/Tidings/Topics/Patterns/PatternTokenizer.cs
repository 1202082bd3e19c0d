using System.Globalization;
using System.Text;

namespace Tidings;

/// <summary>The kinds of tokens of a pattern string (URL Pattern standard, section 2.1.1).</summary>
internal enum PatternTokenKind
{
    Open,
    Close,
    Regexp,
    Name,
    Char,
    EscapedChar,
    OtherModifier,
    Asterisk,
    End,
    InvalidChar,
}

/// <summary>One token: what it is, where it begins, and its text without what only marks it.</summary>
internal readonly record struct PatternToken(PatternTokenKind Kind, int Index, string Value);

/// <summary>Cuts a pattern string into tokens (URL Pattern standard, section 2.1.2).</summary>
internal ref struct PatternTokenizer
{
    private readonly string _text;
    private readonly bool _isLenient;
    private readonly List<PatternToken> _tokens = [];
    private int _index;

    private PatternTokenizer(string text, bool isLenient)
    {
        _text = text;
        _isLenient = isLenient;
    }

    /// <summary>The tokens of <paramref name="text"/>, an <see cref="PatternTokenKind.End"/> last.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="isLenient">Whether what is wrong becomes an <see cref="PatternTokenKind.InvalidChar"/>: for finding the components, before each is read strictly.</param>
    /// <exception cref="FormatException">The text is no pattern.</exception>
    public static List<PatternToken> Tokenize(string text, bool isLenient)
    {
        var tokenizer = new PatternTokenizer(text, isLenient);
        while (tokenizer._index < text.Length)
        {
            tokenizer.Next();
        }

        tokenizer._tokens.Add(new PatternToken(PatternTokenKind.End, text.Length, ""));
        return tokenizer._tokens;
    }

    /// <summary>Whether a group's name may begin, or go on, with <paramref name="rune"/>, as an identifier of JavaScript may.</summary>
    public static bool IsNameRune(Rune rune, bool isFirst) => rune.Value is '$' or '_' || Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber => true,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber
            or UnicodeCategory.ConnectorPunctuation => !isFirst,
        _ => rune.Value is 0x1885 or 0x1886 or 0x2118 or 0x212E or 0x309B or 0x309C // Other_ID_Start
            || (!isFirst && rune.Value is 0xB7 or 0x387 or (>= 0x1369 and <= 0x1371) or 0x19DA or 0x200C or 0x200D), // Other_ID_Continue, and the joiners
    };

    private void Next()
    {
        switch (_text[_index])
        {
            case '*':
                Add(PatternTokenKind.Asterisk, _index, 1, _index + 1);
                break;
            case '+' or '?':
                Add(PatternTokenKind.OtherModifier, _index, 1, _index + 1);
                break;
            case '{':
                Add(PatternTokenKind.Open, _index, 1, _index + 1);
                break;
            case '}':
                Add(PatternTokenKind.Close, _index, 1, _index + 1);
                break;
            case '\\':
                AddEscaped();
                break;
            case ':':
                AddName();
                break;
            case '(':
                AddRegexp();
                break;
            default:
                int length = RuneLength(_index);
                Add(PatternTokenKind.Char, _index, length, _index + length);
                break;
        }
    }

    private void AddEscaped()
    {
        if (_index == _text.Length - 1)
        {
            AddInvalid(_index, _text.Length, "It ends with a backslash that escapes nothing.");
            return;
        }

        int length = RuneLength(_index + 1);
        Add(PatternTokenKind.EscapedChar, _index + 1, length, _index + 1 + length);
    }

    private void AddName()
    {
        int start = _index + 1;
        int end = start;
        while (end < _text.Length)
        {
            Rune.DecodeFromUtf16(_text.AsSpan(end), out Rune rune, out int consumed);
            if (!IsNameRune(rune, isFirst: end == start))
            {
                break;
            }

            end += consumed;
        }

        if (end == start)
        {
            AddInvalid(_index, start, "A colon is not followed by a name. Write \\: for a colon.");
            return;
        }

        Add(PatternTokenKind.Name, start, end - start, end);
    }

    private void AddRegexp()
    {
        int start = _index + 1;
        int end = start;
        int depth = 1;
        while (end < _text.Length && depth > 0)
        {
            char next = _text[end];
            if (next == '\\' && end + 1 < _text.Length)
            {
                next = _text[++end];
            }
            else if (next == '\\' || (next == '?' && end == start) || (next == '(' && (end + 1 == _text.Length || _text[end + 1] != '?')))
            {
                AddInvalid(_index, start, "A regular-expression group begins with a question mark, or holds a capturing group. Write (?:…) inside a group.");
                return;
            }
            else
            {
                depth += next == '(' ? 1 : next == ')' ? -1 : 0;
            }

            if (!char.IsAscii(next))
            {
                AddInvalid(_index, start, "A regular-expression group can hold ASCII alone.");
                return;
            }

            end++;
        }

        if (depth > 0 || end - start == 1)
        {
            AddInvalid(_index, start, depth > 0 ? "A parenthesis is not closed." : "A regular-expression group is empty.");
            return;
        }

        Add(PatternTokenKind.Regexp, start, end - start - 1, end);
    }

    private void Add(PatternTokenKind kind, int valueStart, int valueLength, int next)
    {
        _tokens.Add(new PatternToken(kind, _index, _text.Substring(valueStart, valueLength)));
        _index = next;
    }

    private void AddInvalid(int valueStart, int next, string complaint)
    {
        if (!_isLenient)
        {
            throw new FormatException(complaint);
        }

        Add(PatternTokenKind.InvalidChar, valueStart, next - valueStart, next);
    }

    private readonly int RuneLength(int index) => index + 1 < _text.Length && char.IsSurrogatePair(_text[index], _text[index + 1]) ? 2 : 1;
}
