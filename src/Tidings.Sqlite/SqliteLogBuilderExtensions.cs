using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tidings;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps the log of an app on disk.</summary>
public static class SqliteLogBuilderExtensions
{
    /// <summary>
    /// Keeps the log in <paramref name="directory"/> instead of in memory. Other settings come from the configuration section <c>Tidings:SqliteLog</c>. The app
    /// references a package that brings SQLite itself, such as <c>SQLitePCLRaw.bundle_e_sqlite3</c>.
    /// </summary>
    public static ITidingsBuilder AddSqliteLog(this ITidingsBuilder builder, string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        return builder.AddSqliteLog(options => options.Directory = directory);
    }

    /// <summary>
    /// Keeps the log on disk instead of in memory. Settings come from the configuration section <c>Tidings:SqliteLog</c>, then from
    /// <paramref name="configure"/>; a bad one stops the start. The app references a package that brings SQLite itself, such as <c>SQLitePCLRaw.bundle_e_sqlite3</c>.
    /// </summary>
    public static ITidingsBuilder AddSqliteLog(this ITidingsBuilder builder, Action<SqliteLogOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        OptionsBuilder<SqliteLogOptions> options = builder.Services.AddOptions<SqliteLogOptions>().BindConfiguration(SqliteLogOptions.SectionName).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqliteLogOptions>, SqliteLogOptionsValidator>());
        builder.Services.Replace(ServiceDescriptor.Singleton<IEventLog>(static provider => SqliteEventLog.Open(
            provider.GetRequiredService<IOptions<SqliteLogOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SqliteEventLog>>())));
        return builder;
    }
}
