using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Server.Tests.Commands.Bench;

/// <summary>When nothing comes any more, a run ends by its patience.</summary>
public sealed class BenchPatienceTests
{
    // Long enough for a machine that stalls to answer, where it is meant to answer.
    private const string Patience = "10";

    [Fact]
    public async Task Streams_that_receive_nothing_end_the_run()
    {
        await using FaultyServer server = await FaultyServer.StartAsync(_ => []);
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Failure, await terminal.RunAsync(["bench", "fan-out", .. server.Options, "--streams", "2", "--events", "10", "--patience", Patience]));
        Assert.StartsWith("tidings: 1 of 2 streams receive nothing of what is published.", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_lost_with_all_that_follows_is_a_gap()
    {
        bool isLost = false;
        await using FaultyServer server = await FaultyServer.StartAsync(data =>
        {
            isLost |= FaultyServer.Read(data) == ("0000", 7);
            return isLost ? [] : [data];
        });
        var terminal = new TestTerminal();

        ExitCode code = await terminal.RunAsync(["bench", "fan-out", .. server.Options, "--streams", "2", "--publishers", "1", "--events", "10", "--patience", Patience, "--json"]);

        Assert.Equal((ExitCode.Failure, ""), (code, terminal.Error));
        Assert.Equal(3, JsonDocument.Parse(terminal.Output).RootElement.GetProperty("gaps").GetInt64());
    }

    [Theory]
    [InlineData("connect", "--streams", "open a stream")]
    [InlineData("publish", "--events", "answer what was published")]
    public async Task A_server_that_does_not_answer_is_exit_code_5(string scenario, string option, string what)
    {
        await using ScriptedServer server = ScriptedServer.Start();
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Timeout, await terminal.RunAsync("bench", scenario, "--hub", $"{server.Url}", option, "1", "--patience", "1"));
        Assert.Equal($"tidings: The server did not {what} for 1 s.", terminal.Error.TrimEnd());
    }
}
