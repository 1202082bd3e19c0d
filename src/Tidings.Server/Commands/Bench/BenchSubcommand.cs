using System.CommandLine;
using System.CommandLine.Parsing;

namespace Tidings.Server;

/// <summary>What the scenarios of <c>tidings bench</c> have in common: which server, who asks, and how the figures and failures are told.</summary>
internal abstract class BenchSubcommand : Command, IHasExamples
{
    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(5);

    private readonly Terminal _terminal;
    private readonly BenchParts _parts;

    private readonly Option<Uri?> _hub = new("--hub")
    {
        Description = "The hub, for example http://localhost:4000/.well-known/mercure.",
        HelpName = "URL",
        CustomParser = ArgumentParser.ParseAddress,
    };

    private readonly Option<string?> _publishUrl = Template("--publish-url", "Any other server: where to POST events, for example http://localhost:8080/pub/{topic}.", "URL");

    private readonly Option<string?> _publishBody = new("--publish-body")
    {
        Description = "The body of such a request, with {data} once and {topic} where it is wanted.  [default: {data}]",
        HelpName = "TEXT",
    };

    private readonly Option<string?> _subscribeUrl = Template("--subscribe-url", "Any other server: where the stream of a topic is, for example http://localhost:8080/sub/{topic}.", "URL");

    private readonly Option<string?> _token = BearerToken.NewOption();

    private readonly Option<int?> _process = Number("--pid", "The id of the server's process on this machine: tells its CPU time and memory.", "ID", minimum: 1, int.MaxValue);

    private readonly Option<int?> _patience = Number(
        "--patience", "How long nothing may come before it counts as lost, in seconds.", "SECONDS", minimum: 1, maximum: 3_600, BenchSettings.UsualPatienceSeconds);

    private readonly Option<bool> _json = new("--json") { Description = "Prints the figures as one JSON object." };

