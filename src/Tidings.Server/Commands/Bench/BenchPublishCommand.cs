using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings bench publish</c>: publishing alone.</summary>
internal sealed class BenchPublishCommand : BenchSubcommand
{
    private const int UsualPublishers = 64;

    private readonly PublishOptions _publish = new(UsualPublishers);

    public BenchPublishCommand(Terminal terminal)
        : base("publish", "Events that nobody receives: publishes per second, latency of the answer, CPU per event.", terminal, BenchParts.Publishers)
    {
        _publish.AddTo(this);
        AddCommonOptions();
    }

    public override string Notes => $"""
        An event counts when it was answered with success; one that is refused ends the run.
        {ExitCodes}
        """;

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tidings bench publish --hub http://localhost:4000/.well-known/mercure --publishers 64 --pid 4711",
        "tidings bench publish --hub http://localhost:4000/.well-known/mercure --rate 1000 --duration 30 --json",
    ];

    protected override BenchSettings Read(ParseResult parsed) => _publish.Read(parsed, streams: 0);

    protected override void Run(BenchSession session, BenchReport report) => FanOutScenario.Run(session, report);
}
