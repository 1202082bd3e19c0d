using Tidings.Testing;

namespace Tidings.Client.Tests.Receiving;

public sealed class WatchdogTests
{
    private static readonly TimeSpan TenSeconds = TimeSpan.FromSeconds(10);

    private readonly ObservedTimeProvider _time = new();

    [Fact]
    public async Task A_stream_without_a_byte_is_lost_after_the_idle_timeout()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, IdleTimeout = TenSeconds });
        ScriptedConnection connection = await server.AcceptStreamAsync();
        await client.ExpectAsync("open Open");

        Assert.Equal(TenSeconds, await _time.NextWaitAsync());
        _time.Advance(TenSeconds);

        await client.ExpectAsync("error IdleTimeout Connecting");
        await connection.WaitForCloseAsync();
        Assert.Equal(TimeSpan.FromSeconds(3), await _time.NextWaitAsync());
        _time.Advance(TimeSpan.FromSeconds(3));
        await server.AcceptStreamAsync();
        await client.ExpectAsync("open Open");
    }

    [Fact]
    public async Task Any_byte_feeds_the_watchdog()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, IdleTimeout = TenSeconds });
        ScriptedConnection connection = await server.AcceptStreamAsync();
        foreach (string piece in new[] { ":", "\n", "d", "ata: a\n\n" })
        {
            Assert.Equal(TenSeconds, await _time.NextWaitAsync());
            _time.Advance(TimeSpan.FromSeconds(9));
            await connection.SendAsync(piece);
        }

        await client.ExpectAsync("open Open", "message: a");
    }

    [Fact]
    public async Task The_time_that_the_reader_takes_is_not_idle_time()
    {
        await using var server = ScriptedServer.Start();
        await using var source = new EventSource(server.Url, new EventSourceOptions { TimeProvider = _time, IdleTimeout = TenSeconds });
        source.ErrorOccurred += (_, e) => Assert.Fail(e.Error.Message);
        await using IAsyncEnumerator<ServerSentEvent> reader = source.ReadAllAsync().GetAsyncEnumerator();
        ValueTask<bool> first = reader.MoveNextAsync();
        ScriptedConnection connection = await server.AcceptStreamAsync("data: a\n\n");
        Assert.True(await first);
        _time.Advance(TimeSpan.FromMinutes(1));
        await connection.SendAsync("data: b\n\n");
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal("b", reader.Current.Data);
    }

    [Fact]
    public async Task Activity_is_dated_by_the_last_byte()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, IdleTimeout = TenSeconds });
        Assert.Null(client.Source.LastActivity);
        ScriptedConnection connection = await server.AcceptStreamAsync();
        await _time.NextWaitAsync();
        DateTimeOffset opened = client.Source.LastActivity!.Value;
        _time.Advance(TimeSpan.FromSeconds(4));
        await connection.SendAsync(":\n");
        await _time.NextWaitAsync(); // The next wait for a byte begins, so that one was seen.
        Assert.Equal(opened + TimeSpan.FromSeconds(4), client.Source.LastActivity);
    }

    [Fact]
    public async Task Headers_that_take_too_long_fail_the_attempt()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, ResponseTimeout = TenSeconds });
        (ScriptedConnection connection, _) = await server.AcceptRequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/eve");
        Assert.Equal(TenSeconds, await _time.NextWaitAsync());

        _time.Advance(TenSeconds);

        await client.ExpectAsync("error ResponseTimeout Connecting");
        await connection.WaitForCloseAsync();
    }

    [Fact]
    public async Task The_response_timeout_does_not_touch_an_open_stream()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, ResponseTimeout = TenSeconds });
        ScriptedConnection connection = await server.AcceptStreamAsync();
        await client.ExpectAsync("open Open");
        _time.Advance(TimeSpan.FromMinutes(1));
        await connection.SendAsync("data: a\n\n");
        await client.ExpectAsync("message: a");
    }
}
