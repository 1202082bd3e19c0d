using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings bench idle</c>: streams on which nothing happens.</summary>
internal sealed class BenchIdleCommand : BenchSubcommand
{
    private const int UsualStreams = 5_000;
    private const int UsualHoldSeconds = 5;

    private readonly Option<int?> _streams = Number("--streams", "How many streams are opened.", "N", minimum: 1, maximum: 60_000, UsualStreams);
    private readonly Option<int?> _hold = Number("--hold", "How long they are held before the memory is read, in seconds.", "SECONDS", minimum: 1, maximum: 86_400, UsualHoldSeconds);

    public BenchIdleCommand(Terminal terminal)
        : base("idle", "Streams on which nothing happens: memory of each, CPU of all.", terminal, BenchParts.Streams)
    {
        Add(_streams);
        Add(_hold);
        AddCommonOptions();
        RequireProcess();
    }

    public override string Notes => $"""
        A hundred streams are opened before, and do not count: what a server loads for its first streams is not the cost of one.
        Measure a server that was just started: memory that earlier work has left to it is used again, and hides what a stream costs.
        {ExitCodes}
        """;

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tidings bench idle --hub http://localhost:4000/.well-known/mercure --streams 10000 --pid 4711",
        "tidings bench idle --subscribe-url http://localhost:8080/sub/{topic} --pid 4711 --hold 60 --json",
    ];

    protected override BenchSettings Read(ParseResult parsed) => new()
    {
        Streams = parsed.GetValue(_streams) ?? UsualStreams,
        Hold = TimeSpan.FromSeconds(parsed.GetValue(_hold) ?? UsualHoldSeconds),
    };

    protected override void Run(BenchSession session, BenchReport report) => IdleScenario.Run(session, report);
}
