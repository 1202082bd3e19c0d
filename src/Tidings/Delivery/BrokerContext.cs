namespace Tidings;

/// <summary>What the parts of one broker share.</summary>
internal sealed class BrokerContext
{
    public required BrokerOptions Options { get; init; }

    public required IEventLog Log { get; init; }

    public required FrameRing Ring { get; init; }

    public required EventIdCodec Ids { get; init; }

    public required CursorResolver Cursors { get; init; }

    public required Dispatcher Dispatcher { get; init; }

    public required PatternBudget Patterns { get; init; }

    public LiveOnlyTopics LiveOnly { get; } = new();

    public required BrokerMetrics Metrics { get; init; }
}
