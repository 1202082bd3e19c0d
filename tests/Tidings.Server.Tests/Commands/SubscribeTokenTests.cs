using Tidings.Testing;

namespace Tidings.Server.Tests.Commands;

public sealed class SubscribeTokenTests : IDisposable
{
    private const string NoContent = "HTTP/1.1 204 No Content\r\n\r\n";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidings-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_token_in_a_file_is_read_before_each_attempt()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var time = new ObservedTimeProvider();
        var terminal = new TestTerminal { Time = time, Variables = new() { ["TIDINGS_TOKEN"] = "other" } };
        string file = Path.Combine(_directory.FullName, "token");
        await File.WriteAllTextAsync(file, "first\n");
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--token", $"@{file}", "--json");

        (ScriptedConnection connection, ScriptedRequest request) = await server.AcceptRequestAsync();
        Assert.Equal("Bearer first", request.Header("Authorization"));
        File.Delete(file);
        connection.Close();
        time.Advance(await time.NextWaitAsync());
        TimeSpan untilNext = await time.NextWaitAsync(); // The attempt without a file has failed: nothing was sent without a token.
        await File.WriteAllTextAsync(file, "  second ");
        time.Advance(untilNext);
        request = await server.AnswerAsync(NoContent);

        Assert.Equal("Bearer second", request.Header("Authorization"));
        Assert.Equal(ExitCode.Ok, await running);
        Assert.DoesNotContain("first", terminal.Output + terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_refused_twice_is_exit_code_4_with_one_error()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal();
        string file = Path.Combine(_directory.FullName, "token");
        await File.WriteAllTextAsync(file, "old");
        Task<ExitCode> running = terminal.RunAsync("subscribe", $"{server.Url}", "--token", $"@{file}", "--json");

        await server.AnswerAsync("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
        await server.AnswerAsync("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(ExitCode.Auth, await running);
        Assert.Equal("{\"event\":\"error\",\"reason\":\"The server answered 401 instead of 200.\"}\n{\"event\":\"closed\"}\n", terminal.Output);
    }

    [Fact]
    public async Task A_token_comes_from_standard_input_or_from_the_environment()
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var typed = new TestTerminal { Input = TestTerminal.Typed("typed\r\n") };
        var surrounded = new TestTerminal { Variables = new() { ["TIDINGS_TOKEN"] = "surrounding" } };

        Task<ExitCode> running = typed.RunAsync("subscribe", $"{server.Url}", "--token", "@-");
        Assert.Equal("Bearer typed", (await server.AnswerAsync(NoContent)).Header("Authorization"));
        Assert.Equal(ExitCode.Ok, await running);

        running = surrounded.RunAsync("subscribe", $"{server.Url}");
        Assert.Equal("Bearer surrounding", (await server.AnswerAsync(NoContent)).Header("Authorization"));
        Assert.Equal(ExitCode.Ok, await running);

        running = surrounded.RunAsync("subscribe", $"{server.Url}", "--header", "authorization: Basic eDp5");
        Assert.Equal("Basic eDp5", (await server.AnswerAsync(NoContent)).Header("Authorization"));
        Assert.Equal(ExitCode.Ok, await running);
    }

    [Theory]
    [InlineData("eyJhbGciOi.secret")]
    [InlineData("@")]
    [InlineData("")]
    public async Task A_token_as_an_argument_is_refused_and_not_repeated(string token)
    {
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("subscribe", "http://127.0.0.1:9/", "--token", token));
        Assert.StartsWith("--token takes @FILE, or @- for standard input, never the token itself", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", terminal.Output + terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("")]
    [InlineData("é")]
    [InlineData("a\nX-Forged: 1")]
    public async Task What_is_no_token_is_refused_before_anything_is_sent(string content)
    {
        var terminal = new TestTerminal { Input = TestTerminal.Typed(content) };

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("subscribe", "http://127.0.0.1:9/", "--token", "@-"));
        Assert.StartsWith("tidings: Standard input holds no token", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_not_awaited_from_the_keyboard()
    {
        var terminal = new TestTerminal { IsInputTyped = true };

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("subscribe", "http://127.0.0.1:9/", "--token", "@-"));
        Assert.StartsWith("tidings: There is no token: --token @- takes it from standard input", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_file_that_is_missing_is_refused_before_anything_is_sent()
    {
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("subscribe", "http://127.0.0.1:9/", "--token", $"@{_directory.FullName}/none"));
        Assert.StartsWith("tidings: The token cannot be read: ", terminal.Error, StringComparison.Ordinal);
    }
}
