namespace Tidings.Faults.Tests.Load;

/// <summary>How much is published and who listens. The defaults are the load that the fault tests share.</summary>
public sealed record LoadOptions
{
    /// <summary>How many publishers there are. Default 4.</summary>
    public int Publishers { get; init; } = 4;

    /// <summary>How many events each publisher sends per second. Default 250.</summary>
    public int EventsPerSecond { get; init; } = 250;

    /// <summary>How many requests of one publisher may wait for their answer; when as many do, it waits itself. Default 32.</summary>
    public int InFlight { get; init; } = 32;

    /// <summary>How long the data of an event is. Default 256.</summary>
    public int DataBytes { get; init; } = 256;

    /// <summary>How many topics there are. Default 20.</summary>
    public int Topics { get; init; } = 20;

    /// <summary>How many of a hundred events are private. Default 30.</summary>
    public int PrivatePercent { get; init; } = 30;

    /// <summary>How many chains ask for one topic. Default 24.</summary>
    public int ExactChains { get; init; } = 24;

    /// <summary>How many chains ask for every topic. Default 8.</summary>
    public int WildcardChains { get; init; } = 8;

    /// <summary>How many chains may see private events, half of them on every topic, the others on one. Default 8; only the app has such streams.</summary>
    public int PrivateChains { get; init; } = 8;

    /// <summary>How many chains ask for two topics at the hub and must see nothing private. Default 10.</summary>
    public int TwoTopicChains { get; init; } = 10;

    /// <summary>The shortest time after which a chain hangs up and comes back. Default 200 ms.</summary>
    public TimeSpan ShortestStay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest time after which a chain hangs up and comes back. Default 3 s.</summary>
    public TimeSpan LongestStay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The shared load with chains that stay for a second at most: they are away soon after they are held.</summary>
    public static LoadOptions Restless { get; } = new() { LongestStay = TimeSpan.FromSeconds(1) };

    /// <summary>The name of topic number <paramref name="index"/>.</summary>
    public static string TopicName(int index) => $"topics/{index}";
}
