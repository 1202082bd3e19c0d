using System.Globalization;

namespace Tidings;

/// <summary>
/// Reads one class or escape of a regular expression in JavaScript's syntax with the flag "v" (ECMAScript, 22.2.1, ClassSetExpression), with its nested classes,
/// intersections and subtractions, into the set of ASCII characters that it means.
/// </summary>
internal readonly ref struct RegexClass(string text)
{
    private const int MaxDepth = 16;
    private static readonly AsciiSet Digits = AsciiSet.Range('0', '9');
    internal static readonly AsciiSet WordCharacters = Digits | AsciiSet.Range('a', 'z') | AsciiSet.Range('A', 'Z') | AsciiSet.Range('_', '_');
    private static readonly AsciiSet Space = AsciiSet.Range('\t', '\r') | AsciiSet.Range(' ', ' ');

    /// <summary>Reads what stands at <paramref name="index"/>, which begins with a bracket or a backslash, and moves behind it.</summary>
    /// <exception cref="FormatException">It is no class, or one that needs more than a set of characters.</exception>
    public AsciiSet Read(ref int index) => Read(ref index, depth: 0, isInClass: false).Set;

    private static FormatException Bad(string why) => new($"A regular-expression group cannot be used: {why}.");

    /// <returns>The set, and the character if it is one alone, which may begin or end a range.</returns>
    private (AsciiSet Set, int? Single) Read(ref int index, int depth, bool isInClass)
    {
        if (text[index] == '\\')
        {
            return Escape(ref index, isInClass);
        }

        if (text[index] == '[')
        {
            return (Class(ref index, depth + 1), null);
        }

        char character = text[index];
        bool isDouble = index + 1 < text.Length && text[index + 1] == character && "&!#$%*+,.:;<=>?@^`~".Contains(character, StringComparison.Ordinal);
        if (isDouble || "()]{}/-|".Contains(character, StringComparison.Ordinal))
        {
            throw Bad($"\"{character}\" needs a backslash in a class");
        }

        index++;
        return (AsciiSet.Range(character, character), character);
    }

    private AsciiSet Class(ref int index, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Bad($"a class is nested more than {MaxDepth} deep");
        }

        bool isNegated = Follows(index + 1, "^");
        index += isNegated ? 2 : 1;
        AsciiSet set = default;
        string joinedBy = "";
        for (bool isFirst = true; ; isFirst = false)
        {
            if (index >= text.Length)
            {
                throw Bad("a class is not closed");
            }

            if (text[index] == ']')
            {
                index++;
                return isNegated ? ~set : set;
            }

            string joins = Follows(index, "&&") ? "&&" : Follows(index, "--") ? "--" : "";
            index += joins.Length;
            if ((isFirst && joins.Length > 0) || index >= text.Length)
            {
                throw Bad("a class lacks what is to be joined");
            }

            (AsciiSet operand, int? single) = Read(ref index, depth, isInClass: true);
            if (joins.Length == 0 && Follows(index, "-") && !Follows(index, "--"))
            {
                index++;
                int? last = index < text.Length ? Read(ref index, depth, isInClass: true).Single : null;
                operand = single <= last ? AsciiSet.Range(single.Value, last.Value) : throw Bad("a range of characters is wrong");
            }

            joinedBy = isFirst || joinedBy == joins ? joins : joinedBy.Length == 0 && !isFirst && set.IsOneOperand ? joins : throw Bad("a class mixes ways of joining");
            set = joins switch
            {
                "&&" => set & operand,
                "--" => set & ~operand,
                _ => isFirst ? operand.AsOneOperand() : set | operand,
            };
        }
    }

    private bool Follows(int index, string expected) => index <= text.Length && text.AsSpan(index).StartsWith(expected, StringComparison.Ordinal);

    private (AsciiSet Set, int? Single) Escape(ref int index, bool isInClass)
    {
        if (index + 1 >= text.Length)
        {
            throw Bad("it ends with a backslash");
        }

        char escaped = text[index + 1];
        index += 2;
        switch (escaped)
        {
            case 'd':
                return (Digits, null);
            case 'D':
                return (~Digits, null);
            case 'w':
                return (WordCharacters, null);
            case 'W':
                return (~WordCharacters, null);
            case 's':
                return (Space, null);
            case 'S':
                return (~Space, null);
            case 'p' or 'P' or 'q':
                throw Bad($"\\{escaped} is not supported");
            case 'k' or (>= '1' and <= '9'):
                throw Bad("it refers back to a group, which cannot be matched in linear time");
        }

        int code = escaped switch
        {
            't' => '\t',
            'n' => '\n',
            'v' => '\v',
            'f' => '\f',
            'r' => '\r',
            '0' when index >= text.Length || !char.IsAsciiDigit(text[index]) => 0,
            'b' when isInClass => '\b',
            'c' when index < text.Length && char.IsAsciiLetter(text[index]) => text[index++] & 0x1F,
            'x' => Hex(ref index, 2),
            'u' when Follows(index, "{") => BracedHex(ref index),
            'u' => Hex(ref index, 4),
            _ when "^$\\.*+?()[]{}|/".Contains(escaped, StringComparison.Ordinal) || (isInClass && "&-!#%,:;<=>@`~".Contains(escaped, StringComparison.Ordinal)) => escaped,
            _ => throw Bad($"\\{escaped} means nothing"),
        };
        return (AsciiSet.Range(code, code), code);
    }

    private int Hex(ref int index, int digits)
    {
        if (index + digits > text.Length || !int.TryParse(text.AsSpan(index, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
        {
            throw Bad("a character's number is wrong");
        }

        index += digits;
        return code;
    }

    private int BracedHex(ref int index)
    {
        int end = text.IndexOf('}', index);
        if (end < 0 || !int.TryParse(text.AsSpan((index + 1)..end), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code) || code is < 0 or > 0x10FFFF)
        {
            throw Bad("a character's number is wrong");
        }

        index = end + 1;
        return code;
    }
}

/// <summary>A set of ASCII characters; what lies beyond ASCII is in none.</summary>
internal readonly record struct AsciiSet(UInt128 Bits, bool IsOneOperand = false)
{
    public static AsciiSet operator |(AsciiSet left, AsciiSet right) => new(left.Bits | right.Bits);

    public static AsciiSet operator &(AsciiSet left, AsciiSet right) => new(left.Bits & right.Bits);

    public static AsciiSet operator ~(AsciiSet set) => new(~set.Bits);

    public static AsciiSet Range(int first, int last)
    {
        UInt128 bits = 0;
        for (int code = first; code <= last && code < 128; code++)
        {
            bits |= UInt128.One << code;
        }

        return new AsciiSet(bits);
    }

    /// <summary>The same set, as all that a class holds so far.</summary>
    public AsciiSet AsOneOperand() => this with { IsOneOperand = true };

    public bool Contains(int code) => (Bits & (UInt128.One << code)) != 0;
}
