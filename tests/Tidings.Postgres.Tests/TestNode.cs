using System.Text;
using Npgsql;
using Tidings.Testing;

namespace Tidings.Postgres.Tests;

/// <summary>One node: a log of its own over the shared schema and, when somebody asks for it, a broker.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    /// <summary>A statement that ends the connections of all nodes of this schema, as a restart of the database does.</summary>
    public const string BreakConnections = @"SELECT pg_terminate_backend(pid, 120000) FROM pg_stat_activity WHERE application_name = 'tidings' AND query ~ '\m{schema}\M'";

    public static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);

    private readonly PostgresLogOptions _options;
    private Broker? _broker;

    private TestNode(PostgresLogOptions options, PostgresEventLog log)
    {
        _options = options;
        Log = log;
    }

    public PostgresEventLog Log { get; }

    public string Schema => _options.Schema;

    /// <summary>With a ring that holds next to nothing, so that whoever comes back reads from the log.</summary>
    public Broker Broker => _broker ??= new Broker(new BrokerOptions { RingEvents = 1 }, Log, TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="options">The settings of its log.</param>
    /// <param name="clock">Its clock; where that stands still nothing is tidied up but what the test asks for.</param>
    public static async Task<TestNode> StartAsync(PostgresLogOptions options, TimeProvider? clock = null) =>
        new(options, await PostgresEventLog.OpenAsync(options, clock ?? TimeProvider.System, cancellationToken: Cancellation));

    public static PendingEvent Event(string data, string topic = "news", ulong tag = 1, string? publisherId = null) =>
        new([topic], Encoding.UTF8.GetBytes($"data: {data}\n"), tag, TimeProvider.System.GetUtcNow(), isPrivate: false, publisherId is null ? null : SseId.Of(publisherId));

    public async Task<IReadOnlyList<AppendResult>> AppendAsync(params string[] data) =>
        await Log.AppendAsync([.. data.Select(one => Event(one))], Cancellation);

    public async Task<SseId> PublishAsync(string data) => await Broker.PublishAsync("news", data, Cancellation);

    public async Task<Subscriber> SubscribeAsync(StartAt startAt = default, AfterGap afterGap = AfterGap.Live)
    {
        Assert.True(TopicMatcher.TryParse("*", out TopicMatcher? all, out _));
        return await Broker.SubscribeAsync(new SubscribeOptions(all) { StartAt = startAt, AfterGap = afterGap }, Cancellation);
    }

    public async Task<string[]> StoredAsync() =>
        [.. (await Log.ReadAsync(0, Everything, Cancellation)).Events.Select(logged => Assert.Single(FrameDecoder.Decode(SseFrame.Complete(logged.Content.Body, id: default(SseId?)).Span)).Data)];

    /// <summary>A connection that is no node's.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(string? user = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(_options.ConnectionString) { ApplicationName = "test", Pooling = false, Username = user ?? PostgresServer.User };
        settings.Host = settings.Host!.Split(',')[0];
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    /// <summary>Runs a statement, in which <c>{schema}</c> stands for the schema, over a connection of its own.</summary>
    public async Task<object?> ExecuteAsync(string sql)
    {
        await using NpgsqlConnection connection = await ConnectAsync();
        return await ExecuteAsync(connection, sql);
    }

    public async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql, NpgsqlTransaction? transaction = null)
    {
        await using var command = new NpgsqlCommand(sql.Replace("{schema}", _options.Schema, StringComparison.Ordinal), connection, transaction);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        await Log.DisposeAsync();
    }
}

/// <summary>Events of other kinds.</summary>
internal static class TestEvents
{
    public static PendingEvent LiveOnly(this PendingEvent pending) =>
        new(pending.Topics, pending.Body, pending.Tag, pending.PublishedAt, pending.IsPrivate, pending.PublisherId) { IsLiveOnly = true };
}
