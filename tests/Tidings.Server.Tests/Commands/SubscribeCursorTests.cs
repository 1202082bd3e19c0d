using Tidings.Testing;

namespace Tidings.Server.Tests.Commands;

public sealed class SubscribeCursorTests : IDisposable
{
    private const string NoContent = "HTTP/1.1 204 No Content\r\n\r\n";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidings-");

    private string File => Path.Combine(_directory.FullName, "cursor");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_cursor_file_resumes_where_the_process_before_has_ended()
    {
        await using TestHub hub = await TestHub.StartAsync();
        foreach (string data in (string[])["a", "b", "c", "d"])
        {
            await hub.Broker.PublishAsync("news", data);
        }

        string[] arguments = ["subscribe", "--hub", $"{hub.Url}", "--topic", "news", "--cursor-file", File, "--count", "2"];
        (int Code, string Output, string Error) first = await RunningCommand.RunAsync([.. arguments, "--last-event-id", "earliest"]);
        (int Code, string Output, string Error) second = await RunningCommand.RunAsync(arguments);

        Assert.Equal((0, "a\nb\n", ""), first);
        Assert.Equal((0, "c\nd\n", ""), second);
    }

    [Fact]
    public async Task An_event_that_nobody_read_comes_again()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        bool isAbandoned = false;
        var terminal = new TestTerminal { IsOutputSeen = true, IsOutputAbandoned = () => isAbandoned };
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--cursor-file", File);

        ScriptedConnection stream = await server.AcceptStreamAsync("data: 1\nid: 1\n\n");
        while (!System.IO.File.Exists(File))
        {
            await Task.Yield();
        }

        isAbandoned = true;
        await stream.SendAsync("data: 2\nid: 2\n\n");

        Assert.Equal(ExitCode.Ok, await running);
        Assert.Equal("1", await System.IO.File.ReadAllTextAsync(File));
    }

    [Fact]
    public async Task An_event_that_could_not_be_written_comes_again_and_the_exit_code_is_1()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        await using var error = new StringWriter();
        await using var full = new FullWriter();
        Task<ExitCode> running = CommandLine.RunAsync(
            ["subscribe", $"{server.Url}", "--cursor-file", File], new Terminal { Input = Stream.Null, IsInputTyped = false, Output = full, Error = error });

        await server.AcceptStreamAsync("data: 1\nid: 1\n\n");

        Assert.Equal(ExitCode.Failure, await running);
        Assert.Equal("tidings: The output cannot be written: full", error.ToString().TrimEnd());
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public async Task A_file_that_no_subscription_has_left_is_exit_code_2()
    {
        await System.IO.File.WriteAllTextAsync(File, "two\nlines");
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("subscribe", "http://127.0.0.1:9/", "--cursor-file", File));
        Assert.StartsWith($"tidings: The cursor file {File} holds more than one line", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_ends_it_with_exit_code_1()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        _directory.CreateSubdirectory("cursor.next");
        var terminal = new TestTerminal();
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--cursor-file", File);

        await server.AcceptStreamAsync("data: 1\nid: 1\n\ndata: 2\nid: 2\n\n");

        Assert.Equal(ExitCode.Failure, await running);
        Assert.Equal("1\n", terminal.Output);
        Assert.StartsWith($"tidings: The cursor file {File} cannot be written: ", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_goes_before_the_last_event_id()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        await System.IO.File.WriteAllTextAsync(File, "7\n");
        Task<ExitCode> running = new TestTerminal().RunAsync("subscribe", $"{server.Url}", "--cursor-file", File, "--last-event-id", "1");

        Assert.Equal("7", (await server.AnswerAsync(NoContent)).Header("Last-Event-ID"));
        Assert.Equal(ExitCode.Ok, await running);
    }

    private sealed class FullWriter : StringWriter
    {
        public override void Write(string? value) => throw new IOException("full");
    }
}
