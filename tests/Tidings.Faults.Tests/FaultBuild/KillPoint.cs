namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>A place in the product where the fault build can end its process as by kill -9.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Phase">When a server passes it.</param>
/// <param name="Edit">How it gets into the source.</param>
public sealed record KillPoint(string Name, KillPhase Phase, SourceEdit Edit)
{
    /// <summary>A point right before the text <paramref name="anchor"/>.</summary>
    public static KillPoint Before(string name, KillPhase phase, string file, string anchor) =>
        new(name, phase, new SourceEdit(file, anchor, Call(name) + anchor));

    /// <summary>A point right after the text <paramref name="anchor"/>.</summary>
    public static KillPoint After(string name, KillPhase phase, string file, string anchor) =>
        new(name, phase, new SourceEdit(file, anchor, anchor + Call(name)));

    /// <summary>Two points on both sides of the text <paramref name="anchor"/>.</summary>
    public static KillPoint[] Around(string before, string after, KillPhase phase, string file, string anchor)
    {
        var edit = new SourceEdit(file, anchor, Call(before) + anchor + Call(after));
        return [new KillPoint(before, phase, edit), new KillPoint(after, phase, edit)];
    }

    private static string Call(string name) => $" Tidings.Faults.FaultPoint.Reach(\"{name}\"); ";
}

/// <summary>When a server passes a kill point.</summary>
public enum KillPhase
{
    /// <summary>While it makes a log where there is none.</summary>
    Creation,

    /// <summary>While it opens a log that is there.</summary>
    Opening,

    /// <summary>For each event that is published, or each batch of them.</summary>
    Publishing,

    /// <summary>Once for many events.</summary>
    TidyingUp,

    /// <summary>When it notices that the log has lost what it had shown.</summary>
    Forking,

    /// <summary>While it stops.</summary>
    Stopping,
}
