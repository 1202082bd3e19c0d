using Tidings.Testing;

namespace Tidings.Server.Tests.Commands;

/// <summary>What only a process of its own has: signals, pipes, an encoding.</summary>
public sealed class SubscribeProcessTests
{
    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_signal_closes_the_connection_and_ends_the_process(string signal, int expected)
    {
        await using ScriptedServer server = ScriptedServer.Start();
        await using RunningCommand command = RunningCommand.Start(["subscribe", $"{server.Url}", "--json"]);
        ScriptedConnection stream = await server.AcceptStreamAsync();
        Assert.Equal("""{"event":"open"}""", await command.ReadLineAsync());

        command.Signal(signal);

        Assert.Equal((expected, "{\"event\":\"open\"}\n{\"event\":\"closed\"}\n", ""), await command.EndAsync());
        await stream.WaitForCloseAsync();
    }

    [Theory]
    [InlineData("--json", true)]
    [InlineData("--json", false)]
    [InlineData("--type=message", true)]
    public async Task A_pipe_that_nobody_reads_any_more_ends_the_process_quietly(string option, bool isMoreSent)
    {
        await using ScriptedServer server = ScriptedServer.Start();
        await using RunningCommand command = RunningCommand.Start(["subscribe", $"{server.Url}", option]);
        ScriptedConnection stream = await server.AcceptStreamAsync("data: 1\n\n");
        await command.ReadLineAsync();

        Task<(int Code, string Error)> ending = command.AbandonAsync();
        if (isMoreSent)
        {
            await stream.SendAsync("data: 2\n\n");
        }

        Assert.Equal((0, ""), await ending);
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--type=message")]
    public async Task Output_is_UTF_8_without_a_mark_whatever_the_locale(string option)
    {
        await using ScriptedServer server = ScriptedServer.Start();
        await using RunningCommand command = RunningCommand.Start(["subscribe", $"{server.Url}", option, "--count", "1"], [("LC_ALL", "de_DE.ISO-8859-1")]);
        ScriptedConnection stream = await server.AcceptStreamAsync();
        await stream.SendAsync((byte[])[.. "data: é€"u8, 0xFF, .. "\n\n"u8]);

        byte[] output = await command.ReadBytesAsync();

        string text = new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output);
        Assert.Contains("é€\uFFFD", text, StringComparison.Ordinal);
        Assert.True(text[0] is '{' or 'é', $"The output begins with U+{(int)text[0]:X4}.");
    }

    [Fact]
    public async Task A_token_from_the_environment_is_sent()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        await using RunningCommand command = RunningCommand.Start(["subscribe", $"{server.Url}"], [("TIDINGS_TOKEN", "abc")]);

        ScriptedRequest request = await server.AnswerAsync("HTTP/1.1 204 No Content\r\n\r\n");

        Assert.Equal("Bearer abc", request.Header("Authorization"));
        Assert.Equal(0, (await command.EndAsync()).Code);
    }
}
