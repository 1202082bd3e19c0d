using Tidings.Testing;

namespace Tidings.Client.Tests.Receiving;

public sealed class NotificationTests
{
    private readonly ObservedTimeProvider _time = new();

    [Fact]
    public async Task Events_arrive_at_the_listeners_of_their_type_alone()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time }, "test", "message");
        await server.AcceptStreamAsync("event: test\ndata: a\n\nevent: Test\ndata: b\n\nevent: other\ndata: c\n\nevent:\ndata: d\n\n");
        await client.ExpectAsync("open Open", "test: a", "message: d", "message: d");
    }

    [Fact]
    public async Task Types_named_as_notifications_are_no_notifications()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time }, "open", "error");
        await server.AcceptStreamAsync("event: open\ndata: a\n\nevent: error\ndata: b\n\ndata: c\n\n");
        await client.ExpectAsync("open Open", "open: a", "error: b", "message: c");
        Assert.Equal(ReadyState.Open, client.Source.ReadyState);
    }

    [Fact]
    public async Task A_listener_is_called_in_its_order_once_and_not_after_it_was_removed()
    {
        await using var server = ScriptedServer.Start();
        await using var source = new EventSource(server.Url, new EventSourceOptions { TimeProvider = _time });
        var calls = new List<string>();
        void First(ServerSentEvent e) => calls.Add($"first {e.Data}");
        void Second(ServerSentEvent e)
        {
            calls.Add($"second {e.Data}");
            source.RemoveEventListener("t", First);
        }

        source.AddEventListener("t", First);
        source.AddEventListener("t", Second);
        source.AddEventListener("t", First);
        source.AddEventListener("end", _ => source.Close());
        source.RemoveEventListener("never added", First);
        Task running = source.RunAsync();
        await server.AcceptStreamAsync("event: t\ndata: 1\n\nevent: t\ndata: 2\n\nevent: end\ndata\n\n");
        await running;
        Assert.Equal(["first 1", "second 1", "second 2"], calls);
    }

    [Fact]
    public async Task A_reader_of_the_sequence_is_told_of_openings_and_errors_too()
    {
        await using var server = ScriptedServer.Start();
        await using var source = new EventSource(server.Url, new EventSourceOptions { TimeProvider = _time });
        var log = new List<string>();
        source.Opened += (_, _) => log.Add("open");
        source.ErrorOccurred += (_, e) => log.Add(e.Error.Reason.ToString());
        Task reading = Task.Run(async () =>
        {
            await foreach (ServerSentEvent e in source.ReadAllAsync())
            {
                log.Add(e.Data);
            }

            log.Add("ended");
        });
        (await server.AcceptStreamAsync("data: a\n\n")).Close();
        await _time.NextWaitAsync();
        _time.Advance(TimeSpan.FromSeconds(3));
        await server.AnswerAsync("HTTP/1.1 204 No Content\r\n\r\n");
        await reading;
        Assert.Equal(["open", "a", "StreamEnded", "NoContent", "ended"], log);
    }

    [Fact]
    public async Task Comments_are_told_in_their_place_when_somebody_listens()
    {
        await using var server = ScriptedServer.Start();
        await using var source = new EventSource(server.Url, new EventSourceOptions { TimeProvider = _time });
        var log = new List<string>();
        source.CommentReceived += (_, e) => log.Add($"[{e.Text}]");
        source.MessageReceived += (_, e) => log.Add(e.Event.Data);
        source.AddEventListener("end", _ => source.Close());
        Task running = source.RunAsync();
        await server.AcceptStreamAsync(": hello\n\ndata: a\n:é\n\n:\nevent: end\ndata\n\n");
        await running;
        Assert.Equal(["[ hello]", "[é]", "a", "[]"], log);
    }

    [Fact]
    public async Task A_gap_is_told_before_the_event_that_reports_it()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time, LastEventId = "1" }, "tidings-gap");
        const string Notice = "{\"requested\":\"1\",\"reason\":\"expired\",\"resumesAfter\":\"9\",\"later\":{}}";
        await server.AcceptStreamAsync($"event: tidings-gap\ndata: {Notice}\nid: 9\n\ndata: a\n\n");
        await client.ExpectAsync("open Open", "gap 1 expired 9", $"tidings-gap: {Notice} #9", "message: a #9");
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("{\"requested\":1,\"reason\":null,\"resumesAfter\":[]}")]
    public async Task A_gap_that_cannot_be_understood_is_still_told(string notice)
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        await server.AcceptStreamAsync($"event: tidings-gap\ndata: {notice}\n\n");
        await client.ExpectAsync("open Open", "gap   ");
    }
}
