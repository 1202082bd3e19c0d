using Tidings.Testing;

namespace Tidings.Server.Tests.Commands;

/// <summary>Where <c>tidings publish</c> has its token from.</summary>
public sealed class PublishTokenTests
{
    private const string Secret = "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";

    private static readonly string Token = TestTokens.Legacy(Secret, """{"publish":["news"]}""");

    [Theory]
    [InlineData("file")]
    [InlineData("input")]
    [InlineData("environment")]
    public async Task The_token_comes_from_a_file_standard_input_or_the_environment(string place)
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, ("Tidings:Legacy:Publisher:Key", Secret));
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Token);
        var terminal = new TestTerminal
        {
            Input = place == "input" ? TestTerminal.Typed(Token) : Stream.Null,
            Variables = place == "environment" ? new() { ["TIDINGS_TOKEN"] = Token } : [],
        };

        string[] option = place switch { "file" => ["--token", $"@{file}"], "input" => ["--token", "@-"], _ => [] };
        ExitCode code = await terminal.RunAsync(["publish", "--hub", $"{hub.Url}", "--topic", "news", "--data", "hi", .. option]);
        File.Delete(file);

        Assert.Equal((ExitCode.Ok, ""), (code, terminal.Error));
        Assert.NotEmpty(terminal.Output.TrimEnd());
    }

    [Theory]
    [InlineData(ExitCode.Auth, "The token does not grant this.", "others", "--data", "x")]
    [InlineData(ExitCode.Usage, "The token cannot be read", "news", "--data", "x", "--token", "@/nowhere/token")]
    [InlineData(ExitCode.Usage, "never the token itself", "news", "--data", "x", "--token", "abc")]
    [InlineData(ExitCode.Usage, "so the data must come from --data", "news", "--token", "@-")]
    internal async Task What_is_wrong_is_told(ExitCode expected, string sentence, string topic, params string[] more)
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false, ("Tidings:Legacy:Publisher:Key", Secret));
        var terminal = new TestTerminal { Variables = new() { ["TIDINGS_TOKEN"] = Token } };

        Assert.Equal(expected, await terminal.RunAsync(["publish", "--hub", $"{hub.Url}", "--topic", topic, .. more]));
        Assert.Contains(sentence, terminal.Error, StringComparison.Ordinal);
    }
}
