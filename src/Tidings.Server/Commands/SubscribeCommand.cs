using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography.X509Certificates;
using Tidings.Client;

namespace Tidings.Server;

/// <summary><c>tidings subscribe</c>: receives events from any server of Server-Sent Events and prints them.</summary>
internal sealed class SubscribeCommand : Command, IHasExamples
{
    private const int LongestTimeoutSeconds = 24 * 60 * 60;

    private readonly Terminal _terminal;

    private readonly Argument<Uri?> _url = new("URL")
    {
        Description = "The stream, for example http://localhost:5000/prices; or say --hub and --topic.",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = ArgumentParser.ParseAddress,
    };

    private readonly Option<Uri?> _hub = new("--hub")
    {
        Description = "The hub, for example http://localhost:4000/.well-known/mercure.",
        HelpName = "URL",
        CustomParser = ArgumentParser.ParseAddress,
    };

    private readonly Option<string[]> _topics = new("--topic")
    {
        Description = "With --hub: what to subscribe to, * for everything; may be repeated.",
        HelpName = "TOPIC",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object a line: open, message, error and closed." };

    private readonly Option<int?> _count = new("--count")
    {
        Description = "Ends after so many events.",
        HelpName = "N",
        CustomParser = result => ArgumentParser.ParseNumber(result, minimum: 1, int.MaxValue),
    };

    private readonly Option<int?> _timeout = new("--timeout")
    {
        Description = "Ends after so many seconds.",
        HelpName = "SECONDS",
        CustomParser = result => ArgumentParser.ParseNumber(result, minimum: 1, LongestTimeoutSeconds),
    };

    private readonly Option<string?> _lastEventId = new("--last-event-id") { Description = "Begins after the event with this id.", HelpName = "ID" };

    private readonly Option<string?> _cursorFile = new("--cursor-file")
    {
        Description = "Keeps the last event id in this file, and begins after the id that it holds.",
        HelpName = "FILE",
    };

    private readonly Option<KeyValuePair<string, string>[]> _headers = new("--header")
    {
        Description = "A header for each request; may be repeated.",
        HelpName = "NAME:VALUE",
        CustomParser = RequestHeader.Parse,
        DefaultValueFactory = _ => [],
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _token = BearerToken.NewOption();

    private readonly Option<X509Certificate2Collection?> _trusted = TrustedCertificates.NewOption();

    private readonly Option<string[]> _types = new("--type") { Description = "Prints only events of this type; may be repeated.", HelpName = "TYPE" };

    private readonly Option<bool> _retryErrors = new("--retry-errors") { Description = "Tries again, ever more slowly, when the server answers 5xx or 429." };

    public SubscribeCommand(Terminal terminal)
        : base("subscribe", "Prints the events of a stream, and reconnects as a browser would.")
    {
        _terminal = terminal;
        Add(_url);
        foreach (Option option in (Option[])[_hub, _topics, _json, _count, _timeout, _lastEventId, _cursorFile, _headers, _token, _trusted, _types, _retryErrors])
        {
            Add(option);
        }

        Validators.Add(CheckAddress);
        Validators.Add(CheckHeaders);
        _lastEventId.Validators.Add(CheckLastEventId);
        _cursorFile.Validators.Add(CheckCursorFile);
        SetAction(async (parsed, cancellationToken) => (int)await RunAsync(parsed, cancellationToken));
    }

    public string Notes => """
        On a terminal events are laid out for reading; into a pipe or a file goes the data alone, each with a line end.
        What happens to the connection is told on standard error.
        Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not reached or refused, 4 not allowed, 5 timed out, 130 Ctrl+C.
        """;

    public IReadOnlyList<string> Examples { get; } =
    [
        "tidings subscribe http://localhost:5000/prices",
        "tidings subscribe --hub http://localhost:4000/.well-known/mercure --topic news --topic orders/7",
        "tidings subscribe --hub https://hub.example/.well-known/mercure --topic '*' --token @token.txt --json | jq 'select(.event == \"message\").data'",
        "tidings subscribe https://api.example/events --cursor-file events.cursor --retry-errors >> events.log",
        "tidings subscribe http://localhost:5000/prices --count 1 --timeout 10",
    ];

    private void CheckAddress(CommandResult result)
    {
        bool hasUrl = result.GetResult(_url) is { Tokens.Count: > 0 };
        bool hasHub = result.GetResult(_hub) is not null;
        bool hasTopic = result.GetResult(_topics) is not null;
        if (hasUrl == hasHub)
        {
            result.AddError(hasUrl ? "A URL and --hub exclude each other: give one of them." : "What to subscribe to? Give a URL, or --hub and --topic.");
        }
        else if (hasHub != hasTopic)
        {
            result.AddError(hasHub ? "--hub needs --topic: say what to subscribe to, or --topic '*' for everything." : "--topic needs --hub: a URL says by itself what is subscribed to.");
        }
    }

    private void CheckHeaders(CommandResult result)
    {
        // The tokens and not the values: whether those can be had is not known yet.
        string[] names = [.. result.GetResult(_headers)?.Tokens.Select(token => token.Value.Split(':')[0].Trim()) ?? []];
        if (names.Distinct(StringComparer.OrdinalIgnoreCase).Count() != names.Length)
        {
            result.AddError("--header gives the same header twice. Put the values into one, separated by commas.");
        }

        if (result.GetResult(_token) is not null && names.Contains(BearerToken.HeaderName, StringComparer.OrdinalIgnoreCase))
        {
            result.AddError("--token and --header Authorization exclude each other: both say who asks.");
        }
    }

    private static void CheckLastEventId(OptionResult result)
    {
        if (result.GetValueOrDefault<string?>()?.AsSpan().ContainsAny('\r', '\n', '\0') is true)
        {
            result.AddError("--last-event-id cannot hold a line end or NUL: no event has such an id.");
        }
    }

    private static void CheckCursorFile(OptionResult result)
    {
        string path = result.GetValueOrDefault<string?>() ?? "";
        if (path.Length == 0 || Directory.Exists(path) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
        {
            result.AddError($"--cursor-file takes the path of a file in a directory that exists, and \"{path}\" is none. The file itself need not exist.");
        }
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var headers = new Dictionary<string, string>(parsed.GetValue(_headers) ?? [], StringComparer.OrdinalIgnoreCase);
        string? cursorFile = parsed.GetValue(_cursorFile);
        try
        {
            BearerToken? token = headers.ContainsKey(BearerToken.HeaderName) ? null : await BearerToken.FindAsync(parsed.GetValue(_token), _terminal, cancellationToken);
            token?.AddTo(headers);
            using SocketsHttpHandler handler = EventSource.CreateHandler().Trusting(parsed.GetValue(_trusted));
            await using var source = new EventSource(AddressOf(parsed), new EventSourceOptions
            {
                LastEventId = parsed.GetValue(_lastEventId) ?? "",
                CursorHeartbeats = parsed.GetValue(_hub) is not null, // the URL of another server is left as it is
                Headers = headers,
                Handler = handler,
                OnConnecting = token?.OnConnecting,
                CursorStore = cursorFile is null ? null : new CursorFile(cursorFile),
                RetryOnServerError = parsed.GetValue(_retryErrors),
                Backoff = parsed.GetValue(_retryErrors) ? new ReconnectionBackoff() : null,
                TimeProvider = _terminal.Time,
            });
            using var subscription = new Subscription(source, EventPrinter.For(_terminal, parsed.GetValue(_json)), _terminal)
            {
                Count = parsed.GetValue(_count),
                Types = parsed.GetValue(_types) is { Length: > 0 } types ? types.ToHashSet(StringComparer.Ordinal) : null,
                Timeout = parsed.GetValue(_timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            };
            return await subscription.RunAsync(cancellationToken);
        }
        catch (SettingException wrong)
        {
            _terminal.Complain(wrong.Message);
            return ExitCode.Usage;
        }
    }

    private Uri AddressOf(ParseResult parsed)
    {
        if (parsed.GetValue(_hub) is not { } hub)
        {
            return parsed.GetValue(_url)!; // CheckAddress lets nothing else through
        }

        string matchers = string.Join('&', parsed.GetValue(_topics)!.Select(topic => $"match={Uri.EscapeDataString(topic)}")); // as above
        string query = hub.Query.TrimStart('?');
        return new UriBuilder(hub) { Query = query.Length == 0 ? matchers : $"{query}&{matchers}" }.Uri;
    }
}
