namespace Tidings;

/// <summary>
/// A regular expression as nodes with arrows (Thompson's construction), its repetitions counted out. Built from the end: whatever is added goes on at a node that is there already.
/// </summary>
internal sealed class PatternNodes
{
    // What the counted repetitions may come to. Bounds what one state of the automaton can cost to find.
    private const int MaxNodes = 1024;

    private readonly List<Node> _nodes = [new Node(NodeKind.End, default, default, 0, 0)];
    private int _pieces;

    private PatternNodes(RegexNode expression) => First = Add(expression, next: 0);

    public int First { get; }

    public int Count => _nodes.Count;

    /// <summary>Whether a match depends on what stands around the place where it is.</summary>
    public bool HasBoundaries { get; private set; }

    public Node this[int index] => _nodes[index];

    /// <exception cref="FormatException">The expression is too large.</exception>
    public static PatternNodes Of(RegexNode expression) => new(expression);

    private int Add(RegexNode expression, int next)
    {
        // Pieces and not nodes: there are pieces without a node, and their repetitions cost time, too.
        if (++_pieces > MaxNodes)
        {
            throw new FormatException($"The regular-expression groups of a component are too large: with repetitions counted out they have more than {MaxNodes} pieces.");
        }

        switch (expression)
        {
            case RegexNode.OneOf one:
                return Add(new Node(NodeKind.OneOf, one.Set, default, next, 0));
            case RegexNode.Boundary boundary:
                HasBoundaries = true;
                return Add(new Node(NodeKind.Boundary, default, boundary.Kind, next, 0));
            case RegexNode.Sequence sequence:
                for (int i = sequence.Nodes.Count - 1; i >= 0; i--)
                {
                    next = Add(sequence.Nodes[i], next);
                }

                return next;
            case RegexNode.Choice choice:
                int chosen = Add(choice.Nodes[^1], next);
                for (int i = choice.Nodes.Count - 2; i >= 0; i--)
                {
                    chosen = Add(Fork(Add(choice.Nodes[i], next), chosen));
                }

                return chosen;
            case RegexNode.Repetition repetition:
                return AddRepeated(repetition, next);
            default:
                throw new ArgumentOutOfRangeException(nameof(expression));
        }
    }

    private int AddRepeated(RegexNode.Repetition repetition, int next)
    {
        int entry = next;
        int least = repetition.Least;
        if (repetition.Most is { } most)
        {
            // Each optional one stands within the one before, so that all leave by one arrow: a{0,3} is (a(aa?)?)?.
            for (int i = least; i < most; i++)
            {
                entry = Add(Fork(Add(repetition.Node, entry), next));
            }
        }
        else
        {
            int fork = Add(Fork(0, next));
            int body = Add(repetition.Node, fork);
            _nodes[fork] = Fork(body, next);
            entry = least == 0 ? fork : body;
            least = Math.Max(0, least - 1);
        }

        for (int i = 0; i < least; i++)
        {
            entry = Add(repetition.Node, entry);
        }

        return entry;
    }

    private static Node Fork(int next, int other) => new(NodeKind.Fork, default, default, next, other);

    private int Add(Node node)
    {
        _nodes.Add(node);
        return _nodes.Count - 1;
    }

    internal enum NodeKind
    {
        End,
        OneOf,
        Boundary,
        Fork,
    }

    internal readonly record struct Node(NodeKind Kind, AsciiSet Set, BoundaryKind Boundary, int Next, int Other);
}
