namespace Tidings.Server.Tests.Commands;

public sealed class SubscribeUsageTests
{
    [Theory]
    [InlineData("What to subscribe to? Give a URL, or --hub and --topic.")]
    [InlineData("localhost:4000", "URL takes an address such as")]
    [InlineData("http://a/", "--hub", "http://b/", "--topic", "t", "A URL and --hub exclude each other")]
    [InlineData("--hub", "http://b/", "--hub needs --topic")]
    [InlineData("http://a/", "--topic", "t", "--topic needs --hub")]
    [InlineData("http://a/", "--count", "0", "--count takes a whole number from 1 to 2147483647, and \"0\" is none.")]
    [InlineData("http://a/", "--timeout", "0", "--timeout takes a whole number from 1 to 86400, and \"0\" is none.")]
    [InlineData("http://a/", "--last-event-id", "a\nb", "--last-event-id cannot hold a line end")]
    [InlineData("http://a/", "--cursor-file", "/no/such/place/cursor", "--cursor-file takes the path of a file in a directory that exists")]
    [InlineData("http://a/", "--cursor-file", "/", "--cursor-file takes the path of a file")]
    [InlineData("http://a/", "--header", "Secret", "--header takes NAME:VALUE")]
    [InlineData("http://a/", "--header", "A B: c", "--header cannot send \"A B\"")]
    [InlineData("http://a/", "--header", "Content-Type: c", "--header cannot send \"Content-Type\"")]
    [InlineData("http://a/", "--header", "X: a\r\nY: b", "--header cannot send the value of \"X\"")]
    [InlineData("http://a/", "--header", "X: é", "--header cannot send the value of \"X\"")]
    [InlineData("http://a/", "--header", "X: a", "--header", "x: b", "--header gives the same header twice")]
    [InlineData("http://a/", "--header", "authorization: a", "--token", "@x", "--token and --header Authorization exclude each other")]
    [InlineData("http://a/", "http://b/", "Unrecognized command or argument 'http://b/'")]
    public async Task A_wrong_subscribe_is_exit_code_2_and_says_what_is_wrong(params string[] argumentsAndComplaint)
    {
        var terminal = new TestTerminal();

        ExitCode code = await terminal.RunAsync(["subscribe", .. argumentsAndComplaint[..^1]]);

        Assert.Equal((ExitCode.Usage, ""), (code, terminal.Output.Trim()));
        Assert.Contains(argumentsAndComplaint[^1], terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith("See: tidings subscribe --help", terminal.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_ends_with_examples()
    {
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("subscribe", "--help"));
        Assert.Contains("Examples:", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("tidings subscribe http://localhost:5000/prices --count 1 --timeout 10", terminal.Output, StringComparison.Ordinal);
    }
}
