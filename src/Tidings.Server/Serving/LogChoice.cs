namespace Tidings.Server;

/// <summary>Where a hub keeps its log.</summary>
internal enum LogKind
{
    Memory,
    Disk,
    Postgres,
}

/// <summary>Where the hub keeps its log: on disk, unless it is told otherwise or runs for development only.</summary>
internal static class LogChoice
{
    /// <summary>The setting that <c>--log</c> sets.</summary>
    public const string Key = "Tidings:Log";

    /// <summary>The setting that <c>--data</c> sets.</summary>
    public const string DirectoryKey = $"{SqliteLogOptions.SectionName}:{nameof(SqliteLogOptions.Directory)}";

    public const string Memory = "memory";
    public const string Disk = "disk";
    public const string Postgres = "postgres";

    private const string ConnectionKey = $"{PostgresLogOptions.SectionName}:{nameof(PostgresLogOptions.ConnectionString)}";

    /// <summary>Says where the log is.</summary>
    /// <exception cref="SettingException">The settings contradict each other, or name no log.</exception>
    public static LogKind Of(IConfiguration configuration)
    {
        string? directory = configuration[DirectoryKey];
        bool isDev = configuration.GetValue<bool>($"{TidingsOptions.SectionName}:{nameof(TidingsOptions.Dev)}");
        switch (configuration[Key])
        {
            case null:
                return configuration[ConnectionKey] is not null ? LogKind.Postgres : !isDev || directory is not null ? LogKind.Disk : LogKind.Memory;
            case { } text when text.Equals(Disk, StringComparison.OrdinalIgnoreCase):
                return LogKind.Disk;
            case { } text when text.Equals(Memory, StringComparison.OrdinalIgnoreCase):
                return directory is null ? LogKind.Memory : throw Contradiction("in memory", "memory", directory);
            case { } text when text.Equals(Postgres, StringComparison.OrdinalIgnoreCase) || IsConnection(text):
                return directory is null ? LogKind.Postgres : throw Contradiction("in PostgreSQL", IsConnection(text) ? "\"Host=...\"" : Postgres, directory);
            case { } other:
                throw new SettingException(
                    $"{Key} is \"{other}\", and the log can be kept on {Disk}, in {Memory}, or in PostgreSQL, by how that is reached: \"Host=db;Database=app;Username=tidings\".");
        }
    }

    /// <summary>Adds the log in PostgreSQL, which is reached as <c>--log</c> says, if it does, and as the settings say otherwise.</summary>
    public static void AddPostgres(ITidingsBuilder tidings, IConfiguration configuration)
    {
        string? connection = configuration[Key] is { } text && IsConnection(text) ? text : null;
        tidings.AddPostgresLog(options => options.ConnectionString = connection ?? options.ConnectionString);
    }

    // Npgsql's form: anything else that --log takes is a word.
    private static bool IsConnection(string text) => text.Contains('=', StringComparison.Ordinal);

    private static SettingException Contradiction(string where, string option, string directory) =>
        new($"The log is to be kept {where}, and in the directory \"{directory}\". Leave out --log {option}, or --data.");
}
