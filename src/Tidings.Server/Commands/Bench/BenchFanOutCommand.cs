using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings bench fan-out</c>: events to many streams.</summary>
internal sealed class BenchFanOutCommand : BenchSubcommand
{
    private const int UsualStreams = 1_000;
    private const int UsualPublishers = 1;

    // Each stream remembers one number for each publisher.
    private const int MaxPairs = 20_000_000;

    private readonly Option<int?> _streams = Number("--streams", "Open streams, which share the topics evenly.", "N", minimum: 1, maximum: 60_000, UsualStreams);
    private readonly PublishOptions _publish = new(UsualPublishers);

    public BenchFanOutCommand(Terminal terminal)
        : base("fan-out", "Events to many streams: deliveries per second, latency, CPU per delivery.", terminal, BenchParts.Publishers | BenchParts.Streams)
    {
        Add(_streams);
        _publish.AddTo(this);
        AddCommonOptions();
    }

    public override string Notes => $"""
        Every stream has to receive every event of its topic, once and in an order that is the same for all; anything else fails the run.
        At a --rate, latency counts from the time at which an event was meant to be sent, so a server that stalls cannot hide it.
        {ExitCodes}
        """;

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tidings bench fan-out --hub http://localhost:4000/.well-known/mercure --streams 1000",
        "tidings bench fan-out --hub http://localhost:4000/.well-known/mercure --publishers 64 --pid 4711 --json",
        "tidings bench fan-out --hub http://localhost:4000/.well-known/mercure --rate 100 --duration 30",
        "tidings bench fan-out --publish-url http://localhost:8080/pub/{topic} --subscribe-url http://localhost:8080/sub/{topic}",
        "tidings bench fan-out --publish-url http://localhost:8080/publish --publish-body 'to={topic}&message={data}' --subscribe-url http://localhost:8080/{topic}",
    ];

    protected override BenchSettings Read(ParseResult parsed)
    {
        BenchSettings settings = _publish.Read(parsed, parsed.GetValue(_streams) ?? UsualStreams);
        return (long)settings.Streams * settings.Publishers <= MaxPairs
            ? settings
            : throw new SettingException($"--streams {settings.Streams} and --publishers {settings.Publishers} are too many together: their product may be {MaxPairs} at most, because each stream is checked against each publisher.");
    }

    protected override void Run(BenchSession session, BenchReport report) => FanOutScenario.Run(session, report);
}
