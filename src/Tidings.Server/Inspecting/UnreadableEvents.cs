using System.Text;

namespace Tidings.Server;

/// <summary>Collects the sequences of events that were passed over because they are damaged.</summary>
internal sealed class UnreadableEvents
{
    private const int MaxRanges = 20;

    private readonly List<(long First, long Last)> _ranges = [];
    private long _count;
    private bool _isCut; // Whether there are more ranges than are kept.

    public void Add(IReadOnlyList<long> sequences)
    {
        foreach (long sequence in sequences)
        {
            _count++;
            if (!_isCut && _ranges is [.., var (first, last)] && Math.Abs(sequence - last) == 1)
            {
                _ranges[^1] = (first, sequence);
            }
            else if (_ranges.Count < MaxRanges)
            {
                _ranges.Add((sequence, sequence));
            }
            else
            {
                _isCut = true;
            }
        }
    }

    /// <summary>Says what was passed over, if anything was; the exit code follows from it.</summary>
    public ExitCode Tell(Terminal terminal)
    {
        if (_count == 0)
        {
            return ExitCode.Ok;
        }

        var text = new StringBuilder();
        foreach ((long first, long last) in _ranges)
        {
            string range = first == last ? $"{first}" : $"{Math.Min(first, last)} to {Math.Max(first, last)}";
            text.Append(text.Length == 0 ? range : $", {range}");
        }

        string more = _isCut ? " and more" : "";
        terminal.Complain($"What stands at {_count} sequences ({text}{more}) is damaged, and was left out. \"tidings log verify\" tells more.");
        return ExitCode.Failure;
    }
}
