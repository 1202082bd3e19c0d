using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings log backup</c>: a copy that a hub can be started from.</summary>
internal sealed class LogBackupCommand : LogSubcommand
{
    private readonly Argument<string> _destination = new("destination")
    {
        Description = "The directory of the copy; made when it is missing, and empty when it is not.",
        HelpName = "DEST",
    };

    public LogBackupCommand(Terminal terminal)
        : base("backup", "Copies a log, also while a hub has it open.", terminal) => Add(_destination);

    public override string Notes => """
        The copy is the log as it is at one moment; "tidings serve --data DEST" starts a hub from it. It has a life of its own: subscribers who come back with
        an id from before are told a gap, because what was published after the copy was made is not in it.
        Exit codes: 0 done, 1 failed, 2 wrong usage or setting.
        """;

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tidings log backup /var/backups/tidings-monday --data /var/lib/tidings",
        "tidings serve --data /var/backups/tidings-monday",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, SqliteLogOptions options, CancellationToken cancellationToken)
    {
        string destination = parsed.GetRequiredValue(_destination);
        if (string.IsNullOrWhiteSpace(destination))
        {
            throw new SettingException("DEST is empty; name the directory of the copy.");
        }

        using SqliteLogInspector log = SqliteLogInspector.Open(options.Directory);
        long events = log.Backup(destination);
        await Terminal.Output.WriteAsync($"{events} events copied to {Path.GetFullPath(destination)}.\n");
        return ExitCode.Ok;
    }
}
