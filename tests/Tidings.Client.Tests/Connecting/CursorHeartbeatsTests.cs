using Tidings.Testing;

namespace Tidings.Client.Tests.Connecting;

public sealed class CursorHeartbeatsTests
{
    private readonly ObservedTimeProvider _time = new();

    [Theory]
    [InlineData("/hub", "/hub?cursor=heartbeat")]
    [InlineData("/hub?", "/hub?cursor=heartbeat")]
    [InlineData("/hub?match=a%2Fb%20c&gap=header", "/hub?match=a%2Fb%20c&gap=header&cursor=heartbeat")]
    public async Task A_source_asks_for_cursor_heartbeats_if_it_is_told_to(string target, string requested)
    {
        await using var server = ScriptedServer.Start();
        var url = new Uri(server.Url, target);
        await using var client = TestClient.Start(url, new EventSourceOptions { TimeProvider = _time, CursorHeartbeats = true });

        (_, ScriptedRequest request) = await server.AcceptRequestAsync();

        Assert.Equal(requested, request.Target);
        Assert.Equal(url, client.Source.Url);
    }

    [Fact]
    public async Task A_cursor_heartbeat_moves_the_last_event_id_and_is_no_event()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, CursorHeartbeats = true });
        ScriptedConnection connection = await server.AcceptStreamAsync(":\nid: #1\n\n");
        await client.ExpectAsync("open Open");
        connection.Close();
        await client.ExpectAsync("error StreamEnded Connecting");
        Assert.Equal("#1", client.Source.LastEventId);
        await _time.NextWaitAsync();
        _time.Advance(TimeSpan.FromSeconds(3));

        (connection, ScriptedRequest request) = await server.AcceptRequestAsync();
        Assert.Equal("#1", request.Header("Last-Event-ID"));
        await connection.OpenStreamAsync("id: #2\ndata: a\n\nid: #3\n\ndata: b\n\n");

        await client.ExpectAsync("open Open", "message: a ##2", "message: b ##3");
    }
}
