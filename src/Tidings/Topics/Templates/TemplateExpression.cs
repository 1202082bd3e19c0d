using System.Buffers;

namespace Tidings;

/// <summary>
/// One expression of a URI template, such as <c>{?page,size*}</c>, read backwards: which texts it could have been expanded to (RFC 6570, 3.2.1 and appendix A).
/// Any of its variables may be undefined, and then leaves nothing behind.
/// </summary>
internal sealed class TemplateExpression
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    private const string Reserved = ":/?#[]@!$&'()*+,;=";
    private const int LongestPrefix = 9999; // RFC 6570, 2.4.1
    private const int Unlimited = int.MaxValue - 1;

    private readonly List<Variable> _variables = [];
    private string _first = "";
    private string _separator = ",";
    private string _allowed = Unreserved;
    private bool _isNamed;
    private bool _emptyHasEquals;

    private TemplateExpression()
    {
    }

    public int VariableCount => _variables.Count;

    /// <summary>Reads what stands between the braces; null if it is no expression.</summary>
    public static TemplateExpression? TryParse(ReadOnlySpan<char> text)
    {
        var expression = new TemplateExpression();
        if (!text.IsEmpty && "+#./;?&".Contains(text[0], StringComparison.Ordinal))
        {
            expression.SetOperator(text[0]);
            text = text[1..];
        }

        foreach (Range range in text.Split(','))
        {
            if (!expression.TryAdd(text[range]))
            {
                return null;
            }
        }

        return expression;
    }

    /// <summary>Adds to <paramref name="to"/> the places that the expression can reach from <paramref name="from"/>. The other sets are scratch space.</summary>
    public void Move(ReadOnlySpan<char> text, ReadOnlySpan<bool> from, Span<bool> to, Span<bool> starts, Span<bool> ends)
    {
        // "to" holds the places where some variable has been expanded, so the next one follows a separator; from "from" it follows the operator's own character.
        foreach (Variable variable in _variables)
        {
            starts.Clear();
            ends.Clear();
            Positions.MoveOver(_first, text, from, starts);
            Positions.MoveOver(_separator, text, to, starts);
            Move(variable, text, starts, ends);
            Positions.Add(ends, to);
        }

        Positions.Add(from, to);
    }

    private void Move(Variable variable, ReadOnlySpan<char> text, Span<bool> starts, Span<bool> ends)
    {
        if (!_isNamed || variable.IsExploded)
        {
            Run(variable, text, starts, ends);
            return;
        }

        Positions.MoveOver(variable.Name, text, starts, ends);
        starts.Clear();
        Positions.MoveOver("=", text, ends, starts);
        if (_emptyHasEquals)
        {
            ends.Clear();
        }

        Run(variable, text, starts, ends);
    }

    /// <summary>Adds to <paramref name="ends"/> where a value can end: after any characters that a value may hold, at most as many as its prefix allows.</summary>
    private static void Run(Variable variable, ReadOnlySpan<char> text, ReadOnlySpan<bool> starts, Span<bool> ends)
    {
        // How many characters a value has at least that reaches a place: for the next four places, which is as far as one step goes.
        Span<int> least = [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue];
        for (int i = 0; i < starts.Length; i++)
        {
            int taken = starts[i] ? 0 : least[i & 3];
            least[i & 3] = int.MaxValue;
            if (taken > variable.MaxLength)
            {
                continue;
            }

            ends[i] = true;
            int length = PercentEncoding.IsTriplet(text, i) ? 3 : i < text.Length && variable.Characters.Contains(text[i]) ? 1 : 0;
            if (length > 0)
            {
                // A prefix counts characters before they are encoded: the later bytes of one in UTF-8 count nothing.
                bool isLaterByte = length == 3 && taken > 0 && PercentEncoding.HexValue(text[i + 1]) is >= 8 and < 12;
                ref int reached = ref least[(i + length) & 3];
                reached = Math.Min(reached, isLaterByte ? taken : taken + 1);
            }
        }
    }

    private void SetOperator(char character)
    {
        (_first, _separator) = character switch
        {
            '+' => ("", ","),
            '#' => ("#", ","),
            '?' => ("?", "&"),
            _ => ($"{character}", $"{character}"),
        };
        _allowed = character is '+' or '#' ? Unreserved + Reserved : Unreserved;
        _isNamed = character is ';' or '?' or '&';
        _emptyHasEquals = character is '?' or '&';
    }

    private bool TryAdd(ReadOnlySpan<char> text)
    {
        bool isExploded = text.EndsWith('*');
        text = isExploded ? text[..^1] : text;
        int maxLength = Unlimited;
        int colon = text.IndexOf(':');
        if (colon >= 0)
        {
            ReadOnlySpan<char> digits = text[(colon + 1)..];
            if (isExploded || digits.IsEmpty || digits[0] == '0' || digits.ContainsAnyExceptInRange('0', '9')
                || !int.TryParse(digits, out maxLength) || maxLength > LongestPrefix)
            {
                return false;
            }

            text = text[..colon];
        }

        if (!IsName(text))
        {
            return false;
        }

        // A list's members are separated by commas; exploded, each stands like a variable of its own, and those of a map as a pair.
        string characters = isExploded ? _allowed + "," + _separator + "=" : maxLength == Unlimited ? _allowed + "," : _allowed;
        _variables.Add(new Variable(text.ToString(), isExploded, maxLength, SearchValues.Create(characters)));
        return true;
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name[0] == '.' || name[^1] == '.' || name.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        for (int i = 0; i < name.Length; i++)
        {
            if (PercentEncoding.IsTriplet(name, i))
            {
                i += 2;
            }
            else if (!char.IsAsciiLetterOrDigit(name[i]) && name[i] is not ('_' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Variable(string Name, bool IsExploded, int MaxLength, SearchValues<char> Characters);
}
