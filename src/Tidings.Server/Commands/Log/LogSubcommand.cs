using System.CommandLine;
using Microsoft.Extensions.Options;

namespace Tidings.Server;

/// <summary>What the commands of <c>tidings log</c> have in common: which log it is, and how failures are told.</summary>
internal abstract class LogSubcommand : Command, IHasExamples
{
    private readonly Option<string?> _data = new("--data")
    {
        Description = "The directory of the log.  [default: as for serve; tidings-data unless a setting says otherwise]",
        HelpName = "DIR",
    };

    protected LogSubcommand(string name, string description, Terminal terminal)
        : base(name, description)
    {
        Terminal = terminal;
        Add(_data);
        SetAction(async (parsed, cancellationToken) => (int)await RunExplainedAsync(parsed, cancellationToken));
    }

    public abstract string Notes { get; }

    public abstract IReadOnlyList<string> Examples { get; }

    protected Terminal Terminal { get; }

    /// <summary>Runs the command over the log of <paramref name="options"/>.</summary>
    protected abstract Task<ExitCode> RunAsync(ParseResult parsed, SqliteLogOptions options, CancellationToken cancellationToken);

    private async Task<ExitCode> RunExplainedAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            NativeSqlite.Use();
            return await RunAsync(parsed, ReadOptions(parsed.GetValue(_data)), cancellationToken);
        }
        catch (EventLogFullException full)
        {
            Terminal.Complain(full.Message);
            return ExitCode.Failure;
        }
        catch (Exception failure) when (StartFailure.TryExplain(failure, out ExitCode code, out string? sentence))
        {
            Terminal.Complain(sentence);
            return code;
        }
    }

    // The same sources and the same binding as the hub's, so that both mean the same log and the same retention.
    private static SqliteLogOptions ReadOptions(string? directory)
    {
        if (directory is { } given && string.IsNullOrWhiteSpace(given))
        {
            throw new SettingException("--data is empty; name the directory of the log.");
        }

        KeyValuePair<string, string?>[] commandLine = directory is null ? [] : [new(LogChoice.DirectoryKey, directory), new(LogChoice.Key, LogChoice.Disk)];
        var configuration = new ConfigurationManager();
        configuration.AddServerSources(commandLine);
        switch (LogChoice.Of(configuration))
        {
            case LogKind.Memory:
                throw new SettingException("By the settings here the hub keeps its log in memory, where no other process can see it. Name the directory of a log with --data.");
            case LogKind.Postgres:
                throw new SettingException("By the settings here the hub keeps its log in PostgreSQL, and this command is for one on disk: name its directory with --data. A log in PostgreSQL is looked into and backed up with PostgreSQL's own programs.");
        }

        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddTidings().AddSqliteLog();
        using ServiceProvider provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<SqliteLogOptions>>().Value;
    }
}
