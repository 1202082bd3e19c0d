using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>What a run of several nodes is made of.</summary>
public sealed record ClusterOptions
{
    /// <summary>The name of the run: its histories are saved under it.</summary>
    public required string Name { get; init; }

    /// <summary>How every node is started; its database among it.</summary>
    public required HostOptions Host { get; init; }

    /// <summary>How many nodes there are. Default 3, and always so many behind nginx.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>How clients come to the nodes. Default: straight.</summary>
    public Route Route { get; init; }

    /// <summary>How long nginx lets a node be silent, in whole seconds. Default: as deployed.</summary>
    public TimeSpan? ProxyPatience { get; init; }

    /// <summary>What is different about a node, by its number.</summary>
    public Func<int, HostOptions, HostOptions> Adapt { get; init; } = static (_, host) => host;

    /// <summary>The load. Default: a part of the one that the tests of one server share, because three of them and a database share the machine.</summary>
    public LoadOptions Load { get; init; } = Scaled;

    /// <summary>How many events the log keeps, if it does not keep all of them. The checker is told; the nodes are by their settings.</summary>
    public int? RetainedEvents { get; init; }

    /// <summary>Where every random choice comes from. Default: the environment's TIDINGS_SEED, or a random one.</summary>
    public int Seed { get; init; } = int.TryParse(Environment.GetEnvironmentVariable("TIDINGS_SEED"), out int seed) ? seed : Random.Shared.Next();

    /// <summary>The scaled load.</summary>
    public static LoadOptions Scaled { get; } = new()
    {
        Publishers = 3,
        EventsPerSecond = 60,
        Topics = 8,
        ExactChains = 8,
        WildcardChains = 4,
        PrivateChains = 4,
        TwoTopicChains = 4,
        ShortestStay = TimeSpan.FromMilliseconds(100),
        LongestStay = TimeSpan.FromSeconds(1),
    };
}

/// <summary>How clients come to the nodes.</summary>
public enum Route
{
    /// <summary>Each goes to a node of its own choice, whose address it knows.</summary>
    Straight,

    /// <summary>All go to one address, where nginx is, with the configuration of the deploy directory.</summary>
    Nginx,
}
