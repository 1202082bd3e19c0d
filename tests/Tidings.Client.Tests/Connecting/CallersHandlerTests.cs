using Tidings.Testing;

namespace Tidings.Client.Tests.Connecting;

public sealed class CallersHandlerTests
{
    private const string Stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

    private readonly ObservedTimeProvider _time = new();

    [Fact]
    public async Task A_client_of_the_caller_adds_its_own_headers_and_outlives_the_source()
    {
        await using var server = ScriptedServer.Start();
        using var http = new HttpClient(EventSource.CreateHandler());
        http.DefaultRequestHeaders.Add("X-Own", "yes");
        await using (var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, HttpClient = http }))
        {
            ScriptedRequest request = await server.AnswerAsync(Stream + "data: a\n\n");
            await client.ExpectAsync("open Open", "message: a");
            Assert.Equal("yes", request.Header("X-Own"));
        }

        Task<string> after = http.GetStringAsync(server.Url);
        await server.AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Assert.Equal("ok", await after);
    }

    [Fact]
    public async Task A_client_that_follows_redirects_by_itself_does_not_hide_the_origin()
    {
        await using var server = ScriptedServer.Start();
        await using var other = ScriptedServer.Start();
        using var http = new HttpClient();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, HttpClient = http });
        await server.AnswerAsync($"HTTP/1.1 302 Moved\r\nLocation: {other.Url}\r\nContent-Length: 0\r\n\r\n");
        await other.AnswerAsync(Stream + "data: a\n\n");
        await client.ExpectAsync("open Open", "message: a");
        Assert.Equal(other.Origin, client.Source.Origin);
    }

    [Fact]
    public async Task A_handler_that_cannot_send_the_id_ends_the_source_and_says_what_to_do()
    {
        await using var server = ScriptedServer.Start();
        using var handler = new SocketsHttpHandler();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, Handler = handler, LastEventId = "é" });
        await client.ExpectAsync("error LastEventId Closed", "threw EventSourceException");
        Assert.Contains("EventSource.CreateHandler", client.LastError!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_made_for_it_sends_the_id_as_utf_8()
    {
        await using var server = ScriptedServer.Start();
        using SocketsHttpHandler handler = EventSource.CreateHandler();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, Handler = handler, LastEventId = "é" });
        Assert.Equal("é", (await server.AnswerAsync(Stream)).Header("Last-Event-ID"));
    }

    [Fact]
    public async Task A_client_whose_own_timeout_strikes_is_tried_again()
    {
        await using var server = ScriptedServer.Start();
        using var http = new HttpClient(EventSource.CreateHandler()) { Timeout = TimeSpan.FromMilliseconds(1) };
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, HttpClient = http });
        await client.ExpectAsync("error ResponseTimeout Connecting");
    }
}
