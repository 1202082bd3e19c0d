using System.Globalization;
using System.Text;

namespace Tidings;

/// <summary>
/// Translates the regular expression of a group from JavaScript's syntax with the flag "v", as the URL Pattern standard wants it, into .NET's. The components
/// of a URL are ASCII, so the two engines' different Unicode classes make no difference. What needs backtracking is refused.
/// </summary>
internal ref struct RegexGroup
{
    private const int MaxDepth = 16;
    private const int SizeLimit = 1_000_000; // Far above what is allowed; only keeps the sum from overflowing.

    private readonly string _text;
    private readonly StringBuilder _result = new();
    private int _index;
    private int _depth;

    private RegexGroup(string text) => _text = text;

    /// <summary>The expression for .NET; <paramref name="size"/> grows by how large it is with its repetitions counted out.</summary>
    /// <exception cref="FormatException">The text is no expression, or one that needs backtracking; the message says which.</exception>
    public static string Translate(string text, ref int size)
    {
        var group = new RegexGroup(text);
        size = Math.Min(SizeLimit, size + group.Alternatives());
        return group._index == text.Length ? group._result.ToString() : throw Bad("a parenthesis closes nothing");
    }

    /// <summary>Text that stands for itself.</summary>
    public static string Escape(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character))
            {
                result.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
            }
            else
            {
                result.Append(character);
            }
        }

        return result.ToString();
    }

    private static FormatException Bad(string why) => new($"A regular-expression group cannot be used: {why}.");

    private readonly bool Has(int ahead = 0) => _index + ahead < _text.Length;

    private readonly bool Next(string expected) => _text.AsSpan(_index).StartsWith(expected, StringComparison.Ordinal);

    private int Alternatives()
    {
        if (++_depth > MaxDepth)
        {
            throw Bad($"it is nested more than {MaxDepth} deep");
        }

        int size = 0;
        while (Has() && _text[_index] != ')')
        {
            if (_text[_index] == '|')
            {
                _result.Append('|');
                _index++;
                continue;
            }

            size = Math.Min(SizeLimit, size + Term());
        }

        _depth--;
        return size;
    }

    private int Term()
    {
        int start = _result.Length;
        int size = 1;
        switch (_text[_index])
        {
            case '^':
                _index++;
                _result.Append("\\A");
                return size;
            case '$':
                _index++;
                _result.Append("\\z");
                return size;
            case '\\' when Next("\\b") || Next("\\B"):
                _result.Append(_text, _index, 2);
                _index += 2;
                return size;
            case '(':
                size = Group();
                break;
            case '.':
                _index++;
                _result.Append('.');
                break;
            case '[' or '\\':
                _result.Append(new RegexClass(_text).Read(ref _index).ToRegex());
                break;
            case '*' or '+' or '?' or '{' or '}' or ']':
                throw Bad($"\"{_text[_index]}\" stands where it means nothing; write a backslash before it");
            default:
                _result.Append(Escape(_text[_index++].ToString()));
                break;
        }

        return Quantified(start, size);
    }

    private int Group()
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

        _result.Append("(?:");
        int size = Alternatives();
        if (!Has())
        {
            throw Bad("a parenthesis is not closed");
        }

        _index++;
        _result.Append(')');
        return size;
    }

    private int Quantified(int start, int size)
    {
        if (!Has())
        {
            return size;
        }

        long times = 1;
        switch (_text[_index])
        {
            case '*' or '+' or '?':
                _result.Append(_text[_index++]);
                break;
            case '{':
                int end = _text.IndexOf('}', _index);
                string[] bounds = end < 0 ? [] : _text[(_index + 1)..end].Split(',');
                int least = Count(bounds, 0);
                int most = bounds is [_, ""] ? least : Count(bounds, bounds.Length - 1);
                if (bounds.Length > 2 || most < least)
                {
                    throw Bad("the numbers of a repetition are wrong");
                }

                times = Math.Max(1, most);
                _result.Append(bounds is [_, ""] ? $"{{{least},}}" : $"{{{least},{most}}}");
                _index = end + 1;
                break;
            default:
                return size;
        }

        // Whether a repetition is lazy changes what a group captures, never whether a text matches.
        _index += Has() && _text[_index] == '?' ? 1 : 0;
        _result.Insert(start, "(?:").Append(')');
        return (int)Math.Min(SizeLimit, size * times);
    }

    private static int Count(string[] bounds, int index) =>
        index < bounds.Length && int.TryParse(bounds[index], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= SizeLimit ? count
        : throw Bad("a brace opens no repetition; write a backslash before it");
}
