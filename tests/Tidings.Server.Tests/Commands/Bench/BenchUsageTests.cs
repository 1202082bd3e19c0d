namespace Tidings.Server.Tests.Commands.Bench;

public sealed class BenchUsageTests
{
    private const string Hub = "http://localhost:1/hub";

    [Theory]
    [InlineData("fan-out", "Which server? Give a hub's address with --hub.")]
    [InlineData("fan-out --hub localhost:4000", "--hub takes an address such as http://localhost:4000/.well-known/mercure, and \"localhost:4000\" is none.")]
    [InlineData("fan-out --hub https://localhost/", "--hub takes an address with http: what encryption costs")]
    [InlineData($"fan-out --hub {Hub} --publish-url {Hub}", "--hub and --publish-url exclude each other")]
    [InlineData($"fan-out --publish-url {Hub}", "--subscribe-url is missing")]
    [InlineData($"fan-out --subscribe-url {Hub}", "--publish-url is missing")]
    [InlineData($"fan-out --publish-url sub/{{topic}} --subscribe-url {Hub}", "--publish-url takes an address such as http://localhost:8080/sub/{topic}.")]
    [InlineData($"fan-out --publish-url {Hub} --subscribe-url {Hub} --publish-body x", "--publish-body needs {data} once")]
    [InlineData($"fan-out --hub {Hub} --streams 0", "--streams takes a whole number from 1 to 60000, and \"0\" is none.")]
    [InlineData($"fan-out --hub {Hub} --topics 20001", "--topics takes a whole number from 1 to 20000")]
    [InlineData($"fan-out --hub {Hub} --publishers 1001", "--publishers takes a whole number from 1 to 1000")]
    [InlineData($"fan-out --hub {Hub} --rate 0", "--rate takes a whole number from 1 to 1000000")]
    [InlineData($"fan-out --hub {Hub} --payload 40", "--payload takes a whole number from 41 to 65536")]
    [InlineData($"fan-out --hub {Hub} --duration 1s", "--duration takes a whole number from 1 to 86400, and \"1s\" is none.")]
    [InlineData($"fan-out --hub {Hub} --events 0", "--events takes a whole number from 1 to 100000000")]
    [InlineData($"fan-out --hub {Hub} --events 1 --duration 1", "--events and --duration exclude each other")]
    [InlineData($"fan-out --hub {Hub} --events 1 --warm-up 0", "--events and --warm-up exclude each other")]
    [InlineData($"fan-out --hub {Hub} --token abc", "--token takes @FILE")]
    [InlineData($"publish --hub {Hub} --subscribe-url {Hub}", "Unrecognized command or argument '--subscribe-url'")]
    [InlineData($"connect --hub {Hub} --concurrency 0", "--concurrency takes a whole number from 1 to 10000")]
    [InlineData($"replay --hub {Hub} --rounds 101", "--rounds takes a whole number from 1 to 100")]
    [InlineData($"idle --hub {Hub}", "--pid is required")]
    public async Task A_wrong_option_is_exit_code_2_and_says_what_is_wrong(string arguments, string complaint)
    {
        var terminal = new TestTerminal();

        ExitCode code = await terminal.RunAsync(["bench", .. arguments.Split(' ')]);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(complaint, terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith($"See: tidings bench {arguments.Split(' ')[0]} --help", terminal.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--streams 60000 --publishers 1000", "are too many together")]
    [InlineData("--streams 60000", "and this process may open")]
    public async Task More_than_can_be_done_is_refused_before_anything_is_sent(string arguments, string complaint)
    {
        await using RunningCommand command = RunningCommand.Start(["bench", "fan-out", "--hub", Hub, .. arguments.Split(' ')], openFiles: 1024);

        (int code, _, string error) = await command.EndAsync();

        Assert.Equal((int)ExitCode.Usage, code);
        Assert.Contains(complaint, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_does_not_exist_is_told()
    {
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("bench", "idle", "--hub", Hub, "--streams", "1", "--pid", $"{int.MaxValue}"));
        Assert.Contains($"there is no process {int.MaxValue}", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bench --help", "fan-out")]
    [InlineData("bench fan-out --help", "--publish-body")]
    [InlineData("bench idle --help", "[default: 5000]")]
    public async Task Help_shows_the_options_and_ends_with_examples(string arguments, string content)
    {
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(arguments.Split(' ')));
        Assert.Contains(content, terminal.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  tidings bench ", terminal.Output, StringComparison.Ordinal);
    }
}
