using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings log prune</c>: removes what retention no longer keeps.</summary>
internal sealed class LogPruneCommand(Terminal terminal)
    : LogSubcommand("prune", "Removes what retention no longer keeps, as a hub does by itself.", terminal)
{
    private const string Settings = $"{SqliteLogOptions.SectionName}:{nameof(SqliteLogOptions.Retention)} (MaxAge, MaxEvents, MaxBytes) and {SqliteLogOptions.SectionName}:{nameof(SqliteLogOptions.TopicRetention)}";

    public override string Notes => $"""
        Needs the log for itself: a hub that runs prunes by itself. What is kept is decided by the settings {Settings}.
        The files keep their size: what is freed is used again.
        Exit codes: 0 done, 1 failed or a hub has the log open, 2 wrong usage or setting.
        """;

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tidings log prune",
        "TIDINGS__SQLITELOG__RETENTION__MAXAGE=7.00:00:00 tidings log prune --data /var/lib/tidings",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, SqliteLogOptions options, CancellationToken cancellationToken)
    {
        using SqliteLogInspector inspector = SqliteLogInspector.Open(options.Directory);
        if (inspector.IsInUse)
        {
            Terminal.Complain(
                $"A hub has the log in {inspector.Directory} open, and prunes it by itself, within a second of when it is due. What is kept is decided by its settings {Settings}; change those, and start it again.");
            return ExitCode.Failure;
        }

        SqliteLogStatistics before = inspector.ReadStatistics();
        await using (SqliteEventLog log = SqliteEventLog.Open(options, Terminal.Time))
        {
            await log.PruneAsync(cancellationToken);
        }

        SqliteLogStatistics after = inspector.ReadStatistics();
        await Terminal.Output.WriteAsync(
            $"{before.Events - after.Events} events removed, {after.Events} kept; {before.IdempotencyKeys - after.IdempotencyKeys} idempotency keys removed.\n");
        return ExitCode.Ok;
    }
}
