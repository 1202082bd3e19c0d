using System.Net;
using System.Text;
using Tidings.Testing;

namespace Tidings.Client.Tests.Connecting;

public sealed class RequestTests
{
    private const string Stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

    private readonly ObservedTimeProvider _time = new();

    [Fact]
    public async Task The_request_is_a_get_with_the_headers_of_the_standard()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(new Uri(server.Url, "/events?a=b%20c"), new EventSourceOptions { TimeProvider = _time });

        ScriptedRequest request = await server.AnswerAsync(Stream);

        Assert.Equal(("GET", "/events?a=b%20c"), (request.Method, request.Target));
        Assert.Equal("text/event-stream", request.Header("Accept"));
        Assert.Equal("no-cache", request.Header("Cache-Control"));
        Assert.Equal("identity", request.Header("Accept-Encoding"));
        Assert.Null(request.Header("Last-Event-ID"));
        Assert.Null(request.Header("Cookie"));
    }

    [Fact]
    public async Task The_last_event_id_returns_as_utf_8_bytes()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        await server.AnswerAsync(Stream + "id: …é😀\ndata: hello\n\n");
        await client.ExpectAsync("open Open", "message: hello #…é😀", "error StreamEnded Connecting");
        await AdvanceAsync(3000);

        ScriptedRequest request = await server.AnswerAsync(Stream + "data: again\n\n");

        Assert.True(request.Head.Span.IndexOf(Encoding.UTF8.GetBytes("Last-Event-ID: …é😀\r\n")) > 0);

        // In the standard's words a new stream begins with an empty buffer; every browser, and the tests that they share, keep the id.
        await client.ExpectAsync("open Open", "message: again #…é😀");
    }

    [Fact]
    public async Task An_empty_id_is_not_sent()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        await server.AnswerAsync(Stream + "id: 1\ndata: a\n\nid\ndata: b\n\n");
        await AdvanceAsync(3000);

        Assert.Null((await server.AnswerAsync(Stream)).Header("Last-Event-ID"));
    }

    [Fact]
    public async Task An_id_committed_by_a_block_without_data_is_sent()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        await server.AnswerAsync(Stream + "id: 1\ndata: a\n\nid: 2\n\nid: 3\n");
        await AdvanceAsync(3000);

        Assert.Equal("2", (await server.AnswerAsync(Stream)).Header("Last-Event-ID"));
        Assert.Equal("2", client.Source.LastEventId);
    }

    [Fact]
    public async Task The_id_to_begin_with_is_sent_at_once()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, LastEventId = "41" });

        Assert.Equal("41", (await server.AnswerAsync(Stream)).Header("Last-Event-ID"));
    }

    [Theory]
    [InlineData("a\r")]
    [InlineData("a\nX-Forged: 1")]
    [InlineData("\0")]
    public void An_id_to_begin_with_that_could_forge_a_header_is_refused(string id) =>
        Assert.Throws<ArgumentException>(() => new EventSourceOptions { LastEventId = id });

    [Fact]
    public async Task Cookies_are_neither_sent_nor_kept_by_default()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        await server.AnswerAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: a=1\r\n\r\n");
        await AdvanceAsync(3000);

        Assert.Null((await server.AnswerAsync(Stream)).Header("Cookie"));
        Assert.False(client.Source.WithCredentials);
    }

    [Fact]
    public async Task Cookies_of_a_container_are_sent_and_the_servers_are_kept()
    {
        await using var server = ScriptedServer.Start();
        var cookies = new CookieContainer();
        cookies.Add(server.Url, new Cookie("own", "x"));
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, Cookies = cookies });

        ScriptedRequest first = await server.AnswerAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: given=y\r\nSet-Cookie: ;;;\r\n\r\n");
        await AdvanceAsync(3000);
        ScriptedRequest second = await server.AnswerAsync(Stream);

        Assert.Equal("own=x", first.Header("Cookie"));
        Assert.Equal("own=x; given=y", second.Header("Cookie"));
        Assert.True(client.Source.WithCredentials);
    }

    [Fact]
    public async Task Another_method_and_its_body_are_sent_with_every_attempt()
    {
        await using var server = ScriptedServer.Start();
        var options = new EventSourceOptions
        {
            TimeProvider = _time,
            Method = HttpMethod.Post,
            Body = () => new StringContent("{\"q\":1}", Encoding.UTF8, "application/json"),
        };
        await using var client = TestClient.Start(server.Url, options);

        for (int attempt = 0; attempt < 2; attempt++)
        {
            ScriptedRequest request = await server.AnswerAsync(Stream);
            Assert.Equal(("POST", "{\"q\":1}"), (request.Method, Encoding.UTF8.GetString(request.Body.Span)));
            Assert.Equal("application/json; charset=utf-8", request.Header("Content-Type"));
            await AdvanceAsync(3000);
        }
    }

    [Fact]
    public async Task Headers_are_sent_with_every_attempt_and_the_callback_may_change_them()
    {
        await using var server = ScriptedServer.Start();
        var numbers = new List<int>();
        var options = new EventSourceOptions
        {
            TimeProvider = _time,
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["X-Fixed"] = "f", ["X-Changed"] = "before", ["Accept"] = "text/event-stream, */*" },
            OnConnecting = (attempt, _) =>
            {
                numbers.Add(attempt.Number);
                attempt.Headers["x-changed"] = $"after {numbers.Count}";
                return ValueTask.CompletedTask;
            },
        };
        await using var client = TestClient.Start(server.Url, options);
        ScriptedRequest first = await server.AnswerAsync("");
        await AdvanceAsync(3000);
        ScriptedRequest second = await server.AnswerAsync(Stream);
        await AdvanceAsync(3000);
        ScriptedRequest third = await server.AnswerAsync(Stream);

        Assert.Equal(("f", "after 1"), (first.Header("X-Fixed"), first.Header("X-Changed")));
        Assert.Equal(("f", "after 2"), (second.Header("X-Fixed"), second.Header("X-Changed")));
        Assert.Equal("text/event-stream, */*", third.Header("Accept"));
        Assert.Equal([1, 2, 1], numbers);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_refused_token_is_renewed_once_and_at_once(int status)
    {
        await using var server = ScriptedServer.Start();
        var refusals = new List<HttpStatusCode?>();
        await using var client = TestClient.Start(server.Url, WithTokens(refusals));

        ScriptedRequest first = await server.AnswerAsync($"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
        ScriptedRequest second = await server.AnswerAsync(Stream);

        await client.ExpectAsync("open Open", "error StreamEnded Connecting");
        Assert.Equal(("token 1", "token 2"), (first.Header("Authorization"), second.Header("Authorization")));
        Assert.Equal([null, (HttpStatusCode)status], refusals);
    }

    [Fact]
    public async Task A_token_that_is_refused_twice_ends_the_source()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, WithTokens([]));

        await server.AnswerAsync("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
        await server.AnswerAsync("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");

        await client.ExpectAsync("error Status Closed", "threw EventSourceException");
        Assert.Equal(HttpStatusCode.Unauthorized, client.LastError!.StatusCode);
    }

    [Fact]
    public async Task A_token_that_cannot_be_fetched_is_a_failed_attempt()
    {
        await using var server = ScriptedServer.Start();
        int calls = 0;
        var options = new EventSourceOptions
        {
            TimeProvider = _time,
            OnConnecting = (_, _) => ++calls == 1 ? throw new HttpRequestException("no token today") : ValueTask.CompletedTask,
        };
        await using var client = TestClient.Start(server.Url, options);
        await client.ExpectAsync("error ConnectionFailed Connecting");
        await AdvanceAsync(3000);
        await server.AcceptStreamAsync();
        await client.ExpectAsync("open Open");
    }

    [Fact]
    public async Task A_header_that_belongs_to_the_body_is_refused_by_name()
    {
        await using var server = ScriptedServer.Start();
        var options = new EventSourceOptions { Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Content-Type"] = "text/plain" } };
        await using var source = new EventSource(server.Url, options);

        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => source.RunAsync());
        Assert.Contains("'Content-Type'", e.Message, StringComparison.Ordinal);
    }

    private EventSourceOptions WithTokens(List<HttpStatusCode?> refusals) => new()
    {
        TimeProvider = _time,
        OnConnecting = (attempt, _) =>
        {
            refusals.Add(attempt.Refusal);
            attempt.Headers["Authorization"] = $"token {refusals.Count}";
            return ValueTask.CompletedTask;
        },
    };

    private async Task AdvanceAsync(int milliseconds)
    {
        var expected = TimeSpan.FromMilliseconds(milliseconds);
        Assert.Equal(expected, await _time.NextWaitAsync());
        _time.Advance(expected);
    }
}
