using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;

namespace Tidings.Faults.Tests;

/// <summary>What a run is made of.</summary>
public sealed record TortureOptions
{
    /// <summary>The name of the run: its histories are saved under it.</summary>
    public required string Name { get; init; }

    /// <summary>The server.</summary>
    public HostOptions Host { get; init; } = new();

    /// <summary>The load.</summary>
    public LoadOptions Load { get; init; } = new();

    /// <summary>How many events the log keeps, if it does not keep all of them. The checker is told; the server is by its settings.</summary>
    public int? RetainedEvents { get; init; }

    /// <summary>Where every random choice comes from. Default: the environment's TIDINGS_SEED, or a random one.</summary>
    public int Seed { get; init; } = int.TryParse(Environment.GetEnvironmentVariable("TIDINGS_SEED"), out int seed) ? seed : Random.Shared.Next();

    /// <summary>Whether the long form is asked for.</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("TIDINGS_LONG") == "1";
}