    protected BenchSubcommand(string name, string description, Terminal terminal, BenchParts parts)
        : base(name, description)
    {
        _terminal = terminal;
        _parts = parts;
        Add(_hub);
        if (parts.HasFlag(BenchParts.Publishers))
        {
            Add(_publishUrl);
            Add(_publishBody);
        }

        if (parts.HasFlag(BenchParts.Streams))
        {
            Add(_subscribeUrl);
        }

        Validators.Add(CheckServer);
        _hub.Validators.Add(static result =>
        {
            // Anything else that is no address has been told by then.
            if (result.Tokens is [{ Value: var url }] && url.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            {
                result.AddError($"--hub takes {BenchTarget.NeedsNoEncryption}.");
            }
        });
        _publishBody.Validators.Add(static result =>
        {
            if (!BenchTarget.HasDataOnce(result.GetValueOrDefault<string?>() ?? ""))
            {
                result.AddError("--publish-body needs {data} once: without it no event could be told from another.");
            }
        });
        SetAction(async (parsed, cancellationToken) => (int)await RunAsync(parsed, cancellationToken));
    }

    public abstract string Notes { get; }

    public abstract IReadOnlyList<string> Examples { get; }

    protected static string ExitCodes => "Exit codes: 0 measured, 1 failed or something was lost, repeated or reordered, 2 wrong usage, 3 not reached, 4 not allowed, 5 no answer, 130 Ctrl+C.";

    protected static Option<int?> Number(string name, string description, string helpName, int minimum, int maximum, int? usual = null) => new(name)
    {
        Description = usual is null ? description : $"{description}  [default: {usual}]",
        HelpName = helpName,
        CustomParser = result => ArgumentParser.ParseNumber(result, minimum, maximum),
    };

    /// <summary>The options that every scenario has, at the end of the help.</summary>
    protected void AddCommonOptions()
    {
        foreach (Option option in (Option[])[_token, _process, _patience, _json])
        {
            Add(option);
        }
    }

    protected void RequireProcess() => Validators.Add(result =>
    {
        if (result.GetResult(_process) is null)
        {
            result.AddError("--pid is required: memory is what is measured here, and only the process itself can tell it.");
        }
    });

    protected abstract BenchSettings Read(ParseResult parsed);

    protected abstract void Run(BenchSession session, BenchReport report);

    private static Option<string?> Template(string name, string description, string helpName)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = helpName };
        option.Validators.Add(result =>
        {
            if (BenchTarget.Check(result.GetValueOrDefault<string?>() ?? "") is { } wanted)
            {
                result.AddError($"{name} takes {wanted}.");
            }
        });
        return option;
    }

    private void CheckServer(CommandResult result)
    {
        bool hasHub = result.GetResult(_hub) is not null;
        Option[] templates = [.. ((Option[])[_publishUrl, _publishBody, _subscribeUrl]).Where(option => result.GetResult(option) is not null)];
        if (hasHub && templates.Length > 0)
        {
            result.AddError($"--hub and {templates[0].Name} exclude each other: --hub says by itself what requests look like.");
        }
        else if (!hasHub && templates.Length == 0)
        {
            result.AddError("Which server? Give a hub's address with --hub.");
        }
        else if (!hasHub && _parts.HasFlag(BenchParts.Publishers) && result.GetResult(_publishUrl) is null)
        {
            result.AddError("--publish-url is missing: without --hub, say where to publish.");
        }
        else if (!hasHub && _parts.HasFlag(BenchParts.Streams) && result.GetResult(_subscribeUrl) is null)
        {
            result.AddError("--subscribe-url is missing: without --hub, say where the streams are.");
        }
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (!Epoll.IsSupported)
        {
            _terminal.Complain("bench runs on Linux only: it needs epoll, and /proc to tell what the server uses.");
            return ExitCode.Usage;
        }

        try
        {
            BearerToken? token = await BearerToken.FindAsync(parsed.GetValue(_token), _terminal, cancellationToken);
            BenchReport report = await MeasureAsync(parsed, token is null ? null : await token.ReadAsync(cancellationToken), cancellationToken);
            await _terminal.Output.WriteAsync(parsed.GetValue(_json) ? report.Json() : report.Readable());
            return report.HasPassed ? ExitCode.Ok : ExitCode.Failure;
        }
        catch (BenchException failure)
        {
            _terminal.Complain(failure.Message);
            return failure.Code;
        }
        catch (SettingException wrong)
        {
            _terminal.Complain(wrong.Message);
            return ExitCode.Usage;
        }
    }

    private async Task<BenchReport> MeasureAsync(ParseResult parsed, string? token, CancellationToken cancellationToken)
    {
        BenchSettings settings = Read(parsed) with { Patience = TimeSpan.FromSeconds(parsed.GetValue(_patience) ?? BenchSettings.UsualPatienceSeconds) };
        CheckOpenFiles(settings);
        ServerProcess? server = parsed.GetValue(_process) is { } id ? ServerProcess.Open(id) : null;
        var payload = new BenchPayload(settings.PayloadBytes);
        BenchTarget target = parsed.GetValue(_hub) is { } hub
            ? BenchTarget.OfHub(hub, token, payload.Run)
            : BenchTarget.OfTemplates(parsed.GetValue(_publishUrl) ?? "", parsed.GetValue(_publishBody) ?? "{data}", parsed.GetValue(_subscribeUrl) ?? "", token, payload.Run);
        await target.FindAsync(LongestConnect, cancellationToken);

        using var progress = new ProgressLine(_terminal);
        using var session = new BenchSession(target, payload, settings, server, progress, cancellationToken);
        var report = new BenchReport(Name);
        Run(session, report);
        return report;
    }

    private static void CheckOpenFiles(BenchSettings settings)
    {
        int wanted = settings.Streams * settings.Rounds + settings.Publishers;
        if (OpenFiles.ForConnections() is { } room && wanted > room)
        {
            throw new SettingException($"This run needs {wanted} connections, and this process may open {Math.Max(0, room)} more files. Raise the limit (ulimit -n), or ask for fewer.");
        }
    }
}

/// <summary>What a scenario needs of a server.</summary>
[Flags]
internal enum BenchParts
{
    None = 0,
    Publishers = 1,
    Streams = 2,
}
