using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings log stats</c>: what there is to say of a log.</summary>
internal sealed class LogStatsCommand : LogSubcommand
{
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };

    public LogStatsCommand(Terminal terminal)
        : base("stats", "Tells how much a log holds, from when to when, and what retention has taken.", terminal) => Add(_json);

    public override string Notes => "Exit codes: 0 done, 1 there is no log or it cannot be read, 2 wrong usage or setting.";

    public override IReadOnlyList<string> Examples { get; } = ["tidings log stats", "tidings log stats --data /var/lib/tidings --json | jq .events"];

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, SqliteLogOptions options, CancellationToken cancellationToken)
    {
        using SqliteLogInspector log = SqliteLogInspector.Open(options.Directory);
        SqliteLogStatistics statistics = log.ReadStatistics();
        string text = parsed.GetValue(_json) ? StatisticsText.Json(statistics) : StatisticsText.Readable(statistics);
        await Terminal.Output.WriteAsync(text.AsMemory(), cancellationToken);
        return ExitCode.Ok;
    }
}
