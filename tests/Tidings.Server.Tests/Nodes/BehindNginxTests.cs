using System.Net;
using Npgsql;
using Tidings.Testing;

namespace Tidings.Server.Tests.Nodes;

/// <summary>Three hubs, PostgreSQL and nginx as <c>deploy/compose.yaml</c> puts them together.</summary>
public sealed class BehindNginxTests
{
    private const int Streams = 9;

    [Fact]
    public async Task When_one_of_three_hubs_is_killed_its_streams_go_on_at_the_others_and_nobody_misses_anything()
    {
        await using ComposedNodes nodes = await ComposedNodes.StartAsync();
        using HttpClient client = nodes.NewClient();
        string publisher = nodes.Token("publisher");
        (HttpStatusCode status, string first) = await Probe.PublishAsync(client, nodes.Hub, "orders/7", "1", publisher);
        Assert.True(status == HttpStatusCode.OK, first);
        TestStream[] streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => OpenAsync(nodes, "last_event_id=earliest")));
        await Task.WhenAll(streams.Select(stream => stream.ReadEventsAsync(1)));
        Task<bool>[] reading = [.. streams.Select(GetsSecondAsync)];

        nodes.Hubs[0].Signal("KILL");
        await nodes.Hubs[0].EndAsync(); // from then on nginx knows that all connections to it are gone; what it sends over one of them is not sent again
        Task<bool> cut = await Task.WhenAny(reading);
        Assert.False(await cut);
        (status, string second) = await Probe.PublishAsync(client, nodes.Hub, "orders/7", "2", publisher);
        Assert.True(status == HttpStatusCode.OK, second);

        bool[] stayed = await Task.WhenAll(reading);
        Assert.Equal(Streams - (Streams / 3), stayed.Count(isThere => isThere)); // least_conn had spread them evenly
        for (int i = 0; i < Streams; i++)
        {
            if (stayed[i])
            {
                Assert.Equal([("1", first), ("2", second)], streams[i].Events.Select(received => (received.Data, received.LastEventId)));
            }
            else
            {
                await using TestStream again = await OpenAsync(nodes, $"last_event_id={Uri.EscapeDataString(first)}");
                Assert.Equal(new DecodedEvent("message", "2", second), Assert.Single(await again.ReadEventsAsync(1)));
            }

            await streams[i].DisposeAsync();
        }

        Assert.NotEqual(0, await nodes.CheckHealthAsync(0));
        await nodes.WaitUntilHealthyAsync(1);
        await AllHubsGoneAsync(nodes, client, publisher);
    }

    [Fact]
    public async Task The_role_of_apps_publishes_and_can_do_nothing_else_and_that_of_hubs_makes_no_tables()
    {
        await using ComposedNodes nodes = await ComposedNodes.StartAsync();
        await using TestStream stream = await OpenAsync(nodes, "last_event_id=earliest");
        await ExecuteAsync(nodes, "app", "SELECT tidings.publish('orders/7', 'paid', private => true)");
        Assert.Equal("paid", Assert.Single(await stream.ReadEventsAsync(1)).Data);

        string[] forbidden =
        [
            "SELECT * FROM tidings.event", "SELECT * FROM tidings.outbox", "INSERT INTO tidings.outbox (published_at, is_private, topics, body) VALUES (1, false, 'a', '')", "UPDATE tidings.log SET floor = 0",
            "SELECT tidings.retain(NULL, 0, 0, 1)", "SELECT tidings.fork(1, 2, 3)", "CREATE TABLE tidings.own (id int)",
        ];
        foreach (string sql in forbidden)
        {
            PostgresException refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(nodes, "app", sql));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }

        PostgresException noTable = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(nodes, "hub", "CREATE TABLE tidings.own (id int)"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, noTable.SqlState);
    }

    // What a browser takes for an error would end its EventSource for good.
    private static async Task AllHubsGoneAsync(ComposedNodes nodes, HttpClient client, string publisher)
    {
        nodes.Hubs[1].Signal("KILL");
        nodes.Hubs[2].Signal("KILL");
        await using TestStream stream = await OpenAsync(nodes, "");
        await stream.ReadToEndAsync();
        Assert.Equal((HttpStatusCode.OK, "retry: 5000\n\n"), (stream.Response.StatusCode, stream.Text));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Probe.PublishAsync(client, nodes.Hub, "orders/7", "3", publisher)).Status);
    }

    private static Task<TestStream> OpenAsync(ComposedNodes nodes, string query)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{nodes.Hub}?match=orders/7&{query}"));
        request.Headers.Authorization = new("Bearer", nodes.Token("subscriber"));
        request.Headers.Accept.Add(new("text/event-stream"));
        return TestStream.OpenAsync(nodes.NewClient(), request);
    }

    // Whether the stream is there until its second event.
    private static async Task<bool> GetsSecondAsync(TestStream stream)
    {
        try
        {
            await stream.ReadEventsAsync(2);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task ExecuteAsync(ComposedNodes nodes, string role, string sql)
    {
        await using var connection = new NpgsqlConnection(nodes.ConnectionString(role));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
