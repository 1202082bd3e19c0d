using System.Text;
using Tidings.Testing;

namespace Tidings.Client.Tests.Receiving;

public sealed class ReconnectionTests
{
    private readonly ObservedTimeProvider _time = new();

    [Fact]
    public async Task A_stream_that_ends_is_opened_again_after_three_seconds()
    {
        await using var server = ScriptedServer.Start();
        await using TestClient client = Start(server);
        Assert.Equal(ReadyState.Connecting, client.Source.ReadyState);

        (await server.AcceptStreamAsync("data: a\n\n")).Close();
        await client.ExpectAsync("open Open", "message: a", "error StreamEnded Connecting");
        await AdvanceAsync(3000);
        await server.AcceptStreamAsync("data: b\n\n");

        await client.ExpectAsync("open Open", "message: b");
        Assert.Equal(ReadyState.Open, client.Source.ReadyState);
    }

    [Fact]
    public async Task A_connection_that_is_reset_is_opened_again()
    {
        await using var server = ScriptedServer.Start();
        await using TestClient client = Start(server);
        ScriptedConnection connection = await server.AcceptStreamAsync("data: a\n\n");
        await client.ExpectAsync("open Open", "message: a");

        connection.Reset();

        await client.ExpectAsync("error StreamLost Connecting");
        await AdvanceAsync(3000);
        await server.AcceptStreamAsync();
        await client.ExpectAsync("open Open");
    }

    [Fact]
    public async Task A_chunked_stream_that_breaks_off_is_opened_again()
    {
        await using var server = ScriptedServer.Start();
        await using TestClient client = Start(server);
        await server.AnswerAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n20\r\ndata");
        await client.ExpectAsync("open Open", "error StreamLost Connecting");
        await AdvanceAsync(3000);
    }

    [Fact]
    public async Task A_reset_within_a_character_loses_and_repeats_nothing()
    {
        await using var server = ScriptedServer.Start();
        await using TestClient client = Start(server);
        ScriptedConnection connection = await server.AcceptStreamAsync("id: 1\ndata: a\n\n");
        await connection.SendAsync("id: 2\ndata: \u20AC"u8.ToArray().AsMemory()[..^1]);
        await client.ExpectAsync("open Open", "message: a #1");
        connection.Reset();
        await client.ExpectAsync("error StreamLost Connecting");
        await AdvanceAsync(3000);

        (ScriptedConnection second, ScriptedRequest request) = await server.AcceptRequestAsync();
        await second.OpenStreamAsync("id: 2\ndata: €\n\n");

        Assert.Equal("1", request.Header("Last-Event-ID"));
        await client.ExpectAsync("open Open", "message: € #2");
    }

    [Fact]
    public async Task An_event_cut_before_its_blank_line_is_asked_for_again()
    {
        await using var server = ScriptedServer.Start();
        await using TestClient client = Start(server);
        (await server.AcceptStreamAsync("id: 1\ndata: a\n\nid: 2\ndata: b\n")).Close();
        await client.ExpectAsync("open Open", "message: a #1", "error StreamEnded Connecting");
        await AdvanceAsync(3000);

        (_, ScriptedRequest request) = await server.AcceptRequestAsync();
        Assert.Equal("1", request.Header("Last-Event-ID"));
    }

