using Tidings;

namespace Showcase;

/// <summary>
/// Where the programs keep what survives a restart: the directory of the setting <c>Showcase:Data</c>, by default <c>tidings-data</c> beside the sources. The log of all events
/// is in it, and a file for each state.
/// </summary>
internal static class Storage
{
    private const string DefaultDirectory = "tidings-data";

    /// <summary>Adds Tidings with a log on disk. <paramref name="rules"/>: what is kept of some topics; of all together, 256 MiB.</summary>
    public static void AddTidingsOnDisk(this WebApplicationBuilder builder, params TopicRetention[] rules)
    {
        // Dev mode lets programs and pages of this machine publish at the hub without a token. This app listens to nobody else.
        builder.Services.AddTidings(options => options.Dev = true).AddSqliteLog(options =>
        {
            options.Directory = Path.Combine(DirectoryOf(builder.Configuration, builder.Environment), "log");
            options.Retention.MaxBytes = 256 * 1024 * 1024;
            foreach (TopicRetention rule in rules)
            {
                options.TopicRetention.Add(rule);
            }
        });
    }

    /// <summary>Adds a state that is saved, and told under the topic <paramref name="name"/>; <paramref name="first"/> is what it is in the beginning.</summary>
    public static void AddLiveState<T>(this IServiceCollection services, string name, T first)
        where T : class
    {
        services.AddSingleton(provider => new LiveState<T>(
            name,
            first,
            Path.Combine(DirectoryOf(provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<IWebHostEnvironment>()), $"{name}.json"),
            provider.GetRequiredService<Broker>(),
            provider.GetRequiredService<ILogger<LiveState<T>>>()));
        services.AddHostedService(provider => provider.GetRequiredService<LiveState<T>>());
    }

    private static string DirectoryOf(IConfiguration configuration, IWebHostEnvironment environment)
    {
        string directory = Path.Combine(environment.ContentRootPath, configuration["Showcase:Data"] ?? DefaultDirectory);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return directory;
    }
}
