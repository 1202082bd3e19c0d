using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings log verify</c>: checks everything that can be checked.</summary>
internal sealed class LogVerifyCommand(Terminal terminal)
    : LogSubcommand("verify", "Checks the structure of the files, the checksums of events and retention rules, and the log's counters.", terminal)
{
    public override string Notes => """
        While it checks the structure of a large log, the write-ahead log of a running hub grows; that is given back afterwards.
        Exit codes: 0 sound, 1 damaged or not readable, 2 wrong usage or setting.
        """;

    public override IReadOnlyList<string> Examples { get; } = ["tidings log verify", "tidings log verify --data /var/backups/tidings-monday"];

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, SqliteLogOptions options, CancellationToken cancellationToken)
    {
        using SqliteLogInspector log = SqliteLogInspector.Open(options.Directory);
        SqliteLogVerification found = Verify(log, cancellationToken);
        if (found.Problems.Count == 0)
        {
            await Terminal.Output.WriteAsync($"Sound: {found.Events} events.\n");
            return ExitCode.Ok;
        }

        foreach (string problem in found.Problems)
        {
            await Terminal.Output.WriteAsync($"{Terminal.Harmless(problem)}\n");
        }

        string more = found.FurtherProblems > 0 ? $", {found.FurtherProblems} of them not told here" : "";
        Terminal.Complain(
            $"The log in {log.Directory} is damaged ({found.Problems.Count + found.FurtherProblems} problems{more}); {found.Events} events are sound. Stop the hub, keep a copy of the directory, and restore a backup; or save what can be read: tidings log export --data {log.Directory} | tidings log import --data NEW");
        return ExitCode.Failure;
    }

    private SqliteLogVerification Verify(SqliteLogInspector log, CancellationToken cancellationToken)
    {
        using var progress = new ProgressLine(Terminal);
        progress.Show("Checking the structure of the files");
        return log.Verify(new EventProgress(progress), cancellationToken);
    }

    // Not System.Progress: that one reports from other threads, and later.
    private sealed class EventProgress(ProgressLine line) : IProgress<long>
    {
        public void Report(long value) => line.Show($"{value} events checked");
    }
}
