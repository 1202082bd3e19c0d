using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Server.Tests.Commands.Bench;

/// <summary>A server that does not do what it has to is found out.</summary>
public sealed class BenchFaultTests
{
    private const string Announcer = "ffff";

    [Fact]
    public async Task A_server_without_faults_passes_in_a_form_of_its_own()
    {
        await using FaultyServer server = await FaultyServer.StartAsync(data => [data]);

        (ExitCode code, JsonElement figures) = await RunAsync(server);

        Assert.Equal(ExitCode.Ok, code);
        Assert.Equal(600, figures.GetProperty("deliveries").GetInt64());
    }

    [Fact]
    public async Task A_lost_event_is_a_gap()
    {
        await using FaultyServer server = await FaultyServer.StartAsync(data => FaultyServer.Read(data) == ("0000", 7) ? [] : [data]);

        await AssertFaultAsync(server, "gaps");
    }

    [Fact]
    public async Task An_event_that_comes_twice_is_a_duplicate()
    {
        await using FaultyServer server = await FaultyServer.StartAsync(data => FaultyServer.Read(data) == ("0001", 7) ? [data, data] : [data]);

        await AssertFaultAsync(server, "duplicates");
    }

    [Fact]
    public async Task Events_of_one_publisher_in_another_order_are_late()
    {
        string? held = null;
        await using FaultyServer server = await FaultyServer.StartAsync(data =>
        {
            (string publisher, int number) = FaultyServer.Read(data);
            if (publisher == "0000" && number == 7)
            {
                held = data;
                return [];
            }

            return publisher == "0000" && number == 8 ? [data, held!] : [data]; // 8 is published when 7 was answered
        });

        await AssertFaultAsync(server, "late", "otherOrder");
    }

    [Fact]
    public async Task Events_of_two_publishers_in_an_order_of_its_own_are_another_order()
    {
        var held = new List<string>();
        string? first = null;
        bool isDone = false;
        await using FaultyServer server = await FaultyServer.StartAsync(data =>
        {
            // All of the publisher that comes first, whichever that is, waits for an event of the other, and comes after it.
            string publisher = FaultyServer.Read(data).Publisher;
            if (isDone || publisher == Announcer)
            {
                return [data];
            }

            first ??= publisher;
            if (publisher == first)
            {
                held.Add(data);
                return [];
            }

            isDone = true;
            return [data, .. held];
        });

        await AssertFaultAsync(server, "otherOrder");
    }

    [Fact]
    public async Task Data_that_is_cut_is_neither_counted_nor_overlooked()
    {
        await using FaultyServer server = await FaultyServer.StartAsync(data => FaultyServer.Read(data) == ("0000", 7) ? [data[..^1]] : [data]);

        await AssertFaultAsync(server, "gaps", "foreign");
    }

    [Fact]
    public async Task A_gap_that_the_hub_tells_fails_the_run()
    {
        await using FaultyServer server = await FaultyServer.StartAsync(
            data => FaultyServer.Read(data) == ("0000", 7) ? [$"{data}\n\nevent: tidings-gap\ndata: {{}}"] : [data]);

        await AssertFaultAsync(server, "toldGaps", "foreign");
    }

    [Fact]
    public async Task A_stream_that_the_server_ends_fails_the_run()
    {
        await using FaultyServer server = await FaultyServer.StartAsync(data => [FaultyServer.Read(data) == ("0000", 7) ? FaultyServer.End : data]);

        (ExitCode code, JsonElement figures) = await RunAsync(server);

        Assert.Equal(ExitCode.Failure, code);
        Assert.Equal(1, figures.GetProperty("closedStreams").GetInt64());
        Assert.True(figures.GetProperty("gaps").GetInt64() > 0);
    }

    [Fact]
    public async Task A_hub_that_does_not_let_publish_is_exit_code_4()
    {
        await using TestHub hub = await TestHub.StartAsync(isDev: false);
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Auth, await terminal.RunAsync("bench", "publish", "--hub", $"{hub.Url}", "--events", "1"));
        Assert.Contains("does not let you publish (status 401)", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_exit_code_3()
    {
        int port = Ports.Free(1)[0];
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Connection, await terminal.RunAsync("bench", "connect", "--hub", $"http://127.0.0.1:{port}/", "--streams", "1"));
        Assert.StartsWith($"tidings: Cannot connect to http://127.0.0.1:{port}: Connection refused", terminal.Error, StringComparison.Ordinal);
    }

    // What is lost must be found out without waiting for it: the patience decides nothing here, however slow the machine.
    private static string[] Arguments(FaultyServer server) =>
        ["bench", "fan-out", .. server.Options, "--streams", "2", "--publishers", "2", "--events", "300", "--patience", "600", "--json"];

    private static async Task<(ExitCode Code, JsonElement Figures)> RunAsync(FaultyServer server)
    {
        var terminal = new TestTerminal();
        ExitCode code = await terminal.RunAsync(Arguments(server));
        Assert.Equal("", terminal.Error);
        return (code, JsonDocument.Parse(terminal.Output).RootElement);
    }

    private static async Task AssertFaultAsync(FaultyServer server, params string[] faults)
    {
        (ExitCode code, JsonElement figures) = await RunAsync(server);

        Assert.Equal(ExitCode.Failure, code);
        Assert.False(figures.GetProperty("passed").GetBoolean());
        foreach (string name in (string[])["gaps", "duplicates", "late", "strange", "otherOrder", "toldGaps", "foreign", "closedStreams"])
        {
            Assert.Equal((name, faults.Contains(name) ? 1 : 0), (name, figures.GetProperty(name).GetInt64()));
        }
    }
}
