namespace Tidings.Server;

/// <summary>Where the hub keeps its log: on disk, unless it is told otherwise or runs for development only.</summary>
internal static class LogChoice
{
    /// <summary>The setting that <c>--log</c> sets.</summary>
    public const string Key = "Tidings:Log";

    /// <summary>The setting that <c>--data</c> sets.</summary>
    public const string DirectoryKey = $"{SqliteLogOptions.SectionName}:{nameof(SqliteLogOptions.Directory)}";

    public const string Memory = "memory";
    public const string Disk = "disk";

    /// <summary>Says whether the log is on disk.</summary>
    /// <exception cref="SettingException">The settings contradict each other, or name no log.</exception>
    public static bool IsOnDisk(IConfiguration configuration)
    {
        string? directory = configuration[DirectoryKey];
        bool isDev = configuration.GetValue<bool>($"{TidingsOptions.SectionName}:{nameof(TidingsOptions.Dev)}");
        switch (configuration[Key]?.ToLowerInvariant())
        {
            case null:
                return !isDev || directory is not null;
            case Disk:
                return true;
            case Memory when directory is not null:
                throw new SettingException($"The log is to be kept in memory, and in the directory \"{directory}\". Leave out --log memory, or --data.");
            case Memory:
                return false;
            case { } other:
                throw new SettingException($"{Key} is \"{other}\", and the log can be kept on {Disk} or in {Memory}.");
        }
    }
}
