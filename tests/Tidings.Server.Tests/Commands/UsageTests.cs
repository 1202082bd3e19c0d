namespace Tidings.Server.Tests.Commands;

public sealed class UsageTests
{
    private static readonly string[] Publish = ["publish", "--hub", "http://localhost/", "--topic", "t"];

    [Theory]
    [InlineData("--hub", "localhost:4000", "--topic", "t", "--data", "x", "--hub takes an address such as http://localhost:4000/.well-known/mercure, and \"localhost:4000\" is none.")]
    [InlineData("--hub", "http://localhost/", "--data", "x", "Option '--topic' is required.")]
    [InlineData("--topic", "t", "--data", "x", "Option '--hub' is required.")]
    [InlineData("--hub", "http://localhost/", "--topic", "t", "--data", "x", "--retry", "soon", "--retry takes a whole number from 0 to 2147483647, and \"soon\" is none.")]
    [InlineData("--hub", "http://localhost/", "--topic", "t", "--data", "x", "--timeout", "0", "--timeout takes a whole number from 1 to 86400, and \"0\" is none.")]
    [InlineData("--hub", "http://localhost/", "--topic", "t", "--data", "x", "--lines", "--lines and --data exclude each other")]
    [InlineData("--hub", "http://localhost/", "--topic", "t", "--data", "x", "--typ", "y", "Unrecognized command or argument '--typ'")]
    public async Task A_wrong_publish_is_exit_code_2_and_says_what_is_wrong(params string[] argumentsAndComplaint)
    {
        var terminal = new TestTerminal();

        ExitCode code = await terminal.RunAsync(["publish", .. argumentsAndComplaint[..^1]]);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(argumentsAndComplaint[^1], terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith("See: tidings publish --help", terminal.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_is_not_awaited_from_the_keyboard()
    {
        var terminal = new TestTerminal { IsInputTyped = true };

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync(Publish));
        Assert.StartsWith("tidings: There is no data: give it with --data", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Input_that_is_no_text_is_refused_instead_of_repaired()
    {
        var terminal = new TestTerminal { Input = new MemoryStream([(byte)'a', 0xFF]) };

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync(Publish));
        Assert.Contains("is not text in UTF-8", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Input_that_is_longer_than_any_event_is_refused()
    {
        var terminal = new TestTerminal { Input = new MemoryStream(new byte[InputText.MaxChars + 1]) };

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync(Publish));
        Assert.Contains($"at most {InputText.MaxChars} characters", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "tidings serve --dev")]
    [InlineData("", "tidings serve --dev")]
    [InlineData("serve --help", "tidings serve --urls")]
    [InlineData("publish --help", "tail -f app.log | tidings publish --hub")]
    [InlineData("publish --hub nonsense --help", "Exit codes: 0 published")]
    [InlineData("log --help", "tidings log export --data old | tidings log import --data new")]
    [InlineData("log list --help", "tidings log list --after 0")]
    [InlineData("log stats --help", "tidings log stats --data")]
    [InlineData("log export --help", "tidings log export --output events.ndjson")]
    [InlineData("log import --help", "tidings log import events.ndjson")]
    [InlineData("log prune --help", "TIDINGS__SQLITELOG__RETENTION__MAXAGE=7.00:00:00 tidings log prune")]
    [InlineData("log verify --help", "tidings log verify --data")]
    [InlineData("log backup --help", "tidings serve --data /var/backups/tidings-monday")]
    public async Task Help_ends_with_examples(string arguments, string example)
    {
        var terminal = new TestTerminal();

        ExitCode code = await terminal.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((ExitCode.Ok, ""), (code, terminal.Error));
        Assert.Contains("Usage:", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:", terminal.Output, StringComparison.Ordinal);
        Assert.Contains(example, terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistyped_command_is_answered_with_the_one_that_was_meant()
    {
        var terminal = new TestTerminal();

        ExitCode code = await terminal.RunAsync("publsh");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("publish", terminal.Output + terminal.Error, StringComparison.Ordinal);
        Assert.Contains("See: tidings --help", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_told()
    {
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("--version"));
        Assert.StartsWith("0.1.0", terminal.Output, StringComparison.Ordinal);
    }
}
