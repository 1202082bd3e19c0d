using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings serve</c>: runs a hub until it is told to stop.</summary>
internal sealed class ServeCommand : Command, IHasExamples
{
    private readonly Terminal _terminal;

    private readonly Option<string?> _urls = new("--urls")
    {
        Description = "Where to listen; several addresses are separated by semicolons.  [default: http://localhost:4000; with --tls: https://localhost:4000]",
        HelpName = "URLS",
    };

    private readonly Option<string?> _data = new("--data")
    {
        Description = "The directory of the log; made when it is missing.  [default: tidings-data; with --dev: none, the log is in memory]",
        HelpName = "DIR",
    };

    private readonly Option<string?> _log = new("--log")
    {
        Description = "Where to keep the log. In memory it does not survive a restart, which subscribers are told. In PostgreSQL, reached as given, any number of hubs share one.  [default: disk; with --dev: memory]",
        HelpName = "disk|memory|Host=...",
    };

    private readonly Option<string?> _durability = new("--durability")
    {
        Description = "When a publish counts as stored: when the disk has it, when the operating system has it, or when its memory has it.  [default: disk]",
        HelpName = "disk|os|memory",
    };

    private readonly Option<bool> _dev = new("--dev")
    {
        Description = "For development: anybody on this machine may publish, nobody else can connect, and / is a page to try things on.",
    };

    private readonly Option<bool> _tls = new("--tls")
    {
        Description = "HTTP/2 and HTTP/1.1 over TLS. Without --tls-cert with a certificate that is made for this machine, and kept for the next time.",
    };

    private readonly Option<string?> _tlsCertificate = new("--tls-cert")
    {
        Description = "The certificate for TLS in PEM, and after it those of the authorities that browsers do not know. Read again when it changes.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _tlsKey = new("--tls-key")
    {
        Description = "The private key of that certificate in PEM, readable by nobody else; may be the same file.",
        HelpName = "FILE",
    };

    private readonly Option<KeyValuePair<string, string?>[]> _set = new("--set")
    {
        Description = "Sets anything that appsettings.json can set; may be repeated.",
        HelpName = "NAME=VALUE",
        CustomParser = result => [.. result.Tokens.Select(token => SplitSetting(token.Value, result.AddError))],
        DefaultValueFactory = _ => [],
        Arity = ArgumentArity.OneOrMore,
    };

    public ServeCommand(Terminal terminal)
        : base("serve", "Runs a hub until it is told to stop.")
    {
        _terminal = terminal;
        Add(_urls);
        Add(_data);
        Add(_log);
        Add(_durability);
        Add(_dev);
        Add(_tls);
        Add(_tlsCertificate);
        Add(_tlsKey);
        Add(_set);
        SetAction(async (parsed, cancellationToken) => (int)await RunAsync(SettingsOf(parsed), cancellationToken));
    }

    public string Notes => """
        Settings come from appsettings.json in the current directory, then from the environment
        (TIDINGS__HEARTBEATINTERVAL=00:00:30, ASPNETCORE_URLS=...), then from the command line; the later one wins.
        Exit codes: 0 stopped as told, 1 could not run, 2 a setting is wrong.
        """;

    public IReadOnlyList<string> Examples { get; } =
    [
        "tidings serve --dev",
        "tidings serve --data /var/lib/tidings",
        "PGPASSWORD=... tidings serve --log 'Host=db;Database=app;Username=tidings'",
        "tidings serve --urls 'http://127.0.0.1:8080;http://[::1]:8080'",
        "tidings serve --dev --tls",
        "tidings serve --urls https://0.0.0.0:443 --tls-cert fullchain.pem --tls-key privkey.pem",
        "tidings serve --set Tidings:HeartbeatInterval=00:00:30",
    ];

    private static KeyValuePair<string, string?> SplitSetting(string text, Action<string> complain)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0)
        {
            return new KeyValuePair<string, string?>(text[..equals], text[(equals + 1)..]);
        }

        complain($"--set takes NAME=VALUE, for example Tidings:HeartbeatInterval=00:00:30, and \"{text}\" has no name or no \"=\".");
        return default;
    }

    private List<KeyValuePair<string, string?>> SettingsOf(ParseResult parsed)
    {
        List<KeyValuePair<string, string?>> settings = [.. parsed.GetValue(_set) ?? []];
        if (parsed.GetValue(_urls) is { } urls)
        {
            settings.Add(new(ServerConfiguration.Urls, urls));
        }

        if (parsed.GetValue(_data) is { } data)
        {
            settings.Add(new(LogChoice.DirectoryKey, data));
        }

        if (parsed.GetValue(_log) is { } log)
        {
            settings.Add(new(LogChoice.Key, log));
        }

        if (parsed.GetValue(_durability) is { } durability)
        {
            settings.Add(new($"{SqliteLogOptions.SectionName}:{nameof(SqliteLogOptions.Durability)}", durability));
        }

        if (parsed.GetValue(_dev))
        {
            settings.Add(new($"{TidingsOptions.SectionName}:{nameof(TidingsOptions.Dev)}", bool.TrueString));
        }

        string? certificate = parsed.GetValue(_tlsCertificate);
        string? key = parsed.GetValue(_tlsKey);
        if (parsed.GetValue(_tls) || certificate is not null || key is not null)
        {
            settings.Add(new(TlsChoice.EnabledKey, bool.TrueString));
        }

        if (certificate is not null)
        {
            settings.Add(new(TlsChoice.CertificateFileKey, certificate));
        }

        if (key is not null)
        {
            settings.Add(new(TlsChoice.KeyFileKey, key));
        }

        return settings;
    }

    private async Task<ExitCode> RunAsync(List<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        WebApplication? app = null;
        try
        {
            app = HubServer.Build(settings);
            await app.StartAsync(cancellationToken);
        }
        catch (Exception failure) when (StartFailure.TryExplain(failure, out ExitCode code, out string? sentence))
        {
            _terminal.Complain(sentence);
            await DisposeAsync(app);
            return code;
        }

        await using (app)
        {
            await StartOutput.WriteAsync(_terminal.Output, app);
            Task<Exception> logFailed = app.Services.GetRequiredService<Broker>().LogFailed;
            Task stopping = logFailed.ContinueWith(_ => app.Lifetime.StopApplication(), TaskScheduler.Default);
            await Stopping.RunAsync(app, cancellationToken);
            if (stopping.IsCompleted)
            {
                // A hub that cannot store is of no use: whoever watches over it shall notice and start it anew.
                _terminal.Complain((await logFailed).Message);
                return ExitCode.Failure;
            }
        }

        return ExitCode.Ok;
    }

    private static ValueTask DisposeAsync(WebApplication? app) => app?.DisposeAsync() ?? ValueTask.CompletedTask;
}
