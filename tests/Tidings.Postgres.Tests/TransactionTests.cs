using System.Data;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Tidings.Postgres.Tests;

/// <summary>Events that are published in a transaction of the app's own.</summary>
public sealed class TransactionTests(SharedServer shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_exists_when_its_transaction_commits_and_not_before()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options);
        await using Subscriber subscriber = await node.SubscribeAsync();
        await using NpgsqlConnection connection = await node.ConnectAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(Cancellation);

        await transaction.PublishAsync("news", new ServerEvent("a"), schema: options.Schema, cancellationToken: Cancellation);
        await node.PublishAsync("b");
        Assert.Equal(["b"], await node.StoredAsync());
        await transaction.CommitAsync(Cancellation);

        Assert.Equal(["b", "a"], await node.StoredAsync());
        Assert.Equal(["b", "a"], await subscriber.ReadTextsAsync(2));
    }

    [Fact]
    public async Task An_event_whose_transaction_is_rolled_back_never_existed_and_leaves_no_hole()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options);
        await using NpgsqlConnection connection = await node.ConnectAsync();
        await using (NpgsqlTransaction transaction = await connection.BeginTransactionAsync(Cancellation))
        {
            await transaction.PublishAsync("news", new ServerEvent("a"), schema: options.Schema, cancellationToken: Cancellation);
            await transaction.RollbackAsync(Cancellation);
        }

        await node.PublishAsync("b");

        LogPage page = await node.Log.ReadAsync(0, TestNode.Everything, Cancellation);
        Assert.Equal([1L], page.Events.Select(logged => logged.Sequence));
        Assert.Equal(0L, await node.ExecuteAsync("SELECT count(*) FROM {schema}.outbox"));
    }

    [Fact]
    public async Task What_was_published_since_a_savepoint_goes_with_it()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options);
        await using NpgsqlConnection connection = await node.ConnectAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(Cancellation);

        await transaction.PublishAsync("news", new ServerEvent("a"), schema: options.Schema, cancellationToken: Cancellation);
        await transaction.SaveAsync("here", Cancellation);
        await transaction.PublishAsync("news", new ServerEvent("b"), schema: options.Schema, cancellationToken: Cancellation);
        await transaction.RollbackAsync("here", Cancellation);
        await transaction.SaveAsync("there", Cancellation);
        await transaction.PublishAsync("news", new ServerEvent("c"), schema: options.Schema, cancellationToken: Cancellation);
        await transaction.ReleaseAsync("there", Cancellation);
        await transaction.CommitAsync(Cancellation);

        Assert.Equal(["a", "c"], await node.StoredAsync());
    }

    [Fact]
    public async Task The_order_is_that_of_the_commits_whoever_published_first()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options);
        await using NpgsqlConnection slow = await node.ConnectAsync();
        await using NpgsqlConnection quick = await node.ConnectAsync();
        await using NpgsqlTransaction late = await slow.BeginTransactionAsync(Cancellation);
        await late.PublishAsync("news", new ServerEvent("late"), schema: options.Schema, cancellationToken: Cancellation);

        await using (NpgsqlTransaction early = await quick.BeginTransactionAsync(Cancellation))
        {
            await early.PublishAsync("news", new ServerEvent("early"), schema: options.Schema, cancellationToken: Cancellation);
            await early.CommitAsync(Cancellation);
        }

        await late.CommitAsync(Cancellation);

        Assert.Equal(["early", "late"], await node.StoredAsync());
    }

    [Fact]
    public async Task Many_transactions_and_nodes_at_once_make_one_order_without_holes()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode one = await TestNode.StartAsync(options);
        await using TestNode two = await TestNode.StartAsync(options);
        await using Subscriber first = await one.SubscribeAsync();
        await using Subscriber second = await two.SubscribeAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            await using NpgsqlConnection connection = await one.ConnectAsync();
            for (int i = 0; i < 10; i++)
            {
                if (writer % 2 == 0)
                {
                    await one.ExecuteAsync(connection, $"SELECT {{schema}}.publish('news', '{writer}.{i}.a'), {{schema}}.publish('news', '{writer}.{i}.b')");
                }
                else
                {
                    await (i % 2 == 0 ? one : two).PublishAsync($"{writer}.{i}.a");
                    await (i % 2 == 0 ? two : one).PublishAsync($"{writer}.{i}.b");
                }
            }
        })));

        string[] told = await first.ReadTextsAsync(160);
        Assert.Equal(told, await second.ReadTextsAsync(160));
        Assert.Equal(160, told.Distinct().Count());
        Assert.All(told.GroupBy(text => text[0]), writer => Assert.Equal(writer.Order(StringComparer.Ordinal), writer));
        Assert.Equal(Enumerable.Range(1, 160).Select(number => (long)number), (await one.Log.ReadAsync(0, TestNode.Everything, Cancellation)).Events.Select(logged => logged.Sequence));
    }

    [Theory]
    [InlineData(IsolationLevel.RepeatableRead)]
    [InlineData(IsolationLevel.Serializable)]
    public async Task A_transaction_of_a_higher_level_is_refused_at_once(IsolationLevel level)
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options);
        await using NpgsqlConnection connection = await node.ConnectAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(level, Cancellation);

        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(
            () => transaction.PublishAsync("news", new ServerEvent("a"), schema: options.Schema, cancellationToken: Cancellation));

        Assert.Contains("READ COMMITTED", refused.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_needs_the_right_to_use_the_schema_and_no_other()
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options);
        await node.ExecuteAsync($"CREATE ROLE {options.Schema}_app LOGIN; GRANT USAGE ON SCHEMA {{schema}} TO {options.Schema}_app");
        await using NpgsqlConnection connection = await node.ConnectAsync($"{options.Schema}_app");

        await node.ExecuteAsync(connection, "SELECT {schema}.publish('news', 'a')");

        Assert.Equal(["a"], await node.StoredAsync());
        foreach (string forbidden in (string[])["SELECT * FROM {schema}.event", "SELECT id_key FROM {schema}.log", "SELECT {schema}.fork(1, 2, 3)", "SELECT {schema}.retain(NULL, 0, 0, 1)", "INSERT INTO {schema}.outbox DEFAULT VALUES"])
        {
            PostgresException refused = await Assert.ThrowsAsync<PostgresException>(() => node.ExecuteAsync(connection, forbidden));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [Theory]
    [InlineData("''", "a topic cannot be empty")]
    [InlineData("NULL", "a topic cannot be empty")]
    [InlineData("'*'", "a topic cannot be \"*\", which stands for every topic")]
    [InlineData("E'a\\nb'", "a topic cannot hold control or format characters")]
    [InlineData("repeat('x', 4097)", "a topic cannot be longer than 4096 bytes")]
    [InlineData("'news', type => 'mercure'", "an event type cannot be \"mercure\" or begin with \"tidings-\": the hub alone sends those")]
    [InlineData("'news', type => 'tidings-gap'", "an event type cannot be \"mercure\" or begin with \"tidings-\": the hub alone sends those")]
    [InlineData("'news', type => E'a\\rdata: b'", "an event type cannot hold control or format characters")]
    [InlineData("'news', id => '#x'", "an event id cannot be \"earliest\" or begin with \"#\": those mean something to the protocol")]
    [InlineData("'news', id => E'\\u200b'", "an event id cannot hold control or format characters")]
    [InlineData("'news', retry => -1", "a reconnection time cannot be negative; it is in milliseconds")]
    [InlineData("'news', alternates => ARRAY['a', '*']", "a topic cannot be \"*\", which stands for every topic")]
    public async Task What_cannot_be_an_event_is_refused(string arguments, string complaint)
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        string topic = arguments.Split(", ", 2)[0];
        string others = arguments.Contains("=>", StringComparison.Ordinal) ? $", {arguments.Split(", ", 2)[1]}" : "";

        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(() => node.ExecuteAsync(
            topic == "'news'" || others.Length == 0 ? $"SELECT {{schema}}.publish({(others.Length == 0 ? arguments : topic)}, 'a'{others})" : throw new InvalidOperationException()));

        Assert.Equal($"tidings: {complaint}", refused.MessageText);
    }

    [Fact]
    public async Task The_database_refuses_the_same_characters_as_the_hub()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await using NpgsqlConnection connection = await node.ConnectAsync();
        await using var ask = new NpgsqlCommand(
            $"SELECT c FROM generate_series(1, 1114111) c WHERE c NOT BETWEEN 55296 AND 57343 AND {{schema}}.complaint(chr(c), 255) IS NOT NULL ORDER BY c".Replace("{schema}", node.Schema, StringComparison.Ordinal), connection);
        var refused = new List<int>();
        await using (NpgsqlDataReader reader = await ask.ExecuteReaderAsync(Cancellation))
        {
            while (await reader.ReadAsync(Cancellation))
            {
                refused.Add(reader.GetInt32(0));
            }
        }

        int[] expected = [.. Enumerable.Range(1, 0x10FFFF).Where(Rune.IsValid).Where(value => Rune.GetUnicodeCategory(new Rune(value)) is UnicodeCategory.Control or UnicodeCategory.Format)];
        Assert.Equal(expected, refused);
    }

    [Theory]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("a\nb")]
    [InlineData("a\r\nb\rc\n\nd\r")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData(" leading\ndata: forged\nid: forged")]
    [InlineData("Österreich 🚀 \\ ' \\n &")]
    [InlineData(null)]
    public async Task The_bytes_are_those_that_the_hub_would_send(string? data)
    {
        PostgresLogOptions options = shared.NewLog();
        await using TestNode node = await TestNode.StartAsync(options);
        var published = new ServerEvent(data, type: "price", id: "mine") { Retry = TimeSpan.FromMilliseconds(1500) };
        await using NpgsqlConnection connection = await node.ConnectAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(Cancellation);

        await transaction.PublishAsync(["news", "other/ö"], published, EventAudience.Granted, options.Schema, Cancellation);
        await transaction.CommitAsync(Cancellation);

        PendingEvent stored = Assert.Single((await node.Log.ReadAsync(0, TestNode.Everything, Cancellation)).Events).Content;
        Assert.Equal(SseFrame.EncodeBody(published).ToArray(), stored.Body.ToArray());
        Assert.Equal(["news", "other/ö"], stored.Topics.ToArray());
        Assert.Equal("mine", stored.PublisherId?.Value);
        Assert.True(stored.IsPrivate);
        Assert.InRange(stored.Tag, 1UL, EventIdCodec.TagMask);
        Assert.InRange(stored.PublishedAt, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(5));
    }
}
