using System.CommandLine;
using Microsoft.Extensions.Options;

namespace Tidings.Server;

/// <summary><c>tidings log migrate</c>: makes the tables of a log in PostgreSQL, or brings them up to date.</summary>
internal sealed class LogMigrateCommand : Command, IHasExamples
{
    private readonly Option<string?> _log = new("--log")
    {
        Description = "How PostgreSQL is reached.  [default: as for serve]",
        HelpName = "Host=...",
    };

    private readonly Terminal _terminal;

    public LogMigrateCommand(Terminal terminal)
        : base("migrate", "Makes the tables of a log in PostgreSQL, or brings them up to date.")
    {
        _terminal = terminal;
        Add(_log);
        SetAction(async (parsed, cancellationToken) => (int)await RunAsync(parsed.GetValue(_log), cancellationToken));
    }

    public string Notes => $"""
        A hub does this by itself when it starts, unless {PostgresLogOptions.SectionName}:{nameof(PostgresLogOptions.MigrateAtStart)} is false: then its role needs to own nothing.
        The role needs to own the schema {PostgresLogOptions.SectionName}:{nameof(PostgresLogOptions.Schema)} (default: tidings), or to be allowed to make it. It is one
        transaction: when it fails, nothing has changed. Hubs that run go on.
        Exit codes: 0 done, 1 failed, 2 wrong usage or setting.
        """;

    public IReadOnlyList<string> Examples { get; } =
    [
        "tidings log migrate --log 'Host=db;Database=app;Username=tidings_owner'",
        "PGPASSWORD=... TIDINGS__POSTGRESLOG__SCHEMA=events tidings log migrate --log 'Host=db;Database=app;Username=owner'",
    ];

    private async Task<ExitCode> RunAsync(string? log, CancellationToken cancellationToken)
    {
        try
        {
            PostgresLogOptions options = ReadOptions(log);
            options.MigrateAtStart = true;
            await using PostgresEventLog opened = await PostgresEventLog.OpenAsync(options, _terminal.Time, logger: null, cancellationToken);
            LogPosition position = await opened.GetPositionAsync(cancellationToken);
            await _terminal.Output.WriteAsync($"The log at {opened.Location} is up to date. {(position.Last < position.Floor ? "It holds no events" : $"Its events: {position.Floor} to {position.Last}")}.\n");
            return ExitCode.Ok;
        }
        catch (Exception failure) when (StartFailure.TryExplain(failure, out ExitCode code, out string? sentence))
        {
            _terminal.Complain(sentence);
            return code;
        }
    }

    private static PostgresLogOptions ReadOptions(string? log)
    {
        KeyValuePair<string, string?>[] commandLine = log is null ? [] : [new(LogChoice.Key, log)];
        var configuration = new ConfigurationManager();
        configuration.AddServerSources(commandLine);
        if (LogChoice.Of(configuration) != LogKind.Postgres)
        {
            throw new SettingException("By the settings here the hub keeps its log elsewhere. Say how PostgreSQL is reached: --log \"Host=db;Database=app;Username=tidings\".");
        }

        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        LogChoice.AddPostgres(services.AddTidings(), configuration);
        using ServiceProvider provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<PostgresLogOptions>>().Value;
    }
}