    [Fact]
    public async Task A_server_that_closes_before_it_answers_sees_one_request_an_attempt()
    {
        await using var server = ScriptedServer.Start();
        await using TestClient client = Start(server);
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            (ScriptedConnection connection, _) = await server.AcceptRequestAsync();
            connection.Close();
            await client.ExpectAsync("error ConnectionFailed Connecting");
            Assert.Equal(TimeSpan.FromSeconds(3), await _time.NextWaitAsync());
            Assert.False(server.HasPendingConnection);
            Assert.Equal(attempt, server.ConnectionCount);
            _time.Advance(TimeSpan.FromSeconds(3));
        }
    }

    [Fact]
    public async Task A_connection_is_not_used_for_a_second_request()
    {
        await using var server = ScriptedServer.Start();
        await using TestClient client = Start(server);
        (ScriptedConnection connection, _) = await server.AcceptRequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: a\n\n");
        await client.ExpectAsync("open Open", "message: a", "error StreamEnded Connecting");

        // Left open by the server and fit to be kept, as HTTP/1.1 goes; the client closes it all the same.
        await connection.WaitForCloseAsync();
        await AdvanceAsync(3000);
        await server.AcceptStreamAsync();
        await client.ExpectAsync("open Open");
    }

    [Fact]
    public async Task A_refused_connection_is_tried_again()
    {
        var server = ScriptedServer.Start();
        await server.DisposeAsync();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        for (int attempt = 0; attempt < 3; attempt++)
        {
            await client.ExpectAsync("error ConnectionFailed Connecting");
            await AdvanceAsync(3000);
        }
    }

    [Theory]
    [InlineData("retry: 500\n\n", 500)]
    [InlineData("retry: 500\ndata: a\n\n", 500)]
    [InlineData("retry: 500", 3000)]
    [InlineData("retry: 500\nretry: 1000x\nretry:\nretry\n", 500)]
    [InlineData("retry: 0\n", 100)]
    [InlineData("retry: 99999999999999999999\n", 600_000)]
    [InlineData("retry: 4294967296\n", 600_000)]
    [InlineData("retry: -1\n", 3000)]
    [InlineData("retry: 7\0\n", 3000)]
    public async Task The_server_sets_the_reconnection_time_by_digits_alone_and_within_bounds(string stream, int milliseconds)
    {
        await using var server = ScriptedServer.Start();
        await using TestClient client = Start(server);
        (await server.AcceptStreamAsync(stream)).Close();
        await AdvanceAsync(milliseconds);
        (await server.AcceptStreamAsync()).Close();
        await AdvanceAsync(milliseconds); // Kept for the streams after, too.
    }

    [Fact]
    public async Task The_connection_after_a_reconnection_may_say_stop()
    {
        await using var server = ScriptedServer.Start();
        await using TestClient client = Start(server);
        (await server.AcceptStreamAsync("retry: 2\ndata: opened\n\n")).Close();
        await client.ExpectAsync("open Open", "message: opened", "error StreamEnded Connecting");
        await AdvanceAsync(100);
        (await server.AcceptStreamAsync("data: reconnected\n\n")).Close();
        await client.ExpectAsync("open Open", "message: reconnected", "error StreamEnded Connecting");
        await AdvanceAsync(100);
        await server.AnswerAsync("HTTP/1.1 204 No Content\r\n\r\n");
        await client.ExpectAsync("error NoContent Closed", "ended");
    }

    [Fact]
    public async Task Back_off_grows_while_connections_fail_and_starts_anew_after_a_healthy_one()
    {
        await using var server = ScriptedServer.Start();
        var options = new EventSourceOptions { TimeProvider = _time, Backoff = new ReconnectionBackoff(), NextRandom = () => 1 };
        await using var client = TestClient.Start(server.Url, options);
        foreach (int milliseconds in new[] { 6000, 9000, 15_000 })
        {
            await server.AnswerAsync("");
            await AdvanceAsync(milliseconds);
        }

        // Open, but not for long: it goes on growing.
        (await server.AcceptStreamAsync()).Close();
        await AdvanceAsync(27_000);
        ScriptedConnection connection = await server.AcceptStreamAsync();
        await client.ExpectAsync(
            [.. Enumerable.Repeat("error ConnectionFailed Connecting", 3), "open Open", "error StreamEnded Connecting", "open Open"]);
        _time.Advance(TimeSpan.FromSeconds(30));
        connection.Close();
        await AdvanceAsync(6000);
    }

    [Fact]
    public async Task A_stream_beyond_a_limit_is_closed_told_and_opened_again()
    {
        await using var server = ScriptedServer.Start();
        var options = new EventSourceOptions { TimeProvider = _time, Limits = new EventStreamOptions { MaxLineBytes = 64 } };
        await using var client = TestClient.Start(server.Url, options);
        ScriptedConnection connection = await server.AcceptStreamAsync("retry: 1000\nid: 1\ndata: a\n\ndata: " + new string('x', 100));

        await client.ExpectAsync("open Open", "message: a #1", "error LimitExceeded Connecting");
        Assert.Equal(EventStreamLimit.Line, Assert.IsType<EventStreamLimitException>(client.LastError!.Exception).Limit);
        await connection.WaitForCloseAsync();
        await AdvanceAsync(1000);
        Assert.Equal("1", (await server.AcceptRequestAsync()).Request.Header("Last-Event-ID"));
    }

    [Fact]
    public async Task A_hundred_connections_cut_anywhere_give_every_event_exactly_once()
    {
        await using var server = ScriptedServer.Start();
        await using var source = new EventSource(server.Url, new EventSourceOptions { TimeProvider = _time });
        var received = new List<string>();
        source.MessageReceived += (_, e) => received.Add(e.Event.Data);
        source.AddEventListener("end", _ => source.Close());
        Task running = source.RunAsync();
        for (int cut = 1; cut <= 100; cut++)
        {
            (ScriptedConnection connection, ScriptedRequest request) = await server.AcceptRequestAsync();
            byte[] rest = EventsAfter(request.Header("Last-Event-ID"));

            // Every length between a part of the first event and some four whole events, before, within and after the blank lines.
            await connection.OpenStreamAsync();
            await connection.SendAsync(rest.AsMemory(0, cut));
            connection.Close();
            await AdvanceAsync(3000);
        }

        ScriptedConnection last = await server.AcceptStreamAsync();
        await last.SendAsync(EventsAfter(source.LastEventId));
        await last.SendAsync("event: end\ndata\n\n");
        await running;
        Assert.Equal<string[]>([.. Enumerable.Range(1, 300).Select(n => $"{n}…")], [.. received]);
    }

    private TestClient Start(ScriptedServer server) => TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });

    private static byte[] EventsAfter(string? lastEventId) =>
        Encoding.UTF8.GetBytes(string.Concat(
            Enumerable.Range(1, 300).Where(n => n > int.Parse(lastEventId is null or "" ? "0" : lastEventId)).Select(n => $"data: {n}…\r\nid: {n}\r\n\r\n")));

    private async Task AdvanceAsync(int milliseconds)
    {
        var expected = TimeSpan.FromMilliseconds(milliseconds);
        Assert.Equal(expected, await _time.NextWaitAsync());
        _time.Advance(expected);
    }
}
