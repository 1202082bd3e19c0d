namespace Tidings.Faults.Tests.Checking;

/// <summary>What a history can show to be wrong.</summary>
public enum FaultKind
{
    /// <summary>An acknowledged event that a chain should have received, and nobody did.</summary>
    Lost,

    /// <summary>An event that others received is missing on a chain, and the chain was not told.</summary>
    SilentGap,

    /// <summary>An event that was never published, was refused, was not asked for, or is not what was published.</summary>
    Phantom,

    /// <summary>The same event twice on one chain, or one publish stored twice.</summary>
    Duplicate,

    /// <summary>No single order agrees with what the chains received and with what was acknowledged before something else was begun.</summary>
    Reordered,

    /// <summary>A gap was told although the log had not lost anything.</summary>
    FalseGap,

    /// <summary>A private event on a chain that may not see it.</summary>
    Unauthorised,

    /// <summary>One id for two events.</summary>
    ReusedId,
}

/// <summary>One thing that is wrong.</summary>
/// <param name="Kind">What.</param>
/// <param name="Chain">On which chain; null if it concerns none.</param>
/// <param name="Detail">What exactly, with keys that can be searched for in the saved history.</param>
public sealed record Fault(FaultKind Kind, string? Chain, string Detail);

/// <summary>What the checker found.</summary>
/// <param name="Faults">All that is wrong.</param>
/// <param name="Acknowledged">How many publishes were acknowledged.</param>
/// <param name="Unknown">How many publishes had no clear answer.</param>
/// <param name="UnknownStored">How many of those were received by somebody and so are stored.</param>
/// <param name="Received">How many events all chains received together.</param>
/// <param name="Gaps">How many gaps were told.</param>
/// <param name="ToldMissing">How many acknowledged events chains did not receive, but were told of by a gap; counted per chain.</param>
public sealed record CheckReport(
    IReadOnlyList<Fault> Faults, int Acknowledged, int Unknown, int UnknownStored, int Received, int Gaps, int ToldMissing)
{
    private const int FaultsTold = 20;

    /// <summary>The figures in a line, then the first faults.</summary>
    public override string ToString()
    {
        string figures = $"{Acknowledged} acknowledged, {Unknown} unknown ({UnknownStored} of them stored), {Received} received, {Gaps} gaps told, {ToldMissing} missing and told";
        IEnumerable<string> counts = Faults.GroupBy(fault => fault.Kind).Select(kind => $"{kind.Key}: {kind.Count()}");
        IEnumerable<string> first = Faults.Take(FaultsTold).Select(fault => $"  {fault.Kind} {fault.Chain}: {fault.Detail}");
        return string.Join(Environment.NewLine, [figures, .. counts, .. first]);
    }
}
