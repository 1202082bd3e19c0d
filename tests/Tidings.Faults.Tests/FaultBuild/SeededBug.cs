using Tidings.Faults.Tests.Checking;

namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>A mistake that is easily made, as a switch of the fault build: the fault tests are worth what they say only if they find it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="FoundBy">The scenario that must find it.</param>
/// <param name="FoundAs">What it must be found as; any of these.</param>
/// <param name="Edits">How it gets into the source.</param>
public sealed record SeededBug(string Name, BugScenario FoundBy, FaultKind[] FoundAs, SourceEdit[] Edits)
{
    /// <summary>A bug that an assertion of the scenario finds, and not the checker.</summary>
    public SeededBug(string name, BugScenario foundBy, params SourceEdit[] edits)
        : this(name, foundBy, [], edits)
    {
    }

    public override string ToString() => Name;
}

/// <summary>What a run does to find a bug; each is clean without one.</summary>
public enum BugScenario
{
    /// <summary>Load, with clients that come and go.</summary>
    Reconnections,

    /// <summary>The process stands still before a COMMIT, and is killed there.</summary>
    KillBeforeCommit,

    /// <summary>Killed after a COMMIT; everybody comes back before anything is published.</summary>
    RestartBeforePublish,

    /// <summary>Killed while everybody is more than a page behind, and publishing goes on.</summary>
    RestartUnderLoad,

    /// <summary>Everything is pruned, and the server is started again.</summary>
    PruneAll,

    /// <summary>Killed between COMMIT and acknowledgment; the publisher tries again with its key.</summary>
    Retry,

    /// <summary>The disk loses what it had acknowledged, and the server goes on with other events.</summary>
    Fork,

    /// <summary>A backup that was made earlier takes the place of the log.</summary>
    Restore,

    /// <summary>A client that stops reading for a while, at a stream that ends for whoever falls behind.</summary>
    Impatience,

    /// <summary>An event's data holds a carriage return and what looks like a field.</summary>
    ForgedField,

    /// <summary>SIGTERM while streams are open.</summary>
    Stop,

    /// <summary>Large events for clients that do not read.</summary>
    StalledReaders,

    /// <summary>Clients go from node to node of several that share a log.</summary>
    Wandering,

    /// <summary>The connections of the nodes to their database break.</summary>
    BrokenLinks,

    /// <summary>Events disappear from the middle of the shared log.</summary>
    Hole,

    /// <summary>The database fails over to a replica that is behind.</summary>
    FailOver,

    /// <summary>Images of the data directory after a loss of power.</summary>
    PowerLoss,
}
