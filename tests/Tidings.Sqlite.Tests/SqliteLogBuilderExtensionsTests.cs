using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tidings.Sqlite.Tests;

public sealed class SqliteLogBuilderExtensionsTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_log_of_an_app_is_the_one_in_the_directory_that_was_named()
    {
        await using ServiceProvider services = Build(new() { ["Tidings:SqliteLog:Directory"] = "elsewhere" });

        Assert.IsType<SqliteEventLog>(services.GetRequiredService<IEventLog>());
        Assert.True(File.Exists(_directory.Database));
    }

    [Fact]
    public async Task Settings_come_from_the_configuration()
    {
        await using ServiceProvider services = Build(new()
        {
            ["Tidings:SqliteLog:Durability"] = "Os",
            ["Tidings:SqliteLog:MaxReaders"] = "9",
            ["Tidings:SqliteLog:IdempotencyWindow"] = "01:00:00",
            ["Tidings:SqliteLog:Retention:MaxAge"] = "7.00:00:00",
            ["Tidings:SqliteLog:TopicRetention:0:Matcher"] = "prices",
            ["Tidings:SqliteLog:TopicRetention:0:Keep"] = "Latest",
            ["Tidings:SqliteLog:TopicRetention:1:Matcher"] = "*",
            ["Tidings:SqliteLog:TopicRetention:1:MaxEvents"] = "10",
        });

        SqliteLogOptions options = services.GetRequiredService<IOptions<SqliteLogOptions>>().Value;

        Assert.Equal((Durability.Os, 9, TimeSpan.FromHours(1)), (options.Durability, options.MaxReaders, options.IdempotencyWindow));
        Assert.Equal(TimeSpan.FromDays(7), options.Retention.MaxAge);
        Assert.Equal([("prices", Keep.Latest, null), ("*", Keep.All, 10L)], options.TopicRetention.Select(entry => (entry.Matcher, entry.Keep, entry.MaxEvents)));
        Assert.Equal(Durability.Os, services.GetRequiredService<IEventLog>().Durability);
    }

    [Theory]
    [InlineData("MaxReaders", "0", "Tidings:SqliteLog:MaxReaders is 0; it must be from 1 to 64.")]
    [InlineData("TopicRetention:0:MaxEvents", "-1", "Tidings:SqliteLog:TopicRetention:0:Matcher is \"\".")]
    public async Task A_bad_setting_stops_the_start_with_its_name(string name, string value, string expected)
    {
        await using ServiceProvider services = Build(new() { [$"Tidings:SqliteLog:{name}"] = value });

        OptionsValidationException stopped = Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);

        Assert.Contains(expected, stopped.Message, StringComparison.Ordinal);
    }

    private ServiceProvider Build(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddLogging();
        services.AddTidings().AddSqliteLog(_directory.Path);
        return services.BuildServiceProvider();
    }
}
