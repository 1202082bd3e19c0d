using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests.Checking;

/// <summary>What a history says about one chain. Times are places in the history.</summary>
internal sealed class ChainState(ChainOpened opened)
{
    private readonly HashSet<string>? _topics = opened.Topics?.ToHashSet(StringComparer.Ordinal);

    public string Name => opened.Chain;

    public bool SeesPrivate => opened.SeesPrivate;

    public List<(int At, PublishState Publish)> Received { get; } = [];

    public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);

    public List<ToldGap> Gaps { get; } = [];

    /// <summary>Everything that was sent after this time is owed to the chain; -1 for everything at all.</summary>
    public int OwedAfter { get; set; } = PublishState.Never;

    /// <summary>When the cursor that the chain has now was received; -1 if it has none.</summary>
    public int CursorAt { get; set; } = -1;

    /// <summary>When the event of that cursor was sent, or the gap was told: what was settled before that comes before it in the log.</summary>
    public int CursorSentAt { get; set; } = -1;

    /// <summary>The latest time at which any event that the chain received was sent: whatever was stored before that has been passed.</summary>
    public int PassedUntil { get; set; } = -1;

    public bool IsDrained { get; set; }

    /// <summary>Whether what came at <paramref name="later"/> is behind what came at <paramref name="earlier"/>, and no gap tells that it may be of another log.</summary>
    public bool IsInOrder(int earlier, int later) => !Gaps.Exists(gap => gap.IsOfFork && gap.At > earlier && gap.At < later);

    public bool Asks(PublishInvoked publish) => _topics is null || _topics.Contains(publish.Topic);
}

/// <summary>A gap on a chain.</summary>
/// <param name="At">When it was told: what is sent later is not covered.</param>
/// <param name="PassedUntil">What was stored before this time had been passed already, and is not covered either.</param>
/// <param name="IsOfFork">Whether it told that the log is another one: then everything may come again, from its beginning.</param>
internal readonly record struct ToldGap(int At, int PassedUntil, bool IsOfFork);
