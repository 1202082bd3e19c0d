using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings bench replay</c>: events of the past to readers that come late.</summary>
internal sealed class BenchReplayCommand : BenchSubcommand
{
    private const int UsualEvents = 100_000;
    private const int UsualPublishers = 64;
    private const int UsualReaders = 1;
    private const int UsualRounds = 3;

    private readonly Option<int?> _events = Number("--events", "How many events are published before, and read by each reader.", "N", minimum: 1, maximum: 10_000_000, UsualEvents);
    private readonly Option<int?> _payload = PublishOptions.NewPayload();
    private readonly Option<int?> _publishers = PublishOptions.NewPublishers(UsualPublishers);
    private readonly Option<int?> _readers = Number("--readers", "Readers at the same time.", "N", minimum: 1, maximum: 1_000, UsualReaders);
    private readonly Option<int?> _rounds = Number("--rounds", "How often they come.", "N", minimum: 1, maximum: 100, UsualRounds);

    public BenchReplayCommand(Terminal terminal)
        : base("replay", "Events of the past to readers that come late: events per second.", terminal, BenchParts.Publishers | BenchParts.Streams)
    {
        foreach (Option option in (Option[])[_events, _payload, _publishers, _readers, _rounds])
        {
            Add(option);
        }

        AddCommonOptions();
    }

    public override string Notes => $"""
        The server has to keep as many events as are published; what its retention has removed is a gap, and fails the run.
        A reader of a hub begins with last_event_id=earliest; for any other server, --subscribe-url has to say it.
        {ExitCodes}
        """;

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tidings bench replay --hub http://localhost:4000/.well-known/mercure",
        "tidings bench replay --hub http://localhost:4000/.well-known/mercure --events 1000000 --readers 4 --pid 4711",
    ];

    protected override BenchSettings Read(ParseResult parsed) => new()
    {
        Events = parsed.GetValue(_events) ?? UsualEvents,
        PayloadBytes = parsed.GetValue(_payload) ?? PublishOptions.UsualPayload,
        Publishers = parsed.GetValue(_publishers) ?? UsualPublishers,
        Streams = parsed.GetValue(_readers) ?? UsualReaders,
        Rounds = parsed.GetValue(_rounds) ?? UsualRounds,
    };

    protected override void Run(BenchSession session, BenchReport report) => ReplayScenario.Run(session, report);
}
