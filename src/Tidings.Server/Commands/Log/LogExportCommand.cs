using System.CommandLine;
using System.Text;

namespace Tidings.Server;

/// <summary><c>tidings log export</c>: the events as JSON, one a line.</summary>
internal sealed class LogExportCommand : LogSubcommand
{
    private const int PageEvents = 500;

    private readonly EventSelection _selection = new();

    private readonly Option<string?> _output = new("--output")
    {
        Description = "Writes to FILE, readable by its owner only, instead of standard output. FILE must not exist.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Overwrites FILE." };

    public LogExportCommand(Terminal terminal)
        : base("export", "Writes events as JSON, one object a line, for \"tidings log import\" and other programs.", terminal)
    {
        _selection.AddTo(this);
        Add(_output);
        Add(_force);
    }

    public override string Notes => """
        Each line has sequence, publishedAt, topics, private, type, id (if its publisher chose one), retry and data. What is damaged is left out and told.
        Idempotency keys are not exported.
        Exit codes: 0 done, 1 it failed or some events are damaged, 2 wrong usage or setting.
        """;

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tidings log export --output events.ndjson",
        "tidings log export --topic news | jq -r .data",
        "tidings log export --data old | tidings log import --data new",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, SqliteLogOptions options, CancellationToken cancellationToken)
    {
        using SqliteLogInspector log = SqliteLogInspector.Open(options.Directory);
        TopicMatcher[] matchers = _selection.Matchers(parsed);
        long after = _selection.After(parsed, log) ?? 0;
        if (parsed.GetValue(_output) is not { } path)
        {
            return await ExportAsync(log, after, matchers, Terminal.Output, cancellationToken);
        }

        if (!parsed.GetValue(_force) && Path.Exists(path))
        {
            throw new SettingException($"{path} exists already. Name another file, or overwrite it with --force.");
        }

        await using FileStream file = OpenFile(path, parsed.GetValue(_force));
        await using var writer = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        ExitCode code = await ExportAsync(log, after, matchers, writer, cancellationToken);
        await writer.FlushAsync(cancellationToken);
        file.Flush(flushToDisk: true);
        return code;
    }

    private static FileStream OpenFile(string path, bool isForced)
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var options = new FileStreamOptions { Mode = isForced ? FileMode.Create : FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        var file = new FileStream(path, options);
        if (isForced && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly); // one that was there keeps its mode otherwise
        }

        return file;
    }

    private async Task<ExitCode> ExportAsync(
        SqliteLogInspector log, long after, TopicMatcher[] matchers, TextWriter output, CancellationToken cancellationToken)
    {
        var unreadable = new UnreadableEvents();
        using var progress = new ProgressLine(Terminal);
        var lines = new StringBuilder();
        long exported = 0;
        for (long? from = after; from is { } start;)
        {
            SqliteLogPage page = log.ReadAfter(start, PageEvents);
            unreadable.Add(page.Unreadable);
            lines.Clear();
            foreach (StoredEvent stored in page.Events)
            {
                if (stored.IsSelectedBy(matchers))
                {
                    lines.Append(EventJson.Write(stored, stored.Content.Id)).Append('\n');
                    exported++;
                }
            }

            await output.WriteAsync(lines, cancellationToken);
            if (ReferenceEquals(output, Terminal.Output) && Terminal.IsOutputAbandoned())
            {
                return ExitCode.Ok;
            }

            progress.Show($"{exported} events exported");
            from = page.Next;
        }

        return unreadable.Tell(Terminal);
    }
}
