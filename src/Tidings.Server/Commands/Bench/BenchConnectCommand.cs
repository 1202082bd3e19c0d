using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings bench connect</c>: a storm of new streams.</summary>
internal sealed class BenchConnectCommand : BenchSubcommand
{
    private const int UsualStreams = 5_000;
    private const int UsualConcurrency = 128;

    private readonly Option<int?> _streams = Number("--streams", "How many streams are opened.", "N", minimum: 1, maximum: 60_000, UsualStreams);

    private readonly Option<int?> _concurrency = Number(
        "--concurrency", "How many may wait for their first byte at the same time. Above the server's backlog, connections are lost for a second.", "N", minimum: 1, maximum: 10_000, UsualConcurrency);

    public BenchConnectCommand(Terminal terminal)
        : base("connect", "A storm of new streams: streams per second to the first byte.", terminal, BenchParts.Streams)
    {
        Add(_streams);
        Add(_concurrency);
        AddCommonOptions();
    }

    public override string Notes => $"""
        A stream counts when the head of the answer has come. All stay open until the end.
        {ExitCodes}
        """;

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tidings bench connect --hub http://localhost:4000/.well-known/mercure --streams 10000",
        "tidings bench connect --subscribe-url http://localhost:8080/sub/{topic} --streams 10000 --concurrency 256",
    ];

    protected override BenchSettings Read(ParseResult parsed) => new()
    {
        Streams = parsed.GetValue(_streams) ?? UsualStreams,
        Concurrency = parsed.GetValue(_concurrency) ?? UsualConcurrency,
    };

    protected override void Run(BenchSession session, BenchReport report) => ConnectScenario.Run(session, report);
}
