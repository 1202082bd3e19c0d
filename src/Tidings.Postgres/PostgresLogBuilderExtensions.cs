using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tidings;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps the log of an app in PostgreSQL, where other nodes share it.</summary>
public static class PostgresLogBuilderExtensions
{
    /// <summary>
    /// Keeps the log in the database that <paramref name="connectionString"/> leads to, instead of in memory. Other settings come from the configuration section <c>Tidings:PostgresLog</c>.
    /// </summary>
    public static ITidingsBuilder AddPostgresLog(this ITidingsBuilder builder, string connectionString)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        return builder.AddPostgresLog(options => options.ConnectionString = connectionString);
    }

    /// <summary>
    /// Keeps the log in PostgreSQL instead of in memory. Settings come from the configuration section <c>Tidings:PostgresLog</c>, then from <paramref name="configure"/>; a bad one stops the start, and so
    /// does a database that cannot be reached.
    /// </summary>
    public static ITidingsBuilder AddPostgresLog(this ITidingsBuilder builder, Action<PostgresLogOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        OptionsBuilder<PostgresLogOptions> options = builder.Services.AddOptions<PostgresLogOptions>().BindConfiguration(PostgresLogOptions.SectionName).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostgresLogOptions>, PostgresLogOptionsValidator>());
        builder.Services.TryAddSingleton(static provider => Open(
            provider.GetRequiredService<IOptions<PostgresLogOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PostgresEventLog>>()));
        builder.Services.Replace(ServiceDescriptor.Singleton<IEventLog>(static provider => provider.GetRequiredService<PostgresEventLog>()));
        builder.Services.TryAddSingleton(static provider => provider.GetRequiredService<PostgresEventLog>().NodeEntries);
        return builder;
    }

    // Services are made without awaiting; on a thread of the pool nothing can wait for this one.
    private static PostgresEventLog Open(PostgresLogOptions options, TimeProvider timeProvider, ILogger<PostgresEventLog> logger) =>
        Task.Run(() => PostgresEventLog.OpenAsync(options, timeProvider, logger)).GetAwaiter().GetResult();
}
