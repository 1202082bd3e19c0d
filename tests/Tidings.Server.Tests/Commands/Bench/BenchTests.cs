using System.Text.Json;

namespace Tidings.Server.Tests.Commands.Bench;

/// <summary>Small runs against the real hub.</summary>
public sealed class BenchTests
{
    // A machine that stalls must not look like a hub that loses.
    private static readonly string[] Patience = ["--patience", "600"];

    [Theory]
    [InlineData("--streams 10 --events 200", 2000)]
    [InlineData("--streams 10 --topics 5 --publishers 4 --events 200 --payload 5000", 400)]
    [InlineData("--streams 3 --topics 7 --publishers 2 --events 70 --rate 500", 30)]
    public async Task Every_stream_receives_every_event_of_its_topic(string options, long deliveries)
    {
        await using TestHub hub = await TestHub.StartAsync();

        JsonElement figures = await MeasureAsync("fan-out", hub.Url, options);

        Assert.Equal(deliveries, figures.GetProperty("deliveries").GetInt64());
        Assert.True(figures.GetProperty("latencyP50Milliseconds").GetDouble() > 0);
        Assert.Equal(0, figures.GetProperty("gaps").GetInt64());
    }

    [Fact]
    public async Task A_run_may_end_by_the_clock_and_tell_what_the_server_used()
    {
        await using TestHub hub = await TestHub.StartAsync();

        JsonElement figures = await MeasureAsync("fan-out", hub.Url, $"--streams 2 --duration 1 --warm-up 0 --rate 50 --pid {Environment.ProcessId}");

        Assert.InRange(figures.GetProperty("published").GetInt64(), 1, 500);
        Assert.True(figures.GetProperty("serverResidentBytes").GetInt64() > 1_000_000);
        Assert.True(figures.GetProperty("serverCpuSeconds").GetDouble() >= 0);
    }

    [Fact]
    public async Task Publishing_alone_is_measured()
    {
        await using TestHub hub = await TestHub.StartAsync();

        JsonElement figures = await MeasureAsync("publish", hub.Url, "--events 500 --publishers 8 --topics 3");

        Assert.Equal(500, figures.GetProperty("published").GetInt64());
        Assert.True(figures.GetProperty("publishedPerSecond").GetDouble() > 0);
    }

    [Fact]
    public async Task Each_reader_of_each_round_reads_everything_again()
    {
        await using TestHub hub = await TestHub.StartAsync();

        JsonElement figures = await MeasureAsync("replay", hub.Url, "--events 500 --readers 2 --rounds 3");

        Assert.Equal(500, figures.GetProperty("published").GetInt64());
        Assert.True(figures.GetProperty("eventsPerSecond").GetDouble() > 0);
        Assert.Equal(0, figures.GetProperty("otherOrder").GetInt64());
    }

    [Fact]
    public async Task Opening_streams_is_measured()
    {
        await using TestHub hub = await TestHub.StartAsync();

        JsonElement figures = await MeasureAsync("connect", hub.Url, "--streams 50 --concurrency 8");

        Assert.Equal(50, figures.GetProperty("streams").GetInt64());
        Assert.True(figures.GetProperty("streamsPerSecond").GetDouble() > 0);
    }

    [Fact]
    public async Task The_command_measures_a_hub_in_another_process_for_people()
    {
        await using RunningCommand hub = RunningCommand.Start(["serve", "--dev", "--urls", "http://127.0.0.1:0"]);
        Uri url = await hub.HubAsync();

        (int code, string output, string error) = await RunningCommand.RunAsync(["bench", "fan-out", "--hub", $"{url}", "--streams", "5", "--events", "50", .. Patience]);

        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"^fan-out\n  streams +5\n(.+\n)+  deliveries +250\n(.+\n)+  events missing +0\n(.+\n)+passed\n$", output);
    }

    [Fact]
    public async Task Idle_streams_are_held_and_the_memory_of_the_process_is_told()
    {
        await using TestHub hub = await TestHub.StartAsync();

        JsonElement figures = await MeasureAsync("idle", hub.Url, $"--streams 10 --hold 1 --pid {Environment.ProcessId}");

        Assert.True(figures.GetProperty("residentBytesAfter").GetInt64() > 1_000_000);
        Assert.True(figures.TryGetProperty("kibibytesPerStream", out _));
    }

    [Fact]
    public async Task Progress_is_shown_to_people_and_wiped_off()
    {
        await using TestHub hub = await TestHub.StartAsync();
        var terminal = new TestTerminal { IsErrorSeen = true };

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(["bench", "fan-out", "--hub", $"{hub.Url}", "--streams", "2", "--events", "10", .. Patience]));
        Assert.Contains("of 2 streams …", terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith("\r\e[K", terminal.Error, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> MeasureAsync(string scenario, Uri hub, string options)
    {
        var terminal = new TestTerminal();
        ExitCode code = await terminal.RunAsync(["bench", scenario, "--hub", $"{hub}", "--json", .. Patience, .. options.Split(' ')]);
        Assert.Equal("", terminal.Error);
        Assert.Equal(ExitCode.Ok, code);
        JsonElement figures = JsonDocument.Parse(terminal.Output).RootElement;
        Assert.Equal(scenario, figures.GetProperty("scenario").GetString());
        Assert.True(figures.GetProperty("passed").GetBoolean());
        return figures;
    }
}
