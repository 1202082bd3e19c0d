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

    /// <summary>How many nodes there are. Default 3.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>What is different about a node, by its number.</summary>
    public Func<int, HostOptions, HostOptions> Adapt { get; init; } = static (_, host) => host;

    /// <summary>The load. Default: a part of the one that the tests of one server share, because three of them and a database share the machine.</summary>
    public LoadOptions Load { get; init; } = Scaled;

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
