using System.IO.Compression;
using System.Net;
using System.Text;
using Tidings.Client.Connecting;
using Tidings.Testing;

namespace Tidings.Client.Tests.Connecting;

public sealed class ResponseTests
{
    private readonly ObservedTimeProvider _time = new();

    [Theory]
    [InlineData(201)]
    [InlineData(202)]
    [InlineData(205)]
    [InlineData(206)]
    [InlineData(210)]
    [InlineData(299)]
    [InlineData(300)]
    [InlineData(304)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Any_status_but_200_fails_for_good(int status)
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });

        await server.AnswerAsync($"HTTP/1.1 {status} Any\r\nContent-Type: text/event-stream\r\nLocation: /other\r\nRetry-After: 1\r\n\r\ndata: no\n\n");

        await client.ExpectAsync("error Status Closed", "threw EventSourceException");
        Assert.Equal((HttpStatusCode)status, client.LastError!.StatusCode);
        AssertNothingFollows(server);
    }

    [Fact]
    public async Task Status_204_closes_and_ends_the_reading_in_order()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });

        await server.AnswerAsync("HTTP/1.1 204 No Content\r\n\r\n");

        await client.ExpectAsync("error NoContent Closed", "ended");
        AssertNothingFollows(server);
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("text/event-stream;")]
    [InlineData("text/event-stream;charset=utf-8")]
    [InlineData("text/event-stream; charset=windows-1252")]
    [InlineData("text/event-stream;charset=\"bogus,;\" ; q=%%%")]
    [InlineData("TEXT/Event-Stream")]
    [InlineData("text/event-stream \t")]
    public async Task The_type_opens_a_stream_whatever_its_parameters(string type)
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });

        await server.AnswerAsync($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\n\r\ndata: ok…\n\n");

        await client.ExpectAsync("open Open", "message: ok…");
    }

    [Theory]
    [InlineData("Content-Type: text/x-bogus\r\n")]
    [InlineData("Content-Type: text/plain\r\n")]
    [InlineData("Content-Type: text/event-streams\r\n")]
    [InlineData("Content-Type: text/event-stream-foo\r\n")]
    [InlineData("Content-Type: xtext/event-stream\r\n")]
    [InlineData("Content-Type: text/event-stream x\r\n")]
    [InlineData("Content-Type: text\r\n")]
    [InlineData("Content-Type: \r\n")]
    [InlineData("Content-Type: text/event-stream\r\nContent-Type: text/html\r\n")]
    [InlineData("")]
    public async Task Any_other_type_fails_for_good(string header)
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });

        await server.AnswerAsync($"HTTP/1.1 200 OK\r\n{header}\r\ndata: no\n\n");

        await client.ExpectAsync("error ContentType Closed", "threw EventSourceException");
        AssertNothingFollows(server);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData(" text/event-stream ", true)]
    [InlineData("text/event-stream\u00a0", false)]
    public void The_essence_of_the_type_decides(string? type, bool opens) => Assert.Equal(opens, ResponseCheck.IsEventStream(type));

    [Fact]
    public async Task A_compressed_stream_is_not_unpacked_but_refused()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        (ScriptedConnection connection, _) = await server.AcceptRequestAsync();

        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n");
        await connection.SendAsync(Gzip(new byte[1 << 20]));

        await client.ExpectAsync("error ContentEncoding Closed", "threw EventSourceException");
        await connection.WaitForCloseAsync();
    }

    [Fact]
    public async Task Compressed_bytes_that_are_not_declared_stay_as_they_are()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        ScriptedConnection connection = await server.AcceptStreamAsync();

        await connection.SendAsync(Gzip(Encoding.UTF8.GetBytes("data: packed\n\n")));
        await connection.SendAsync("\n\ndata: plain\n\n");

        await client.ExpectAsync("open Open", "message: plain");
    }

    [Fact]
    public async Task Content_encoding_identity_is_no_encoding()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        await server.AnswerAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: Identity\r\n\r\n");
        await client.ExpectAsync("open Open");
    }

    [Fact]
    public async Task A_chunked_stream_is_read_across_its_chunks()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        (ScriptedConnection connection, _) = await server.AcceptRequestAsync();

        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        await connection.SendAsync("4\r\ndata\r\n6\r\n: a\n\nd\r\n7\r\nata: b\n\r\n1\r\n\n\r\n0\r\n\r\n");

        await client.ExpectAsync("open Open", "message: a", "message: b", "error StreamEnded Connecting");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(599)]
    [InlineData(429)]
    public async Task Server_errors_are_tried_again_when_asked_for(int status)
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, RetryOnServerError = true });

        await server.AnswerAsync($"HTTP/1.1 {status} Later\r\nContent-Length: 0\r\n\r\n");
        await client.ExpectAsync("error ServerUnavailable Connecting");
        Assert.Equal(TimeSpan.FromSeconds(3), await _time.NextWaitAsync());
        _time.Advance(TimeSpan.FromSeconds(3));
        await server.AcceptStreamAsync();

        await client.ExpectAsync("open Open");
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("1", 3)]
    [InlineData("Tue, 01 Jan 2030 12:00:20 GMT", 20)]
    [InlineData("Mon, 01 Jan 1990 00:00:00 GMT", 3)]
    [InlineData("99999999", 600)]
    [InlineData("soon", 3)]
    public async Task A_server_that_names_a_time_is_not_asked_before(string retryAfter, int seconds)
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, RetryOnServerError = true });

        await server.AnswerAsync($"HTTP/1.1 503 Later\r\nRetry-After: {retryAfter}\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(TimeSpan.FromSeconds(seconds), await _time.NextWaitAsync());
    }

    [Fact]
    public async Task Other_errors_stay_final_when_server_errors_are_tried_again()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, RetryOnServerError = true });
        await server.AnswerAsync("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
        await client.ExpectAsync("error Status Closed", "threw EventSourceException");
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private void AssertNothingFollows(ScriptedServer server)
    {
        // The reading has ended, so nothing of the source runs any more: no timer, no connection.
        Assert.Equal(0, _time.TimerCount);
        Assert.False(server.HasPendingConnection);
        Assert.Equal(1, server.ConnectionCount);
    }
}
