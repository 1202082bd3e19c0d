using System.Buffers;

namespace Tidings;

/// <summary>A URI template (RFC 6570, all four levels) read backwards: does it expand to a topic for some values of its variables? Immutable.</summary>
internal sealed class UriTemplate
{
    // What stands in a template as it is; the rest is percent-encoded when it is expanded (RFC 6570, 3.1).
    private static readonly SearchValues<char> Literal =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%");

    private static readonly SearchValues<char> Forbidden = SearchValues.Create(" \"'<>\\^`|}"); // RFC 6570, 2.1

    private const int OnStack = 512;

    private readonly List<(string? Text, TemplateExpression? Expression)> _steps = [];

    private UriTemplate(string text) => Text = text;

    public string Text { get; }

    /// <summary>How many variables the template has.</summary>
    public int VariableCount { get; private set; }

    /// <summary>Under which key the template is found by the topics that it can match, its own text among them.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Reads a template; null if the text is none, or has no expression and so is a topic like any other.</summary>
    public static UriTemplate? TryParse(string text)
    {
        var template = new UriTemplate(text);
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int open = rest.IndexOf('{');
            ReadOnlySpan<char> literal = open < 0 ? rest : rest[..open];
            if (literal.ContainsAny(Forbidden))
            {
                return null;
            }

            if (!literal.IsEmpty)
            {
                template._steps.Add((PercentEncoding.Encode(literal, Literal), null));
            }

            if (open < 0)
            {
                break;
            }

            int close = rest.IndexOf('}');
            if (close < 0 || TemplateExpression.TryParse(rest[(open + 1)..close]) is not { } expression)
            {
                return null;
            }

            template._steps.Add((null, expression));
            rest = rest[(close + 1)..];
        }

        template.VariableCount = template._steps.Sum(step => step.Expression?.VariableCount ?? 0);
        string prefix = template._steps.Count > 0 ? template._steps[0].Text ?? "" : "";
        template.Key = PrefixKey.OfText(prefix[..prefix.AsSpan().CommonPrefixLength(text)]);
        return template.VariableCount > 0 ? template : null;
    }

    /// <summary>Says whether <paramref name="topic"/> is the template's own text, or what it expands to.</summary>
    public bool Matches(string topic)
    {
        if (topic == Text)
        {
            return true;
        }

        if (!topic.StartsWith(_steps[0].Text ?? "", StringComparison.Ordinal) || !topic.EndsWith(_steps[^1].Text ?? "", StringComparison.Ordinal))
        {
            return false;
        }

        int length = topic.Length + 1;
        bool[]? rented = length > OnStack ? ArrayPool<bool>.Shared.Rent(4 * length) : null;
        Span<bool> sets = rented ?? stackalloc bool[4 * OnStack];
        bool matches = Follow(topic, sets[..length], sets.Slice(length, length), sets.Slice(2 * length, length), sets.Slice(3 * length, length));
        if (rented is not null)
        {
            ArrayPool<bool>.Shared.Return(rented);
        }

        return matches;
    }

    private bool Follow(string topic, Span<bool> from, Span<bool> to, Span<bool> starts, Span<bool> ends)
    {
        from.Clear();
        from[0] = true;
        foreach ((string? text, TemplateExpression? expression) in _steps)
        {
            to.Clear();
            if (text is not null)
            {
                Positions.MoveOver(text, topic, from, to);
            }
            else
            {
                expression!.Move(topic, from, to, starts, ends); // one of the two is there
            }

            Span<bool> reached = to;
            to = from;
            from = reached;
            if (!from.Contains(true))
            {
                return false;
            }
        }

        return from[^1];
    }
}
