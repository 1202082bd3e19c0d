using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Tidings.Postgres.Tests;

public sealed class OpeningTests(SharedServer shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_that_start_together_make_one_log()
    {
        PostgresLogOptions options = shared.NewLog();

        TestNode[] nodes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TestNode.StartAsync(options)));

        Assert.All(nodes, node => Assert.Equal(nodes[0].Log.IdKey.ToArray(), node.Log.IdKey.ToArray()));
        foreach (TestNode node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_log_that_may_not_be_made_at_the_start_is_asked_for()
    {
        PostgresLogOptions options = shared.NewLog();
        options.MigrateAtStart = false;

        EventLogException refused = await Assert.ThrowsAsync<EventLogException>(() => TestNode.StartAsync(options));

        Assert.Equal($"There is no log in the schema \"{options.Schema}\" of 127.0.0.1/postgres. Make it with \"tidings log migrate\".", refused.Message);
    }

    [Fact]
    public async Task A_log_that_was_made_is_opened_without_the_right_to_make_it()
    {
        PostgresLogOptions options = shared.NewLog();
        await using (TestNode owner = await TestNode.StartAsync(options))
        {
            await owner.ExecuteAsync(
                $"CREATE ROLE {options.Schema}_hub LOGIN; GRANT USAGE ON SCHEMA {{schema}} TO {options.Schema}_hub; GRANT ALL ON ALL TABLES IN SCHEMA {{schema}} TO {options.Schema}_hub; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {{schema}} TO {options.Schema}_hub");
        }

        options.MigrateAtStart = false;
        options.ConnectionString = shared.Server.ConnectionString(user: $"{options.Schema}_hub");
        await using TestNode node = await TestNode.StartAsync(options);
        await node.AppendAsync("a");

        Assert.Equal(["a"], await node.StoredAsync());
    }

    [Fact]
    public async Task A_role_that_owns_the_schema_alone_makes_the_log()
    {
        PostgresLogOptions options = shared.NewLog();
        await using (var connection = new NpgsqlConnection(options.ConnectionString))
        {
            await connection.OpenAsync(Cancellation);
            await using var create = new NpgsqlCommand($"CREATE ROLE {options.Schema}_owner LOGIN; CREATE SCHEMA {options.Schema} AUTHORIZATION {options.Schema}_owner", connection);
            await create.ExecuteNonQueryAsync(Cancellation);
        }

        options.ConnectionString = shared.Server.ConnectionString(user: $"{options.Schema}_owner");
        await using TestNode node = await TestNode.StartAsync(options);
        await node.AppendAsync("a");

        Assert.Equal(["a"], await node.StoredAsync());
    }

    [Fact]
    public async Task A_log_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options);
        await node.ExecuteAsync("INSERT INTO {schema}.version VALUES (1000)");

        EventLogException refused = await Assert.ThrowsAsync<EventLogException>(() => TestNode.StartAsync(options));

        Assert.Contains("was written by a newer version of Tidings (its tables are 1000", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_told_in_a_sentence_without_a_password()
    {
        PostgresLogOptions options = shared.NewLog();
        options.ConnectionString = "Host=127.0.0.1;Port=1;Database=x;Username=y;Password=secret";

        EventLogException failure = await Assert.ThrowsAsync<EventLogException>(() => TestNode.StartAsync(options));

        Assert.StartsWith("PostgreSQL (127.0.0.1/x) does not answer: ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_refuses_is_told_in_a_sentence()
    {
        PostgresLogOptions options = shared.NewLog();
        options.ConnectionString = shared.Server.ConnectionString(database: "nowhere");

        EventLogException failure = await Assert.ThrowsAsync<EventLogException>(() => TestNode.StartAsync(options));

        Assert.Contains("database \"nowhere\" does not exist", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", Durability.Disk)]
    [InlineData("-c synchronous_commit=local", Durability.Disk)]
    [InlineData("-c synchronous_commit=off", Durability.Process)]
    public async Task The_durability_told_is_what_the_database_does(string settings, Durability durability)
    {
        PostgresLogOptions options = shared.NewLog();
        options.ConnectionString += settings.Length == 0 ? "" : $";Options={settings}";

        await using TestNode node = await TestNode.StartAsync(options);

        Assert.Equal(durability, node.Log.Durability);
        Assert.Matches("^PostgreSQL [0-9.]+, synchronous_commit (on|local|off), no replica$", node.Log.Server);
    }

    [Fact]
    public async Task A_database_of_another_encoding_is_refused()
    {
        PostgresLogOptions options = shared.NewLog();
        await using (TestNode node = await TestNode.StartAsync(options))
        {
            await node.ExecuteAsync("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
        }

        options.ConnectionString = shared.Server.ConnectionString(database: "latin");
        EventLogException refused = await Assert.ThrowsAsync<EventLogException>(() => TestNode.StartAsync(options));

        Assert.Equal("The database's encoding is LATIN1, and events are UTF-8. Use a database that was made with ENCODING 'UTF8'.", refused.Message);
    }

    [Fact]
    public async Task A_role_whose_transactions_are_of_a_higher_level_by_default_works_all_the_same()
    {
        PostgresLogOptions options = shared.NewLog();
        options.ConnectionString += ";Options=-c default_transaction_isolation=serializable";
        await using TestNode one = await TestNode.StartAsync(options);
        await using TestNode two = await TestNode.StartAsync(options);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => (number % 2 == 0 ? one : two)).Chunk(2).SelectMany(pair => pair.Select(node => node.PublishAsync("x"))));

        Assert.Equal(20, (await one.StoredAsync()).Length);
    }

    [Theory]
    [InlineData("ConnectionString", "", "ConnectionString is empty; say how the database is reached, for example \"Host=localhost;Database=app;Username=tidings\".")]
    [InlineData("Schema", "My Schema", "Schema is \"My Schema\"; it must be 1 to 40 lower-case letters, digits and underscores, and not begin with a digit or \"pg_\".")]
    [InlineData("Schema", "x;drop", "Schema is \"x;drop\"; it must be 1 to 40 lower-case letters, digits and underscores, and not begin with a digit or \"pg_\".")]
    [InlineData("PollInterval", "00:00:00.001", "PollInterval is 00:00:00.0010000; it must be from 10 ms to 1 min.")]
    [InlineData("CommandTimeout", "00:00:00", "CommandTimeout is 00:00:00; it must be from 1 s to 10 min.")]
    [InlineData("AppendTimeout", "-00:00:01", "AppendTimeout is -00:00:01; it must be from 0 to 10 min.")]
    [InlineData("MaxConnections", "3", "MaxConnections is 3; it must be from 4 to 1,000.")]
    [InlineData("MaxIdempotencyKeys", "-1", "MaxIdempotencyKeys is -1; it must be at least 0.")]
    [InlineData("IdempotencyWindow", "366.00:00:00", "IdempotencyWindow is 366.00:00:00; it must be from 0 to 365 days.")]
    [InlineData("Retention:MaxEvents", "-1", "Retention:MaxEvents is -1; it must be at least 0.")]
    public void A_setting_out_of_its_range_is_named_with_its_value_and_the_range(string name, string value, string complaint)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Tidings:PostgresLog:ConnectionString"] = "Host=x",
            [$"Tidings:PostgresLog:{name}"] = value,
        }).Build());
        services.AddTidings().AddPostgresLog();
        using ServiceProvider provider = services.BuildServiceProvider();

        OptionsValidationException invalid = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IEventLog>());

        Assert.Equal($"Tidings:PostgresLog:{complaint}", Assert.Single(invalid.Failures));
    }
}
