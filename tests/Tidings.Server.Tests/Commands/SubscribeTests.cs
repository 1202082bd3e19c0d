using Tidings.Testing;

namespace Tidings.Server.Tests.Commands;

public sealed class SubscribeTests
{
    private const string NoContent = "HTTP/1.1 204 No Content\r\n\r\n";

    private readonly ObservedTimeProvider _time = new();

    [Fact]
    public async Task With_json_each_line_is_what_happened_and_closed_is_the_last()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal { Time = _time };
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--json");

        ScriptedConnection stream = await server.AcceptStreamAsync("event: paid\ndata: {\"a\":\ndata: \"é<&>\"}\nid: 7\n\ndata\n\n: no event\n\nevent: tidings-x\ndata: b\nid\n\n");
        Assert.Equal("""{"event":"open"}""", await terminal.ReadOutputLineAsync());
        stream.Close();
        await EndWaitAsync();
        await server.AnswerAsync(NoContent);

        Assert.Equal(ExitCode.Ok, await running);
        Assert.Equal(
            $$"""
            {"event":"open"}
            {"event":"message","type":"paid","data":"{\"a\":\n\"é<&>\"}","lastEventId":"7","origin":"{{server.Origin}}"}
            {"event":"message","type":"message","data":"","lastEventId":"7","origin":"{{server.Origin}}"}
            {"event":"message","type":"tidings-x","data":"b","lastEventId":"","origin":"{{server.Origin}}"}
            {"event":"error","reason":"The server ended the stream."}
            {"event":"error","reason":"The server answered 204: there is nothing more to come."}
            {"event":"closed"}

            """,
            terminal.Output,
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task Every_connection_that_is_lost_or_refused_is_one_error_and_each_attempt_waits_as_the_server_asked()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal { Time = _time };
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--json");

        ScriptedConnection stream = await server.AcceptStreamAsync("retry: 1234\nid: a\n\n");
        stream.Close();
        await EndWaitAsync(TimeSpan.FromMilliseconds(1234));
        (ScriptedConnection unanswered, ScriptedRequest request) = await server.AcceptRequestAsync();
        Assert.Equal("a", request.Header("Last-Event-ID"));
        unanswered.Reset();
        await EndWaitAsync(TimeSpan.FromMilliseconds(1234));
        (await server.AcceptStreamAsync("data: cut")).Reset();
        await EndWaitAsync(TimeSpan.FromMilliseconds(1234));
        await server.AnswerAsync(NoContent);

        Assert.Equal(ExitCode.Ok, await running);
        Assert.Equal(["open", "error", "error", "open", "error", "error", "closed"], Happenings(terminal.Output));
    }

    [Theory]
    [InlineData("401 Unauthorized", "text/event-stream", ExitCode.Auth)]
    [InlineData("403 Forbidden", "text/event-stream", ExitCode.Auth)]
    [InlineData("404 Not Found", "text/event-stream", ExitCode.Connection)]
    [InlineData("500 Oh", "text/event-stream", ExitCode.Connection)]
    [InlineData("503 Later", "text/event-stream", ExitCode.Connection)]
    [InlineData("300 Which", "text/event-stream", ExitCode.Connection)]
    [InlineData("200 OK", "text/html", ExitCode.Connection)]
    public async Task A_refusal_for_good_is_one_error_then_closed(string status, string contentType, object expected)
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal { Time = _time };
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--json");

        await server.AnswerAsync($"HTTP/1.1 {status}\r\nContent-Type: {contentType}\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(expected, await running);
        Assert.Equal(["error", "closed"], Happenings(terminal.Output));
        Assert.StartsWith("tidings: The ", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_errors_are_tried_again_when_that_is_asked_for()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal { Time = _time };
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--json", "--retry-errors");

        foreach (string status in (string[])["503 Later", "429 Slower"])
        {
            await server.AnswerAsync($"HTTP/1.1 {status}\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n");
            await EndWaitAsync(TimeSpan.FromSeconds(100));
        }

        await server.AnswerAsync(NoContent);

        Assert.Equal(ExitCode.Ok, await running);
        Assert.Equal(["error", "error", "error", "closed"], Happenings(terminal.Output));
    }

    [Fact]
    public async Task Into_a_pipe_goes_the_data_alone_with_a_line_end_after_each()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal();
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--count", "3");

        await server.AcceptStreamAsync("event: a\ndata: one\ndata: more\nid: 1\n\ndata: \u001b[31m\n\ndata\n\n");

        Assert.Equal(ExitCode.Ok, await running);
        Assert.Equal("one\nmore\n\u001b[31m\n\n", terminal.Output);
        Assert.Equal("", terminal.Error);
    }

    [Theory]
    [InlineData("", "xterm", true)]
    [InlineData("1", "xterm", false)]
    [InlineData("", "dumb", false)]
    public async Task On_a_terminal_events_are_laid_out_and_coloured_unless_that_is_unwanted(string noColor, string term, bool isColoured)
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal { IsOutputSeen = true, Variables = new() { ["NO_COLOR"] = noColor, ["TERM"] = term } };
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--count", "1");

        await server.AcceptStreamAsync("event: pa\u001bid\ndata: a\u001b[2J\tb\ndata: c\nid: 7\u009b\n\n");

