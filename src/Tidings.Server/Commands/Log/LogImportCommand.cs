using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings log import</c>: appends events that were exported.</summary>
internal sealed class LogImportCommand : LogSubcommand
{
    private readonly Argument<string?> _file = new("file")
    {
        Description = "What \"tidings log export\" has written.  [default: standard input]",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public LogImportCommand(Terminal terminal)
        : base("import", "Appends events that were exported; makes the log when there is none.", terminal) => Add(_file);

    public override string Notes => """
        Needs the log for itself: stop the hub first. Events get new sequences in the order of the lines, and keep topics, data, time, privacy and their
        publisher's id; only "topics" and "data" must be there. They are stored in batches, each whole or not at all, and the first wrong line ends it:
        it says how far it came. What retention does not keep is removed as usual.
        Exit codes: 0 done, 1 failed, 2 wrong usage, a wrong line or setting.
        """;

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tidings log import events.ndjson --data /var/lib/tidings",
        "tidings log export --data old | tidings log import --data new",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, SqliteLogOptions options, CancellationToken cancellationToken)
    {
        string? path = parsed.GetValue(_file);
        if (path is null && Terminal.IsInputTyped)
        {
            throw new SettingException("There is nothing to import: name a file, or send it to standard input, which is the keyboard now.");
        }

        await using Stream input = path is null ? Terminal.Input : File.OpenRead(path);
        bool isNew = !Directory.Exists(options.Directory);
        await using SqliteLogImporter importer = SqliteLogImporter.Open(options, Terminal.Time);
        if (isNew)
        {
            await Terminal.Error.WriteLineAsync($"A new log was made in {Path.GetFullPath(options.Directory)}.");
        }

        using var progress = new ProgressLine(Terminal);
        var import = new Import(importer, input, Terminal.Time, progress);
        await import.RunAsync(cancellationToken);
        progress.Clear();
        await Terminal.Output.WriteAsync($"{import.Imported} events imported.\n");
        return ExitCode.Ok;
    }
}
