using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings log</c>: what an operator does with a log on disk.</summary>
internal sealed class LogCommand : Command, IHasExamples
{
    public LogCommand(Terminal terminal)
        : base("log", "Looks into a log on disk, copies it, checks it, tidies it up; makes one in PostgreSQL.")
    {
        Add(new LogStatsCommand(terminal));
        Add(new LogListCommand(terminal));
        Add(new LogExportCommand(terminal));
        Add(new LogImportCommand(terminal));
        Add(new LogPruneCommand(terminal));
        Add(new LogVerifyCommand(terminal));
        Add(new LogBackupCommand(terminal));
        Add(new LogMigrateCommand(terminal));
    }

    public string Notes => """
        All but migrate are for a log on disk. All of those but import and prune work while a hub has the log open. Without --data the log is that of "tidings serve" in the same
        directory with the same settings. Private events are shown: whoever can read the files can read them.
        """;

    public IReadOnlyList<string> Examples { get; } =
    [
        "tidings log stats",
        "tidings log list --topic news --limit 5",
        "tidings log backup /var/backups/tidings-monday --data /var/lib/tidings",
        "tidings log export --data old | tidings log import --data new",
        "tidings log migrate --log 'Host=db;Database=app;Username=tidings_owner'",
    ];
}