        Assert.Equal(ExitCode.Ok, await running);
        Assert.Equal(isColoured, terminal.Output.Contains('\u001b', StringComparison.Ordinal));
        string[] lines = System.Text.RegularExpressions.Regex.Replace(terminal.Output, "\u001b\\[[0-9;]*m", "", default, Hang.Limit).Split('\n');
        Assert.Equal($"Connected to {server.Origin}. Ctrl+C ends.", lines[0]);
        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{3}  pa\uFFFDid  7\uFFFD$", lines[1]);
        Assert.Equal(["a\uFFFD[2J\tb", "c", "", ""], lines[2..]);
    }

    [Fact]
    public async Task Only_events_of_the_types_asked_for_are_printed_and_counted()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal();
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--type", "b", "--type", "message", "--count", "3");

        await server.AcceptStreamAsync("event: a\ndata: 1\n\nevent: b\ndata: 2\n\nevent: B\ndata: 3\n\ndata: 4\n\nevent: b\ndata: 5\n\ndata: 6\n\n");

        Assert.Equal(ExitCode.Ok, await running);
        Assert.Equal("2\n4\n5\n", terminal.Output);
    }

    [Fact]
    public async Task A_gap_is_told_whatever_is_printed()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal();
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--type", "b", "--count", "1");

        await server.AcceptStreamAsync("event: tidings-gap\ndata: {\"reason\":\"expired\"}\n\nevent: b\ndata: 2\n\n");

        Assert.Equal(ExitCode.Ok, await running);
        Assert.StartsWith("tidings: The hub cannot prove that no event is missing (expired)", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_and_the_last_event_id_are_sent_and_nothing_else_is_added()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal();
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}a?b=c", "--header", "X-One: 1:2", "--header", "cookie:c=d", "--last-event-id", "é7");

        ScriptedRequest request = await server.AnswerAsync(NoContent);

        Assert.Equal(ExitCode.Ok, await running);
        Assert.Equal(("GET", "/a?b=c"), (request.Method, request.Target));
        Assert.Equal(
            ["Accept", "Accept-Encoding", "Cache-Control", "Cookie", "Host", "Last-Event-ID", "X-One"],
            request.Headers.Select(header => header.Key).Order(StringComparer.Ordinal));
        Assert.Equal(("1:2", "c=d", "é7"), (request.Header("X-One"), request.Header("Cookie"), request.Header("Last-Event-ID")));
    }

    [Fact]
    public async Task With_a_hub_the_topics_become_matchers()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        Task<ExitCode> running = new TestTerminal().RunAsync("subscribe", "--hub", $"{server.Url}hub?gap=header", "--topic", "a/ü&b", "--topic", "*");

        ScriptedRequest request = await server.AnswerAsync(NoContent);

        Assert.Equal(ExitCode.Ok, await running);
        Assert.Equal("/hub?gap=header&match=a%2F%C3%BC%26b&match=%2A&cursor=heartbeat", request.Target);
    }

    [Fact]
    public async Task Time_that_runs_out_before_the_count_is_met_is_exit_code_5()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal { Time = _time };
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--count", "2", "--timeout", "9", "--json");
        await server.AcceptStreamAsync("data: 1\n\n");
        await terminal.ReadOutputLineAsync();
        await terminal.ReadOutputLineAsync();

        _time.Advance(TimeSpan.FromSeconds(8.9));
        Assert.False(running.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(ExitCode.Timeout, await running);
        Assert.Equal(["open", "message", "closed"], Happenings(terminal.Output));
    }

    [Fact]
    public async Task Time_that_runs_out_without_a_count_is_the_end_that_was_asked_for()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal { Time = _time };
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--timeout", "9", "--json");
        await server.AcceptStreamAsync();
        await terminal.ReadOutputLineAsync();

        _time.Advance(TimeSpan.FromSeconds(9));

        Assert.Equal(ExitCode.Ok, await running);
        Assert.Equal(["open", "closed"], Happenings(terminal.Output));
    }

    [Fact]
    public async Task A_server_that_was_never_reached_in_time_is_exit_code_3()
    {
        var url = new Uri($"http://127.0.0.1:{Ports.Free(1)[0]}/");
        var terminal = new TestTerminal { Time = _time };
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{url}", "--timeout", "2", "--count", "1", "--json");
        Assert.Equal(TimeSpan.FromSeconds(2), await _time.NextWaitAsync());
        Assert.Equal(TimeSpan.FromSeconds(3), await _time.NextWaitAsync());

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(ExitCode.Connection, await running);
        Assert.Equal(["error", "closed"], Happenings(terminal.Output));
        Assert.Equal("tidings: No connection: Connection refused. Trying again.", terminal.Error.TrimEnd());
    }

    [Fact]
    public async Task A_server_that_says_nothing_in_time_is_exit_code_5()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        Task<ExitCode> running = new TestTerminal { Time = _time }.RunAsync("subscribe", $"{server.Url}", "--timeout", "2");
        await server.AcceptRequestAsync();

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(ExitCode.Timeout, await running);
    }

    private static string[] Happenings(string output) => [.. output.TrimEnd().Split('\n').Select(line => line.Split('"')[3])];

    private async Task EndWaitAsync(TimeSpan? expected = null)
    {
        TimeSpan wait = await _time.NextWaitAsync();
        Assert.Equal(expected ?? wait, wait);
        _time.Advance(wait);
    }
}
